import { describe, expect, it } from '@jest/globals';
import { LastTest, testRequests } from '../../src/editor/sandbox/tests.ts';
import type { Request } from '../../src/gate/gate.ts';
import type { Answer } from '../../src/model/packets.ts';
import { guest } from '../../src/model/who.ts';

describe('the last test of a draft', () => {
  it('is no objection where there was none, or none that failed', () => {
    const lastTest = new LastTest();
    expect(lastTest.objection('a')).toBeUndefined();
    lastTest.note('a', 0);
    expect(lastTest.objection('a')).toBeUndefined();
  });

  it('stands in the way when it failed, also after changes, until one passes or the draft is live', () => {
    const lastTest = new LastTest();
    lastTest.note('a', 2);
    expect(lastTest.objection('a')?.sentence).toMatch(/^2 of the draft's tests fail; mend the draft/);
    expect(lastTest.objection('b')?.sentence).toMatch(
      /^2 of the draft's tests failed before the last change; run them again/,
    );
    lastTest.note('b', 0);
    expect(lastTest.objection('a')).toBeUndefined();
    lastTest.note('c', 1);
    lastTest.forget();
    expect(lastTest.objection('c')).toBeUndefined();
  });
});

describe('a recorded request', () => {
  const asked = (more: Partial<Request> = {}): Request => {
    return { method: 'GET', path: '/chat', query: {}, body: {}, from: 'ann', who: guest('ann'), ...more };
  };
  const reply = (status: number, body: unknown): Answer => ({ id: 'q', status, body: JSON.stringify(body) });
  const refusal = (status: number): Answer => ({ id: 'q', status, detail: 'no' });

  /** How a request does that was answered so before, and is now. */
  const test = async (before: Answer, now: Answer, more?: Partial<Request>) =>
    (
      await testRequests({ answer: async () => ({ answer: now, spans: [] }) }, [
        { request: asked(more), answer: before },
      ])
    )[0];

  it('passes with the same status and the same shape, whatever it says', async () => {
    const page = (messages: unknown[]) => reply(200, { messages, cursor: String(messages.length) });
    expect(await test(page([1, 2]), page([]))).toEqual({ name: 'GET /chat, 200 before', passed: true });
    expect(await test(reply(200, [1]), reply(200, []))).toMatchObject({ passed: true });
    expect(await test(refusal(404), refusal(404))).toMatchObject({ passed: true });
  });

  it.each([
    [reply(201, {}), reply(200, {}), '201 was expected, 200 came'],
    [reply(200, {}), refusal(422), '200 was expected, 422 came: no'],
    [reply(200, { b: 1, a: 2 }), reply(200, { a: 2 }), '{a, b} was expected, {a} came'],
    [reply(200, []), reply(200, {}), 'a list was expected, {} came'],
  ])('fails otherwise, and says what was expected and what came: %#', async (before, now, message) => {
    expect(await test(before, now)).toMatchObject({ passed: false, message });
  });

  it('is asked after a while although the one before hangs, and results come in the order of the requests', async () => {
    const order: string[] = [];
    const hanging = Promise.withResolvers<void>();
    const answer = async ({ path }: Request) => {
      order.push(path);
      if (path === '/slow') await hanging.promise;
      else hanging.resolve();
      return { answer: reply(200, {}), spans: [] };
    };
    const told: string[] = [];
    const tell = (results: readonly { readonly name: string }[]) => void told.push(...results.map(({ name }) => name));
    const recorded = ['/slow', '/chat'].map(path => ({ request: asked({ path }), answer: reply(200, {}) }));
    const results = await testRequests({ answer }, recorded, { tell, signal: new AbortController().signal });
    expect(order).toEqual(['/slow', '/chat']);
    expect(told).toEqual(['GET /chat, 200 before', 'GET /slow, 200 before']);
    expect(results.map(({ name }) => name)).toEqual(told.toReversed());
  });

  it('is asked no more once that is cancelled', async () => {
    const abort = new AbortController();
    const answer = () => {
      abort.abort();
      return new Promise<never>(() => {});
    };
    const recorded = [1, 2].map(() => ({ request: asked(), answer: reply(200, {}) }));
    expect(await testRequests({ answer }, recorded, { tell: () => {}, signal: abort.signal })).toEqual([]);
  });

  it('is left out where its answer depended on the moment or on what was kept', async () => {
    for (const status of [429, 499, 500, 503]) expect(await test(refusal(status), reply(201, {}))).toBeUndefined();
    expect(await test(refusal(422), reply(201, {}), { key: 'k' })).toBeUndefined();
    expect(await test(reply(201, {}), reply(201, {}), { key: 'k' })).toMatchObject({ passed: true });
  });
});
