import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Gate, type GraphEntry, type Request } from '../../src/gate/gate.ts';
import { SELF } from '../../src/gate/shares.ts';
import type { Question } from '../../src/model/packets.ts';
import { guest, unaskedId } from '../../src/model/who.ts';

const request: Request = {
  method: 'GET',
  path: '/chat',
  query: {},
  body: {},
  from: 'somebody',
  who: guest('somebody'),
};
const reply = (id: string) => ({ id, status: 200, body: '[]' });

/** A gate in front of a graph that keeps what it is asked. */
function parked({ deadline = 60_000, limit = 10, timing = false } = {}) {
  const gate = new Gate({ deadline, limit, timing });
  const asked: Question[] = [];
  const entry: GraphEntry = { post: question => asked.push(question) };
  gate.open(entry);
  return { gate, asked, entry };
}

afterEach(() => {
  jest.useRealTimers();
});

describe('Gate', () => {
  it('takes what becomes of things that nodes do by themselves for no answers, and tells the node what was refused', () => {
    const gate = new Gate({ deadline: 60_000, limit: 10, timing: false });
    const id = unaskedId('bot');
    expect(gate.answer({ id, status: 201, body: '{}' })).toBeUndefined();
    expect(gate.answer({ id, status: 429, code: 'rate-limited', detail: 'too fast' })).toEqual({
      ...{ node: 'bot', question: id },
      sentence: 'what it did was refused with 429: too fast',
    });
    expect(gate.counts.orphaned).toBe(0);
  });

  it('gives a question an id and wakes its caller with the packet that leaves with it', async () => {
    const { gate, asked } = parked();
    const outcome = gate.ask(request);
    const [question] = asked;
    expect(question).toMatchObject(request);
    expect(Object.isFrozen(question)).toBe(true);
    gate.answer(reply(question!.id));
    expect((await outcome).answer).toEqual(reply(question!.id));
  });

  it('keeps the answers of questions apart that are asked at the same time', async () => {
    const { gate, asked } = parked();
    const outcomes = [gate.ask(request), gate.ask(request), gate.ask(request)];
    for (const { id } of asked.toReversed()) gate.answer(reply(id));
    const ids = (await Promise.all(outcomes)).map(({ answer }) => answer.id);
    expect(ids).toEqual(asked.map(({ id }) => id));
  });

  it('counts and drops second, late and unknown answers', async () => {
    const { gate, asked } = parked();
    const outcome = gate.ask(request);
    gate.answer(reply(asked[0]!.id));
    gate.answer({ ...reply(asked[0]!.id), status: 500 });
    for (const odd of [reply('nobody'), undefined, null, 7, 'text', {}]) gate.answer(odd);
    expect((await outcome).answer.status).toBe(200);
    expect(gate.counts).toMatchObject({ asked: 1, waiting: 0, orphaned: 7 });
  });

  it('fails a question whose node says that somebody else asks, and names the node', async () => {
    const forged = [{ ...request.who, role: 'owner' }, { ...request.who, id: 'other' }, {}, null, 'owner'];
    for (const who of forged) {
      const { gate, asked } = parked();
      const outcome = gate.ask(request);
      const { id } = asked[0]!;
      gate.reached(asked[0], 'door');
      gate.reached({ id, who }, 'sender');
      expect(await outcome).toMatchObject({
        node: 'door',
        answer: { status: 500, detail: 'door changed who asks; it passes "who" on as it is' },
      });
    }
  });

  it('lets a packet pass that says the same of who asks, or nothing', () => {
    const { gate, asked } = parked();
    void gate.ask(request);
    const { id, who } = asked[0]!;
    for (const packet of [{ id }, { id, who }, { id, who: { ...who } }]) expect(gate.reached(packet, 'door')).toBe(id);
    expect(gate.counts.waiting).toBe(1);
  });

  it('names the node that had the question last when no answer comes in time', async () => {
    jest.useFakeTimers();
    const { gate, asked } = parked({ deadline: 2000 });
    const outcome = gate.ask(request);
    gate.reached(asked[0], 'router');
    gate.reached(asked[0], 'storage');
    jest.advanceTimersByTime(2000);
    expect(await outcome).toMatchObject({
      node: 'storage',
      answer: { status: 504, detail: 'storage had the question last and gave no answer in 2 s' },
    });
    expect(gate.counts).toMatchObject({ expired: 1, waiting: 0 });
  });

  it('lets each question have its whole time', async () => {
    jest.useFakeTimers();
    const { gate } = parked({ deadline: 1000 });
    const first = gate.ask(request);
    jest.advanceTimersByTime(600);
    const second = gate.ask(request);
    jest.advanceTimersByTime(999);
    expect((await first).answer.status).toBe(504);
    expect(gate.counts.waiting).toBe(1);
    jest.advanceTimersByTime(1);
    expect((await second).answer.status).toBe(504);
  });

  it('turns questions away when too many wait, and takes them again when there is room', async () => {
    const { gate, asked } = parked({ limit: 2 });
    const waiting = [gate.ask(request), gate.ask(request)];
    expect((await gate.ask(request)).answer).toMatchObject({ status: 503, headers: { 'Retry-After': '1' } });
    for (const { id } of asked) gate.answer(reply(id));
    await Promise.all(waiting);
    void gate.ask(request);
    expect(gate.counts).toMatchObject({ asked: 4, rejected: 1, waiting: 1 });
  });

  it('gives one caller no more than a share once half of all places are taken, so that others find one', async () => {
    const { gate, asked } = parked({ limit: 64 });
    const by = (from: string) => gate.ask({ ...request, from });
    const hog = Array.from({ length: 100 }, () => by('hog'));
    expect(asked).toHaveLength(32);
    expect((await hog[99])?.answer).toMatchObject({ status: 429, headers: { 'Retry-After': '1' } });
    // An eighth of the limit is everybody's in any case.
    for (const from of ['a', 'b', 'c']) for (let i = 0; i < 8; i++) void by(from);
    expect((await by('a')).answer).toMatchObject({ status: 429, detail: expect.stringContaining('8 questions') });
    for (let i = 0; i < 8; i++) void by(`other ${i}`);
    expect(gate.counts).toMatchObject({ waiting: 64, crowded: 69, rejected: 0 });
    expect((await by('last')).answer.status).toBe(503);
    // The server's own questions get places beyond the limit.
    for (let i = 0; i < 8; i++) void by(SELF);
    expect((await by(SELF)).answer.status).toBe(503);
    for (const { id } of asked.filter(({ from }) => from === 'hog')) gate.answer(reply(id));
    void by('hog');
    void by('last');
    expect(gate.counts).toMatchObject({ waiting: 42, rejected: 2 });
  });

  it.each([1, 2, 3, 4])('lets one caller have all places where there are only %i', async limit => {
    const { gate, asked } = parked({ limit });
    for (let i = 0; i < limit; i++) void gate.ask(request);
    expect(asked).toHaveLength(limit);
    expect((await gate.ask(request)).answer.status).toBe(limit < 4 ? 503 : 429);
  });

  it('turns questions away while there is no graph', async () => {
    const { gate } = parked();
    gate.open(undefined);
    expect((await gate.ask(request)).answer).toMatchObject({ status: 503, headers: { 'Retry-After': '1' } });
  });

  it('forgets a question whose caller hangs up', async () => {
    const { gate, asked } = parked();
    let id = '';
    const outcome = gate.ask(request, given => {
      id = given;
    });
    gate.abort(id);
    gate.abort(id);
    gate.answer(reply(asked[0]!.id));
    expect((await outcome).answer.status).toBe(499);
    expect(gate.counts).toMatchObject({ aborted: 1, orphaned: 1, waiting: 0 });
  });

  it('answers 500 with the name of the node that failed', async () => {
    const { gate, asked } = parked();
    const outcome = gate.ask(request);
    gate.fail(asked[0]!.id, 'storage');
    expect(await outcome).toMatchObject({ node: 'storage', answer: { status: 500 } });
  });

  it('names the node that refused, however far the refusal has gone since', async () => {
    const { gate, asked } = parked();
    const outcome = gate.ask(request);
    const refusal = { id: asked[0]!.id, status: 422, detail: 'no' };
    gate.reached(asked[0], 'check');
    gate.reached(refusal, 'responder');
    gate.answer(refusal);
    expect(await outcome).toEqual({ node: 'check', answer: refusal, spans: [] });
  });

  it.each([{}, { status: 200 }, { status: 'ok', body: '' }, { status: 42, body: '' }, { status: 422, detail: 7 }])(
    'answers 500 with the name of the node that sent %j as an answer',
    async odd => {
      const { gate, asked } = parked();
      const outcome = gate.ask(request);
      gate.reached(asked[0], 'mine');
      gate.answer({ id: asked[0]!.id, ...odd });
      expect(await outcome).toMatchObject({ node: 'mine', answer: { status: 500 } });
    },
  );

  it('says which nodes a question reached and how long it was at each', async () => {
    const { gate, asked } = parked({ timing: true });
    const outcome = gate.ask(request);
    gate.reached(asked[0], 'router');
    gate.reached(asked[0], 'controller');
    gate.answer(reply(asked[0]!.id));
    const { spans } = await outcome;
    expect(spans.map(({ node }) => node)).toEqual(['router', 'controller']);
    for (const { ms } of spans) expect(ms).toBeGreaterThanOrEqual(0);
  });

  it('tells all who observe each outcome, with the revision that it was asked of', async () => {
    const { gate, asked, entry } = parked();
    const heard: (string | undefined)[] = [];
    const ends = ['a', 'b'].map(name =>
      gate.observe(({ answer, revision }, { path }) => heard.push(`${name} ${path} ${answer.status} ${revision}`)),
    );
    gate.open({ ...entry, number: 7 });
    const outcome = gate.ask(request);
    gate.answer(reply(asked[0]!.id));
    expect(await outcome).toMatchObject({ revision: 7 });
    ends[0]?.();
    gate.open(undefined);
    expect(await gate.ask(request)).not.toHaveProperty('revision');
    ends[1]?.();
    await gate.ask(request);
    expect(heard).toEqual(['a /chat 200 7', 'b /chat 200 7', 'b /chat 503 undefined']);
  });

  it('knows in whose course an error was thrown that nobody caught', async () => {
    const { gate, entry } = parked();
    const strayed: (string | undefined)[] = [];
    entry.post = question => {
      gate.reached(question, 'timer');
      setTimeout(() => strayed.push(gate.uncaught()));
    };
    expect(await gate.ask(request)).toMatchObject({ node: 'timer', answer: { status: 500 } });
    expect(strayed).toEqual(['timer']);
    expect(gate.uncaught()).toBeUndefined();
  });

  describe('when another entry opens', () => {
    it('sends new questions there, and has drained the old one when its last question is answered', async () => {
      const { gate, asked, entry } = parked();
      const first = gate.ask(request);
      const next: Question[] = [];
      gate.open({ post: question => next.push(question) });
      const second = gate.ask(request);
      let drained = false;
      const draining = gate.drained(entry).then(() => {
        drained = true;
      });
      gate.answer(reply(next[0]!.id));
      await second;
      expect(drained).toBe(false);
      gate.answer(reply(asked[0]!.id));
      expect((await first).answer.status).toBe(200);
      await draining;
    });

    it('has drained the old one at once where nothing waits', async () => {
      const { gate, entry } = parked();
      gate.open(undefined);
      await gate.drained(entry);
    });
  });
});

describe('a revision that is given up', () => {
  it('has its questions asked again of the one in its place, where they only ask, and refuses all others', async () => {
    const { gate } = parked();
    const asked: string[] = [];
    const failed = { number: 1, post() {} };
    gate.open(failed);
    const ids: string[] = [];
    const of = (method: string) => gate.ask({ ...request, method }, id => ids.push(id));
    const [read, post] = [of('GET'), of('POST')];
    const next = {
      number: 2,
      post({ id, method }: Question) {
        asked.push(method);
        gate.answer({ id, status: 200, body: '{}' });
      },
    };
    const drained = gate.drained(failed);
    gate.open(next);
    gate.abandon(1);
    expect((await read).answer).toMatchObject({ status: 200 });
    expect((await post).answer).toMatchObject({
      status: 503,
      detail: expect.stringMatching(/not known; send it again/),
      headers: { 'Retry-After': '1' },
    });
    expect(asked).toEqual(['GET']);
    // Who hangs up is still known.
    expect(ids).toHaveLength(3);
    expect(gate.counts.waiting).toBe(0);
    await drained;
  });
});
