import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { getComponent, PassTimes } from '../../components/Count.ts';
import { closeBehaviourDatabase, setBehaviourDatabase } from '../../src/behaviour/database.ts';
import { template } from '../../src/behaviour/template.ts';
import { flaws, NodeHarness, post } from '../support/node.ts';
import { folder } from '../support/server.ts';

const allowance = { key: template('{{author}}'), most: 2, within: 10_000 };
const settings = { key: '{{author}}', most: 1, within: '1 h' };

describe('Count', () => {
  it('lets so many of a key pass in a time, and says how long to wait', () => {
    const times = new PassTimes();
    const waits = [0, 4000, 5000, 9999, 10_000, 10_001, 14_000].map(now => times.wait(post(), now, allowance));
    expect(waits).toEqual([0, 0, 5, 0.001, 0, 3.999, 0]);
    expect(times.wait(post({ author: 'bob' }), 14_000, allowance)).toBe(0);
  });

  it('counts a post that is sent again once', () => {
    const times = new PassTimes();
    const again = Array.from({ length: 5 }, () => times.wait(post({ key: 'k' }), 0, allowance));
    expect(again).toEqual([0, 0, 0, 0, 0]);
    expect([times.wait(post(), 0, allowance), times.wait(post(), 0, allowance)]).toEqual([0, 10]);
  });

  it('forgets keys that were not seen for longest', () => {
    const times = new PassTimes();
    for (let i = 0; i < 10_001; i++) times.wait(post({ author: `a${i}` }), 0, { ...allowance, most: 1 });
    expect(times.wait(post({ author: 'a10000' }), 0, { ...allowance, most: 1 })).toBe(10);
    expect(times.wait(post({ author: 'a0' }), 0, { ...allowance, most: 1 })).toBe(0);
  });

  it('passes the same packet on, or what is too much with its wait', async () => {
    const node = await NodeHarness.start(getComponent(), settings, { id: 'passes' });
    const first = post();
    expect(await node.ask('in', first)).toBe(first);
    const over = await node.ask('in', post({ id: 'q2' }), 'over');
    expect([over, flaws(over)]).toEqual([{ ...post({ id: 'q2' }), wait: 3600 }, []]);
  });

  it('goes on counting in the next revision, and not once there is none', async () => {
    const before = await NodeHarness.start(getComponent(), settings, { id: 'kept' });
    await before.ask('in', post());
    const next = await NodeHarness.start(getComponent(), settings, { id: 'kept' });
    await before.stop();
    await next.ask('in', post(), 'over');
    await next.stop();
    const later = await NodeHarness.start(getComponent(), settings, { id: 'kept' });
    await later.ask('in', post());
  });

  it('goes on counting after the server has ended where STORE says so, and keeps no key as it is', async () => {
    const { path: data, remove } = folder();
    const kept = { ...settings, most: 2, store: 'newcomers' };
    const ask = async (port: string, author: string) => {
      setBehaviourDatabase(data, () => {});
      const node = await NodeHarness.start(getComponent(), kept, { id: 'new' });
      await node.ask('in', post({ author }), port);
      await node.stop();
      closeBehaviourDatabase();
    };
    for (const port of ['out', 'out', 'over', 'over']) await ask(port, 'somebody-new');
    await ask('out', 'another');
    for (const file of readdirSync(data)) expect(readFileSync(join(data, file)).includes('somebody-new')).toBe(false);
    remove();
  });

  it.each([
    ['most', 0, 'MOST must be a whole number from 1 to 1,000, not 0'],
    ['within', 'soon', 'WITHIN must be a time'],
    ['key', '{{#a}}', 'template'],
    ['store', 'a b', 'STORE is a name'],
  ])('does not start with %s %j', async (port, value, sentence) => {
    await expect(NodeHarness.start(getComponent(), { ...settings, [port]: value })).rejects.toThrow(sentence);
  });
});
