import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Hub } from '../../src/delivery/hub.ts';
import type { Event } from '../../src/model/packets.ts';
import { numRuns } from '../support/random.ts';
import { caller, Listener, TOPIC, Topic, turn } from '../support/topic.ts';

const STEPS = ['append', 'append', 'push', 'push', 'again', 'look', 'look', 'tell', 'tell', 'turn', 'turn'] as const;
const ODD_STEPS = ['come', 'come', 'back', 'fail', 'trim', 'restart'] as const;
type Step = (typeof STEPS)[number] | (typeof ODD_STEPS)[number];

/** Somebody who hears a topic, and comes back with the last cursor after each break. */
class Person {
  readonly sessions: Listener[] = [];
  readonly #live: Hub;
  readonly #topic: Topic;
  readonly after: string | undefined;

  constructor(live: Hub, topic: Topic, after: string | undefined) {
    this.#live = live;
    this.#topic = topic;
    this.after = after;
    this.come();
  }

  get heard(): readonly string[] {
    return this.sessions.flatMap(({ heard }) => heard);
  }

  get cursor(): string | undefined {
    return this.heard.at(-1)?.split(' ')[1] ?? this.after;
  }

  come(): void {
    const session = new Listener();
    const after = this.cursor;
    this.sessions.push(session);
    const subscription = { topic: TOPIC, history: '/past', ...(after !== undefined && { after }) };
    this.#live.subscribe(subscription, session, caller()).catch(error => session.disconnect(error));
  }

  back(): void {
    this.#live.leave(this.sessions.at(-1)!, TOPIC);
    this.come();
  }

  /** Comes back as long as it is cut. */
  async stay(): Promise<void> {
    for (;;) {
      await this.#topic.answer();
      if (this.sessions.at(-1)!.cutFor === undefined) return;
      this.come();
    }
  }
}

/** A topic that many hear while messages come, are pushed in any order, are lost, and reads take their time. */
class Play {
  readonly topic = new Topic();
  readonly live = new Hub(this.topic.questions);
  readonly people: Person[] = [];
  readonly #kept: Event[] = [];
  #unpushed: Event[] = [];
  #epochs = 1;

  constructor(last: number) {
    this.topic.last = last;
  }

  readonly #does: Readonly<Record<Step, (which: number) => unknown>> = {
    append: () => {
      const event = this.topic.append();
      this.#kept.push(event);
      this.#unpushed.push(event);
    },
    push: which =>
      this.#unpushed.splice(which % Math.max(1, this.#unpushed.length), 1).map(event => this.live.push(event)),
    again: which => this.#kept.slice(-1 - which, -which).map(event => this.live.push(event)),
    look: which => this.topic.look(which),
    tell: which => this.topic.tell(which),
    fail: which => this.topic.fail(which),
    turn,
    come: which => {
      const { epoch, last } = this.topic;
      const after = [undefined, `${epoch}:0`, `${epoch}:${last}`, `${epoch}:${last + 2}`, 'gone:1'][which % 5];
      this.people.push(new Person(this.live, this.topic, after));
    },
    back: which => this.people[which % Math.max(1, this.people.length)]?.back(),
    trim: () => this.topic.trim(),
    restart: which => this.topic.restart(String.fromCharCode(97 + this.#epochs++), which),
  };

  async run(steps: readonly (readonly [Step, number])[]): Promise<void> {
    for (const [step, which] of steps) await this.#does[step](which);
    for (const event of this.#unpushed.splice(0)) this.live.push(event);
    await Promise.all(this.people.map(person => person.stay()));
    this.live.push(this.topic.append());
    await Promise.all(this.people.map(person => person.stay()));
  }
}

/** What is wrong with what somebody heard: a hole without a gap, a double, an old history after a new one, silence. */
function faults({ heard, after }: Person, { epoch, last }: Topic): readonly string[] {
  const found: string[] = [];
  let at = after;
  for (const line of heard) {
    const [kind, cursor = ''] = line.split(' ');
    const [nowEpoch = '', seq] = cursor.split(':');
    const [lastEpoch = '', lastSeq] = at?.split(':') ?? [];
    const follows = nowEpoch === lastEpoch && Number(seq) === Number(lastSeq) + 1;
    if (kind === 'message' && at !== undefined && !follows) found.push(`${cursor} after ${at}`);
    if (kind === 'gap' && lastEpoch !== 'gone' && nowEpoch < lastEpoch) found.push(`back to ${cursor} from ${at}`);
    at = cursor;
  }
  return at === `${epoch}:${last}` ? found : [...found, `ends at ${at}, not at ${epoch}:${last}`];
}

const steps = (kinds: readonly Step[]) =>
  fc.array(fc.tuple(fc.constantFrom(...kinds), fc.nat({ max: 4 })), { maxLength: 40 });

describe('whoever catches up', () => {
  it('joins what is live without a hole and without a double, however reads and pushes interleave', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 4 }), steps([...STEPS, 'come', 'back', 'fail']), async (last, all) => {
        const play = new Play(last);
        play.people.push(new Person(play.live, play.topic, 'a:0'), new Person(play.live, play.topic, undefined));
        await play.run(all);
        for (const person of play.people) expect(faults(person, play.topic)).toEqual([]);
        // Nothing was lost, so nobody but those with a strange cursor hears of a gap.
        for (const { after, heard } of play.people)
          if (after === 'a:0') expect(heard.filter(line => line.startsWith('gap'))).toEqual([]);
      }),
      numRuns(100),
    );
  });

  it('hears of every gap, where history is lost or another one begins', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 4 }), steps([...STEPS, ...ODD_STEPS]), async (last, all) => {
        const play = new Play(last);
        play.people.push(new Person(play.live, play.topic, 'a:0'), new Person(play.live, play.topic, undefined));
        await play.run(all);
        for (const person of play.people) expect(faults(person, play.topic)).toEqual([]);
      }),
      numRuns(100),
    );
  });
});
