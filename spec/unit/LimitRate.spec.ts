import { describe, expect, it } from '@jest/globals';
import { Counter, getComponent, limitAt } from '../../components/LimitRate.ts';
import { type RateLimiter, take, tokensAt } from '../../src/model/bucket.ts';
import { flaws, NodeHarness, post } from '../support/node.ts';

const rate = { burst: 3, rate: 2 };
/** So slow that no test sees a bucket fill. */
const slow = { burst: 2, rate: 0.001 };

const start = (id: string, settings: Readonly<Record<string, unknown>> = slow) =>
  NodeHarness.start(getComponent(), settings, { id });

/** How many of ten posts pass. */
async function passing(node: NodeHarness, given: Parameters<typeof post>[0] = {}): Promise<number> {
  for (let i = 0; i < 10; i++) node.send('in', post(given));
  let passed = 0;
  for (; node.left.includes('out'); passed++) await node.next('out');
  for (let refused = passed; refused < 10; refused++) await node.next('refused');
  return passed;
}

describe('LimitRate', () => {
  it('lets a burst pass, then as many a second as its rate', () => {
    const buckets = new Map<string, RateLimiter>();
    const waits = (now: number) => [1, 2, 3, 4].map(() => take(buckets, 'ann', now, rate));
    expect(waits(1000)).toEqual([0, 0, 0, 0.5]);
    expect(waits(1500)).toEqual([0, 0.5, 0.5, 0.5]);
    expect(waits(2750)).toEqual([0, 0, 0.25, 0.25]);
  });

  it('does not make those wait longer who try while they wait', () => {
    const buckets = new Map([['ann', { tokens: 0, at: 0 }]]);
    expect([100, 200, 300].map(now => take(buckets, 'ann', now, rate))).toEqual([0.4, 0.3, 0.2]);
    expect(take(buckets, 'ann', 500, rate)).toBe(0);
  });

  it('fills a bucket up to the burst and no further', () => {
    expect(tokensAt(undefined, 0, rate)).toBe(3);
    expect(tokensAt({ tokens: 0, at: 0 }, 1e9, rate)).toBe(3);
  });

  it('keeps a bucket for each author and address', async () => {
    const node = await start('apart');
    expect(await passing(node, { author: 'ann', from: 'here' })).toBe(2);
    expect(await passing(node, { author: 'ann', from: 'there' })).toBe(2);
    expect(await passing(node, { author: 'constructor', from: 'here' })).toBe(2);
    expect(await passing(node, { author: 'ann', from: 'here' })).toBe(0);
  });

  it.each([
    ['a blank behind it', 'ann '],
    ['what can not be seen behind it', 'ann\u200b'],
    ['another case', 'ANN'],
    ['a Cyrillic letter', 'аnn'],
    ['an accent', 'änn'],
  ])('counts an author and the same name with %s as one', async (what, author) => {
    const node = await start(`alike ${what}`);
    expect(await passing(node, { author: 'ann' })).toBe(2);
    expect(await passing(node, { author })).toBe(0);
  });

  it('lets all authors of one address send three times as much as one of them, unless it is said', async () => {
    const node = await start('names', slow);
    let passed = 0;
    for (let i = 0; i < 9; i++) passed += await passing(node, { author: `name ${i}`, from: 'here' });
    expect(passed).toBe(6);
    expect(await passing(node, { author: 'name 1', from: 'there' })).toBe(2);
    const set = await start('set', { ...slow, addressburst: 3, addressrate: 0.001 });
    expect(await passing(set, { author: 'ann' })).toBe(2);
    expect(await passing(set, { author: 'bob' })).toBe(1);
  });

  it('slows a room down where that is said', async () => {
    const node = await start('room', { burst: 100, rate: 100, roomburst: 2, roomrate: 0.001 });
    const counts: number[] = [];
    for (const [author, from, room] of [
      ['ann', 'here', 'tea'],
      ['bob', 'there', 'tea'],
      ['bob', 'there', 'garden'],
    ] as const)
      counts.push(await passing(node, { author, from, room }));
    expect(counts).toEqual([2, 0, 2]);
    const one = await start('slow mode', { roomrate: 0.001 });
    expect(await passing(one)).toBe(1);
    expect(await one.ask('in', post({ id: 'q9' }), 'refused')).toMatchObject({
      detail: expect.stringMatching(/^too many posts in this room at once; try again in \d+ s$/),
    });
  });

  it('takes nothing from one count where another refuses', async () => {
    const counter = new Counter();
    const rates = { author: { burst: 9, rate: 1 }, address: { burst: 9, rate: 1 }, room: { burst: 1, rate: 0.1 } };
    expect(counter.refuse(post(), 0, rates)).toBeUndefined();
    for (let i = 0; i < 20; i++) expect(counter.refuse(post(), 0, rates)).toMatchObject({ wait: 10 });
    for (let i = 0; i < 8; i++) expect(counter.refuse(post({ room: `r${i}` }), 0, rates)).toBeUndefined();
    expect(counter.refuse(post({ room: 'r9' }), 0, rates)).toMatchObject({ what: 'posts', wait: 1 });
  });

  it('counts a post that comes again under its key once, and not without end', async () => {
    const node = await start('again under a key');
    const again = (given: object = {}) => passing(node, { key: 'k1', ...given });
    const passed: number[] = [];
    for (let i = 0; i < 5; i++) passed.push(await again());
    // Two are counted, each with 20 that come again.
    expect(passed).toEqual([10, 10, 10, 10, 2]);
    expect(await again({ key: 'k2' })).toBe(0);
  });

  it("takes nobody else's key for a retry, nor one that was refused", async () => {
    const node = await start('keys');
    expect(await passing(node, { author: 'bob', from: 'there' })).toBe(2);
    expect(await passing(node, { author: 'bob', from: 'there', key: 'k1' })).toBe(0);
    expect(await passing(node, { author: 'ann', from: 'here', key: 'k1' })).toBe(10);
    expect(await passing(node, { author: 'bob', from: 'there', key: 'k1' })).toBe(0);
    expect(await passing(node, { author: 'bob', from: 'there', room: 'tea', key: 'k1' })).toBe(0);
  });

  it('forgets those whose bucket is full again when there are very many', () => {
    const buckets = new Map<string, RateLimiter>();
    for (let i = 0; i < 10_000; i++) take(buckets, `old ${i}`, 0, rate);
    take(buckets, 'new', 1000, rate);
    expect([...buckets.keys()]).toEqual(['new']);
  });

  it('shares its buckets with a node of the same name', async () => {
    const [one, two] = [await start('shared'), await start('shared')];
    expect(await passing(one)).toBe(2);
    expect(await passing(two)).toBe(0);
    await one.stop();
    expect(await passing(two)).toBe(0);
  });

  it('does not share them with a node of another name', async () => {
    const [one, two] = [await start('one'), await start('two')];
    expect(await passing(one)).toBe(2);
    expect(await passing(two)).toBe(2);
  });

  it('remembers who posted when a new revision starts before the old one stops', async () => {
    const old = await start('heir');
    expect(await passing(old)).toBe(2);
    const next = await start('heir');
    await old.stop();
    expect(await passing(next)).toBe(0);
  });

  it('begins anew when the last node of its name has stopped', async () => {
    const old = await start('gone');
    expect(await passing(old)).toBe(2);
    await old.stop();
    expect(await passing(await start('gone'))).toBe(2);
  });

  it('lets 100 pass at once where BURST and RATE are not set', async () => {
    const node = await start('unset', { rate: 0.001 });
    for (let i = 0; i < 100; i++) expect(await node.ask('in', post({ id: `q${i}` }))).toMatchObject({ id: `q${i}` });
    expect(await node.ask('in', post(), 'refused')).toMatchObject({ status: 429 });
  });

  it('says after how many whole seconds to try again', async () => {
    const node = await start('again', { burst: 1, rate: 0.001 });
    await node.ask('in', post());
    expect(await node.ask('in', post({ id: 'q2' }), 'refused')).toEqual({
      id: 'q2',
      status: 429,
      code: 'rate-limited',
      detail: expect.stringMatching(/^too many posts at once; try again in \d+ s$/),
      headers: { 'Retry-After': expect.stringMatching(/^(1000|9\d\d)$/) },
    });
  });

  it.each([
    ['1 post in 30 s', 1, 1 / 30],
    ['5 posts a minute', 5, 5 / 60],
    ['10 per 2 h', 10, 10 / 7200],
    ['3/s', 3, 3],
  ])('understands %j', (words, burst, rate) => {
    expect(limitAt(words)).toEqual({ burst, rate });
  });

  it.each([
    '',
    '30 s',
    '0 posts in 1 s',
    'one post in 1 s',
    '1 post in 0 s',
    '1 post in a while',
    '1.5 in 1 s',
    '-1 in 1 s',
  ])('does not start with the LIMIT %j', async limit => {
    await expect(NodeHarness.start(getComponent(), { limit })).rejects.toThrow(/^LIMIT /);
  });

  it.each([
    ['author', 1, [1, 0, 1]],
    ['room', 1, [1, 1, 0]],
    ['address', 1, [1, 0, 0]],
    ['{{text}}', 1, [1, 0, 0]],
  ])('counts by %s alone where that is said', async (key, most, passed) => {
    const node = await start(`by ${key}`, { key, limit: `${most} post in 1 h` });
    const counts: number[] = [];
    for (const given of [{ author: 'ann' }, { author: 'ann', room: 'tea' }, { author: 'bob' }])
      counts.push(await passing(node, given));
    expect(counts).toEqual(passed);
  });

  it('does not start with a KEY that is none', async () => {
    const started = NodeHarness.start(getComponent(), { key: 'rooms' });
    await expect(started).rejects.toThrow('KEY must be author, room, address or a template such as');
  });

  it.each([
    ['burst', 'abc'],
    ['rate', 'abc'],
    ['rate', 0],
    ['rate', -1],
    ['addressburst', 0],
    ['addressrate', 0],
    ['roomrate', 'abc'],
    ['roomburst', 0],
  ])('does not start with %s %j', async (setting, value) => {
    const node = await start('odd', {});
    expect(() => node.send(setting, value)).toThrow(new RegExp(`^${setting} `, 'i'));
  });

  it('lets only packets out', async () => {
    const node = await start('packets', { burst: 1, rate: 0.001 });
    const passed = await node.ask('in', post());
    const refused = await node.ask('in', post(), 'refused');
    expect([passed, refused].flatMap(packet => flaws(packet))).toEqual([]);
  });
});
