import { describe, expect, it } from '@jest/globals';
import { getComponent, matched } from '../../components/Match.ts';
import { textPatterns } from '../../src/behaviour/pattern.ts';
import { flaws, frozen, NodeHarness, post } from '../support/node.ts';

const time = textPatterns('PATTERN', ['!time', '!time :zone']);

describe('Match', () => {
  it('finds the text of a post, and of a message that was kept', () => {
    expect(matched(post({ text: '!time' }), time)).toEqual({ ...post({ text: '!time' }), params: {} });
    const kept = frozen({ kind: 'message', message: { text: '!time utc' }, who: { kind: 'guest' } });
    expect(matched(kept, time)).toEqual({ ...kept, params: { zone: 'utc' } });
    expect(matched(frozen({ id: 'q1' }), time)).toBeUndefined();
    expect(['\t !TIME ', 'time', 'a !time', '?time'].map(text => matched(post({ text }), time) !== undefined)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('leaves out what became of a message, and what another process kept', () => {
    const kept = (kind: string) => frozen({ kind, message: { text: '!time' }, who: { kind: 'guest' } });
    expect(['edit', 'remove', 'react'].map(kind => matched(kept(kind), time))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(matched(frozen({ kind: 'message', message: { text: '!time' } }), time)).toBeUndefined();
    expect(matched(post({ kind: 'edit', text: '!time' }), time)).toBeDefined();
  });

  it('leaves bots out unless it is told', () => {
    const bot = frozen({ ...post({ text: '!time' }), who: { kind: 'bot' } });
    expect(matched(bot, time)).toBeUndefined();
    expect(matched(bot, time, true)).toMatchObject({ params: {} });
  });

  it('passes what does not match on as it is', async () => {
    const node = await NodeHarness.start(getComponent(), { pattern: '!time\n/roll :sides', bots: 'false' });
    const other = post();
    expect(await node.ask('in', other, 'else')).toBe(other);
    const match = await node.ask('in', post({ text: '/roll 6' }), 'match');
    expect(match).toMatchObject({ id: 'q1', params: { sides: '6' } });
    expect(flaws(match)).toEqual([]);
  });

  it('does not start with what is no pattern', async () => {
    await expect(NodeHarness.start(getComponent(), { pattern: '/(/' })).rejects.toThrow('"/(/" is no pattern');
  });
});
