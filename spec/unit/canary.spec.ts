import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Canary } from '../../src/editor/deploy/canary.ts';
import { Gate, type Request } from '../../src/gate/gate.ts';
import type { Question } from '../../src/model/packets.ts';
import { guest } from '../../src/model/who.ts';

const NODE = 'check';
const request = (method: string, path = '/chat'): Request => ({
  method,
  path,
  query: {},
  body: {},
  from: 'somebody',
  who: guest('somebody'),
});

let gate: Gate;
let canary: Canary;
let verdicts: { why: string; node: string | undefined }[];

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  gate = new Gate({ deadline: 10_000, limit: 5000, timing: false });
  canary = new Canary({ gate });
  verdicts = [];
  open(1);
});
afterEach(() => {
  canary.close();
  jest.useRealTimers();
});

/** Questions to a revision that nobody has answered, the oldest first. */
let waiting: Question[] = [];

/** Lets questions go to a revision that answers when the test says so. */
function open(number: number): void {
  waiting = [];
  gate.open({ number, post: question => waiting.push(question) });
}

/** Opens a revision and watches it. */
function publish(number: number): () => void {
  open(number);
  return canary.watch(number, (why, node) => verdicts.push({ why, node }));
}

const good = (id: string) => gate.answer({ id, status: 200, body: '{}' });
const bad = (id: string) => gate.fail(id, NODE);

/** Asks and answers a number of times, and waits until all that follows has happened. */
async function ask(times: number, answer: (id: string) => void, method = 'GET', path?: string): Promise<void> {
  for (let i = 0; i < times; i++) {
    const asked = gate.ask(request(method, path));
    answer(waiting.pop()!.id);
    await asked;
  }
  await settled();
}

/** Asks a number of times what gets no answer for the time being. */
function leave(times: number, method = 'GET', path?: string): void {
  for (let i = 0; i < times; i++) void gate.ask(request(method, path));
}

async function pass(ms: number): Promise<void> {
  jest.advanceTimersByTime(ms);
  await settled();
}

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

describe('Probation', () => {
  it('gives up a revision whose first three requests all fail, and names the node', async () => {
    publish(2);
    await ask(2, bad);
    expect(verdicts).toEqual([]);
    await ask(1, bad);
    expect(verdicts).toEqual([{ why: '3 of its first 3 requests with GET failed, the last at check', node: 'check' }]);
  });

  it('gives up a revision of whose requests five fail, and half', async () => {
    publish(2);
    await ask(5, good);
    await ask(4, bad);
    expect(verdicts).toEqual([]);
    await ask(1, bad);
    expect(verdicts).toHaveLength(1);
  });

  it('leaves a revision alone where less than half fails', async () => {
    publish(2);
    for (let i = 0; i < 20; i++) {
      await ask(2, good);
      await ask(1, bad);
    }
    expect(verdicts).toEqual([]);
  });

  it('gives up a revision where all who post fail, however many read', async () => {
    await ask(50, good);
    await ask(50, good, 'POST');
    publish(2);
    await ask(1000, good);
    await ask(3, bad, 'POST');
    expect(verdicts).toEqual([{ why: '3 of its first 3 requests with POST failed, the last at check', node: 'check' }]);
  });

  it('says so once, and before the caller can ask again for long', async () => {
    publish(2);
    await ask(50, bad);
    expect(verdicts).toHaveLength(1);
  });

  it.each([
    ['turned away for lack of room or by a store', 503],
    ['refused', 422],
    ['of nothing that is there', 404],
  ])('takes no request for failed that is %s: %i', async (_, status) => {
    publish(2);
    await ask(20, id => gate.answer({ id, status, detail: 'no' }));
    expect(verdicts).toEqual([]);
  });

  it('takes no request for failed whose caller hangs up at once', async () => {
    publish(2);
    await ask(20, id => gate.abort(id));
    expect(verdicts).toEqual([]);
  });

  it('leaves a revision alone that fails no more than the one before', async () => {
    await ask(30, bad);
    await ask(20, good);
    publish(2);
    await ask(20, bad);
    await ask(10, good);
    expect(verdicts).toEqual([]);
  });

  it('gives up a revision that fails wholly after one that failed now and then', async () => {
    await ask(10, bad);
    await ask(40, good);
    publish(2);
    await ask(3, bad);
    expect(verdicts).toHaveLength(1);
  });

  it('does not take failing for usual because a revision that was given up failed', async () => {
    await ask(20, good);
    publish(2);
    await ask(30, bad);
    publish(3);
    await ask(3, bad);
    expect(verdicts).toHaveLength(2);
  });

  it('does not take failing for usual because the next change came before the first was judged', async () => {
    publish(2);
    await ask(2, bad);
    publish(3);
    await ask(3, bad);
    expect(verdicts).toHaveLength(1);
  });

  it('takes a revision that has passed for what is usual', async () => {
    publish(2);
    await pass(10_000);
    await ask(50, bad);
    publish(3);
    await ask(50, bad);
    expect(verdicts).toEqual([]);
  });

  it('watches for ten seconds where all goes well', async () => {
    publish(2);
    await ask(2, good);
    await pass(10_000);
    await ask(20, bad);
    expect(verdicts).toEqual([]);
  });

  it('says which revision has passed, and not which was followed by the next before that', async () => {
    const passed: number[] = [];
    for (const number of [2, 3]) {
      await pass(9_750);
      open(number);
      canary.watch(
        number,
        () => {},
        () => passed.push(number),
      );
    }
    await pass(9_750);
    expect(passed).toEqual([]);
    await pass(250);
    expect(passed).toEqual([3]);
  });

  it('stops to watch when it is told to', async () => {
    const stop = publish(2);
    stop();
    await ask(20, bad);
    expect(verdicts).toEqual([]);
  });

  it('does not blame a new revision for what the old one has still to answer', async () => {
    leave(10);
    const old = waiting;
    publish(2);
    for (const { id } of old) bad(id);
    await settled();
    expect(verdicts).toEqual([]);
  });
});

describe('Probation in a quiet chat', () => {
  const MINUTE = 60_000;

  it('goes on until each kind of request has been answered well that was before', async () => {
    await ask(3, good);
    await ask(1, good, 'POST');
    const passed: number[] = [];
    open(2);
    canary.watch(
      2,
      () => {},
      () => passed.push(2),
    );
    await ask(3, good);
    await pass(5 * MINUTE);
    expect(passed).toEqual([]);
    await ask(1, id => gate.answer({ id, status: 422, detail: 'too long' }), 'POST');
    await pass(250);
    expect(passed).toEqual([2]);
  });

  it('knows kinds by what is asked, not by names', async () => {
    await ask(1, good, 'POST', '/api/rooms/lobby/messages');
    await ask(1, good, 'GET', '/api/rooms/lobby/messages');
    publish(2);
    await ask(5, good, 'GET', '/api/rooms/garden/messages');
    await ask(2, good, 'POST', '/api/rooms');
    await pass(MINUTE);
    leave(1, 'POST', '/api/rooms/kitchen/messages');
    await pass(2000);
    const requests = '1 of its first 1 requests like POST /api/rooms/*/messages failed';
    expect(verdicts).toMatchObject([{ why: `${requests}, 1 of them without an answer for 1.5 s` }]);
  });

  it('gives up a revision at the first request without an answer, where such ones went well before', async () => {
    await ask(1, good, 'POST');
    publish(2);
    await pass(MINUTE);
    leave(1, 'POST');
    await pass(1250);
    expect(verdicts).toEqual([]);
    await pass(500);
    expect(verdicts).toHaveLength(1);
  });

  it('waits for more of them where such ones never went well, and does not end meanwhile', async () => {
    publish(2);
    for (let i = 0; i < 3; i++) {
      leave(1, 'POST');
      await pass(10_250);
      expect(verdicts).toHaveLength(i < 2 ? 0 : 1);
    }
  });

  it('gives up a revision whose posts fail, one a minute', async () => {
    await ask(1, good, 'POST');
    publish(2);
    for (let i = 0; i < 3; i++) {
      await pass(MINUTE);
      await ask(1, bad, 'POST');
    }
    expect(verdicts).toHaveLength(1);
  });

  it('takes a moment in which nothing ran for no failure', async () => {
    await ask(1, good, 'POST');
    publish(2);
    leave(1, 'POST');
    await pass(1500);
    good(waiting.pop()!.id);
    await pass(MINUTE);
    expect(verdicts).toEqual([]);
  });

  it.each([403, 404, 405, 409, 422, 429])(
    'takes a refusal %i for an answer, as the graph may be meant so',
    async status => {
      await ask(5, good, 'POST');
      const passed: number[] = [];
      open(2);
      const failed = (why: string) => verdicts.push({ why, node: undefined });
      canary.watch(2, failed, () => passed.push(2));
      await ask(5, id => gate.answer({ id, status, detail: 'no' }), 'POST');
      await pass(10_000);
      expect([verdicts, passed]).toEqual([[], [2]]);
    },
  );

  it('expects no more what has not been asked for long', async () => {
    await ask(1, good, 'DELETE');
    await ask(600, good);
    const passed: number[] = [];
    open(2);
    canary.watch(
      2,
      () => {},
      () => passed.push(2),
    );
    await ask(1, good);
    await pass(10_000);
    expect(passed).toEqual([2]);
  });
});

describe('Probation of a revision that hangs', () => {
  it('gives it up long before the deadline', async () => {
    await ask(20, good);
    publish(2);
    leave(3);
    await pass(1500);
    expect(verdicts).toEqual([
      { why: '3 of its first 3 requests with GET failed, 3 of them without an answer for 1.5 s', node: undefined },
    ]);
  });

  it('waits longer where answers have always been slow', async () => {
    for (let i = 0; i < 10; i++) {
      leave(1);
      jest.advanceTimersByTime(1000);
      good(waiting.pop()!.id);
    }
    publish(2);
    leave(10);
    await pass(3750);
    expect(verdicts).toEqual([]);
    await pass(500);
    expect(verdicts).toHaveLength(1);
  });

  it('leaves a revision alone whose slow answers come after all', async () => {
    publish(2);
    await ask(20, good);
    leave(10);
    await pass(1750);
    for (const { id } of waiting) good(id);
    await pass(1000);
    await ask(4, bad);
    expect(verdicts).toEqual([]);
  });

  it('counts a question once that waits, and fails then', async () => {
    publish(2);
    leave(2);
    await pass(1750);
    for (const { id } of waiting) bad(id);
    await settled();
    expect(verdicts).toEqual([]);
  });

  it('counts callers that wait, and give up then', async () => {
    publish(2);
    leave(3);
    jest.advanceTimersByTime(1600);
    for (const { id } of waiting) gate.abort(id);
    await settled();
    expect(verdicts).toHaveLength(1);
  });
});

describe('Probation of a revision whose nodes let errors out after the answer', () => {
  it('gives it up where what was answered well fails then', async () => {
    publish(2);
    await ask(100, good);
    await ask(
      3,
      id => {
        good(id);
        canary.uncaught('publish', id);
      },
      'POST',
    );
    expect(verdicts).toEqual([
      { why: '3 of its first 3 requests with POST failed, the last at publish', node: 'publish' },
    ]);
  });

  it('counts a question once that fails, though its error is heard too', async () => {
    publish(2);
    await ask(2, id => {
      bad(id);
      canary.uncaught(NODE, id);
    });
    expect(verdicts).toEqual([]);
  });

  it('counts errors that belong to no question', async () => {
    publish(2);
    for (let i = 0; i < 3; i++) canary.uncaught('clock');
    await settled();
    expect(verdicts).toEqual([{ why: '3 of its first 3 requests failed, the last at clock', node: 'clock' }]);
  });

  it('hears errors while it watches nothing', () => {
    expect(() => canary.uncaught('clock', 'nobody')).not.toThrow();
  });
});

describe('Probation of a revision in which packets multiply', () => {
  const ENDLESS = 1001;

  /** Answers each question well, and then again and again. */
  const again = (times: number) => (id: string) => {
    for (let i = 0; i <= times; i++) good(id);
  };

  it('gives it up, though each question is answered well', async () => {
    publish(2);
    await ask(1, again(ENDLESS));
    expect(verdicts).toEqual([]);
    await pass(250);
    const why = `packets multiply: to 1 requests came ${ENDLESS} answers too many`;
    expect(verdicts).toEqual([{ why, node: undefined }]);
  });

  it('leaves a revision alone that answers some questions twice', async () => {
    publish(2);
    await ask(200, again(10));
    await pass(10_000);
    expect(verdicts).toEqual([]);
  });

  it('does not blame a new revision for what came before it', async () => {
    await ask(1, again(ENDLESS));
    publish(2);
    await pass(10_000);
    expect(verdicts).toEqual([]);
  });
});
