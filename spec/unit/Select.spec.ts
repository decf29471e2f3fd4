import { describe, expect, it } from '@jest/globals';
import { getComponent, selector } from '../../components/Select.ts';
import { frozen, NodeHarness, post } from '../support/node.ts';

describe('Select', () => {
  it('looks at a field, also within another, and at each item of a list', () => {
    const packet = frozen({ id: 'q1', room: 'News', who: { roles: ['guest', 'vip'] }, edited: true });
    const isOne = (field: string, values: string[], ignoreCase = false) => selector(field, values, ignoreCase)(packet);
    expect([isOne('room', ['news']), isOne('room', ['news'], true), isOne('room', ['N*'])]).toEqual([
      false,
      true,
      true,
    ]);
    expect([isOne('who.roles', ['vip']), isOne('edited', ['true']), isOne('who', ['*'])]).toEqual([true, true, false]);
    expect([isOne('nothing', ['*']), isOne('constructor', ['*']), isOne('room', [])]).toEqual([false, false, false]);
  });

  it('looks into the message of what was kept, too', () => {
    const kept = frozen({ kind: 'edit', message: { room: 'news', kind: 'x' } });
    const isOne = (field: string, value: string) => selector(field, [value])(kept);
    expect([isOne('room', 'news'), isOne('message.room', 'news'), isOne('kind', 'edit')]).toEqual([true, true, true]);
    expect([isOne('kind', 'x'), isOne('author', '*')]).toEqual([false, false]);
  });

  it('passes the same packet on', async () => {
    const node = await NodeHarness.start(getComponent(), { field: 'room', values: 'news\ndev-*' });
    for (const [room, port] of [
      ['news', 'match'],
      ['dev-x', 'match'],
      ['lobby', 'else'],
    ] as const) {
      const packet = post({ room });
      expect(await node.ask('in', packet, port)).toBe(packet);
    }
  });

  it('does not start with what is no field', async () => {
    const started = NodeHarness.start(getComponent(), { field: 'a b', values: 'x' });
    await expect(started).rejects.toThrow('"a b" is no field; it looks like room or who.name');
  });
});
