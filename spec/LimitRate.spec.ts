import { describe, expect, it } from '@jest/globals';
import { type Bucket, fill, getComponent, take } from '../components/LimitRate.ts';
import { flaws, Node, post } from './support/node.ts';

const rate = { burst: 3, rate: 2 };
/** So slow that no test sees a bucket fill. */
const slow = { burst: 2, rate: 0.001 };

const start = (id: string, settings: Readonly<Record<string, unknown>> = slow) =>
  Node.start(getComponent(), settings, { id });

/** How many of ten posts pass. */
async function passing(node: Node, given: Parameters<typeof post>[0] = {}): Promise<number> {
  for (let i = 0; i < 10; i++) node.send('in', post(given));
  let passed = 0;
  for (; node.left.includes('out'); passed++) await node.next('out');
  for (let refused = passed; refused < 10; refused++) await node.next('refused');
  return passed;
}

describe('LimitRate', () => {
  it('lets a burst pass, then as many a second as its rate', () => {
    const buckets = new Map<string, Bucket>();
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
    expect(fill(undefined, 0, rate)).toBe(3);
    expect(fill({ tokens: 0, at: 0 }, 1e9, rate)).toBe(3);
  });

  it('keeps a bucket for each author and address', async () => {
    const node = await start('apart');
    expect(await passing(node, { author: 'ann', from: 'here' })).toBe(2);
    expect(await passing(node, { author: 'ann', from: 'there' })).toBe(2);
    expect(await passing(node, { author: 'constructor', from: 'here' })).toBe(2);
    expect(await passing(node, { author: 'ann', from: 'here' })).toBe(0);
  });

  it('forgets those whose bucket is full again when there are very many', () => {
    const buckets = new Map<string, Bucket>();
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
      detail: expect.stringMatching(/^too many posts at once; try again in \d+ s$/),
      headers: { 'Retry-After': expect.stringMatching(/^(1000|9\d\d)$/) },
    });
  });

  it.each([
    ['burst', 'abc'],
    ['rate', 'abc'],
    ['rate', 0],
    ['rate', -1],
  ])('does not start with %s %j', async (setting, value) => {
    const node = await start('odd', {});
    expect(() => node.send(setting, value)).toThrow(new RegExp(setting, 'i'));
  });

  it('lets only packets out', async () => {
    const node = await start('packets', { burst: 1, rate: 0.001 });
    const passed = await node.ask('in', post());
    const refused = await node.ask('in', post(), 'refused');
    expect([passed, refused].flatMap(packet => flaws(packet))).toEqual([]);
  });
});
