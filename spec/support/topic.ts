import type { Caller } from '../../src/accounts/accounts.ts';
import type { EventPage } from '../../src/delivery/history.ts';
import type { Framing, Subscriber } from '../../src/delivery/hub.ts';
import { Questions } from '../../src/delivery/questions.ts';
import type { Request } from '../../src/gate/gate.ts';
import { refusal } from '../../src/model/codes.ts';
import type { Answer, Event } from '../../src/model/packets.ts';
import { guest, type Who } from '../../src/model/who.ts';

export const TOPIC = 'room/a';
/** Limit of events per read. */
const PAGE = 2;

const SUBSCRIBE = '/listen';

/** A caller who subscribes to the topic; its identity can be replaced. */
export function caller(who: Who = guest('here')): Caller & { visitor: { who: Who } } {
  const request = { method: 'GET', path: SUBSCRIBE, query: {}, body: {}, from: who.id, who };
  return { visitor: { session: who.id, who, until: Number.POSITIVE_INFINITY }, request };
}

/** Encodes frames as readable text; `made` counts the encoded events. */
export function framing(): Framing & { made: number } {
  return {
    made: 0,
    event(_, event, cursor, data) {
      this.made += 1;
      return Buffer.from(`${event} ${cursor} ${data}`);
    },
    gap: (_, cursor) => Buffer.from(`gap ${cursor}`),
    ephemeral: (event, data) => Buffer.from(`${event} ${JSON.stringify(data)}`),
  };
}

/** A connection that records what it gets, with adjustable speed. */
export class Listener implements Subscriber {
  readonly framing: Framing;
  readonly bytes: Buffer[] = [];
  backlog = 0;
  cutFor: string | undefined;
  refusedFor: string | undefined;
  /** Resolvers of pending calls of `drained`; empty unless `slow`. */
  readonly waiting: (() => void)[] = [];
  readonly slow: boolean;

  constructor({ frames = framing(), slow = false }: { frames?: Framing; slow?: boolean } = {}) {
    this.framing = frames;
    this.slow = slow;
  }

  /** The received frames, without data: `message a:1` or `gap a:3`. */
  get heard(): readonly string[] {
    return this.bytes.map(bytes => String(bytes).split(' ', 2).join(' '));
  }

  /** The cursor of the last received frame. */
  get cursor(): string | undefined {
    return this.heard.at(-1)?.split(' ')[1];
  }

  send(bytes: Buffer): void {
    this.bytes.push(bytes);
  }

  disconnect({ message }: Error): void {
    this.cutFor = message;
  }

  refuse(topic: string, { message }: Error): void {
    this.refusedFor = `${topic}: ${message}`;
  }

  async drained(): Promise<void> {
    if (this.slow) await new Promise<void>(resolve => this.waiting.push(resolve));
  }
}

interface Read {
  readonly after: string;
  readonly who: Who;
  readonly resolve: (past: EventPage) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A history whose reads the test completes in two steps: first it looks the events up, then it delivers them.
 */
export class Topic {
  epoch = 'a';
  first = 1;
  last = 0;
  /** Reads that are not looked up yet. */
  readonly asked: Read[] = [];
  /** Reads whose answer is on its way. */
  readonly found: (Read & { readonly past: EventPage })[] = [];

  /** The status with which a caller is refused; undefined if they may subscribe and read. */
  refuses: (who: Who) => number | undefined = () => undefined;
  /** All requests for subscriptions. */
  readonly rechecked: Request[] = [];
  readonly questions = new Questions({
    reserve: 1024,
    ask: async request => ({ answer: await this.#answer(request), spans: [] }),
  });

  async #answer(request: Request): Promise<Answer> {
    const id = 'q1';
    const status = this.refuses(request.who);
    if (status !== undefined) return { id, status, code: 'not-yours', detail: `not for ${request.who.role}` };
    if (request.path === SUBSCRIBE) {
      this.rechecked.push(request);
      return { id, status: 200, body: '', subscription: { topic: TOPIC, history: '/past' } };
    }
    const read = { after: request.query.after!, who: request.who };
    const page = new Promise<EventPage>((resolve, reject) => this.asked.push({ ...read, resolve, reject }));
    return page.then(
      ({ events, cursor, gap }) => {
        const entries = events.map(({ event, data }) => ({
          ...JSON.parse(data),
          kind: event,
          message: JSON.parse(data),
        }));
        return { id, status: 200, body: JSON.stringify({ entries, cursor, gap: gap !== undefined }) };
      },
      ({ message }: Error) => refusal(id, 'server-full', message),
    );
  }

  /** Stores a message. Returns its event, to be pushed. */
  append(): Event {
    this.last += 1;
    return this.event(this.last);
  }

  event(seq: number): Event {
    return { topic: TOPIC, seq, cursor: `${this.epoch}:${seq}`, event: 'message', data: { seq } };
  }

  /** Replaces the history by one of another epoch, with some messages. */
  restart(epoch: string, last: number): void {
    Object.assign(this, { epoch, first: 1, last });
  }

  /** Forgets the oldest message, but never the last one. */
  trim(): void {
    if (this.first < this.last) this.first += 1;
  }

  look(which = 0): void {
    const [read] = this.asked.splice(which % Math.max(1, this.asked.length), 1);
    if (read) this.found.push({ ...read, past: this.#after(read.after) });
  }

  tell(which = 0): void {
    const [read] = this.found.splice(which % Math.max(1, this.found.length), 1);
    read?.resolve(read.past);
  }

  fail(which = 0): void {
    const [read] = this.asked.splice(which % Math.max(1, this.asked.length), 1);
    read?.reject(new Error('the graph is full'));
  }

  /** Completes all reads, also those that they cause. */
  async answer(): Promise<void> {
    await turn();
    while (this.asked.length + this.found.length > 0) {
      this.look();
      this.tell();
      await turn();
    }
  }

  #after(cursor: string): EventPage {
    const [epoch, seq] = cursor.split(':') as [string, string];
    const lost = epoch !== this.epoch || Number(seq) > this.last;
    const from = lost ? Math.max(this.first, this.last - PAGE + 1) : Math.max(this.first, Number(seq) + 1);
    const seqs = Array.from({ length: Math.max(0, Math.min(PAGE, this.last - from + 1)) }, (_, i) => from + i);
    const gap = lost || from > Number(seq) + 1 ? `${this.epoch}:${from - 1}` : undefined;
    const events = seqs.map(at => ({ cursor: `${this.epoch}:${at}`, event: 'message', data: `{"seq":${at}}` }));
    return { events, gap, cursor: events.at(-1)?.cursor ?? (lost ? `${this.epoch}:${this.last}` : cursor) };
  }
}

/** Waits until all due callbacks have run. */
export async function turn(): Promise<void> {
  // Work that begins in the first turn is done after the second.
  for (let i = 0; i < 2; i++) await new Promise(setImmediate);
}
