import { describe, expect, it } from '@jest/globals';
import { condition, getComponent } from '../../components/If.ts';
import { NodeHarness, post } from '../support/node.ts';

describe('If', () => {
  it('knows whether a condition holds', async () => {
    expect(await condition('$length(text) > 1')(post())).toBe(true);
    expect(await condition('who.role = "moderator"')(post())).toBe(false);
    expect(await condition('nothing')(post())).toBe(false);
  });

  it('passes the same packets on, in their order', async () => {
    const node = await NodeHarness.start(getComponent(), { when: 'author = "ann" or $count([1..100][$ % 7 = 1]) = 0' });
    const packets = ['bob', 'ann', 'eve', 'ann'].map((author, i) => post({ author, id: `q${i}` }));
    for (const packet of packets) node.send('in', packet);
    expect([await node.next('no'), await node.next('no')]).toEqual([packets[0], packets[2]]);
    expect(await node.next('yes')).toBe(packets[1]);
    expect(await node.next('yes')).toBe(packets[3]);
  });

  it('does not start with what is no expression', async () => {
    await expect(NodeHarness.start(getComponent(), { when: '(' })).rejects.toThrow('WHEN is no JSONata expression');
  });
});
