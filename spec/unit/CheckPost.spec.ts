import { describe, expect, it } from '@jest/globals';
import { fault, getComponent } from '../../components/CheckPost.ts';
import { flaws, NodeHarness, post } from '../support/node.ts';

const emoji = '\u{1f600}';

describe('CheckPost', () => {
  it.each([
    ['an author of 64 letters', { author: 'a'.repeat(64) }],
    ['an author of 64 emoji', { author: emoji.repeat(64) }],
    ['a text of 4000 emoji', { text: emoji.repeat(4000) }],
  ])('lets %s pass', (_, given) => {
    expect(fault(post(given))).toBeUndefined();
  });

  it.each([
    [
      'an author of 65 letters',
      { author: 'a'.repeat(65) },
      'author-too-long',
      'author has 65 characters; 64 is the most',
    ],
    [
      'an author of 65 emoji',
      { author: emoji.repeat(65) },
      'author-too-long',
      'author has 65 characters; 64 is the most',
    ],
    [
      'a text of 4001 letters',
      { text: 'a'.repeat(4001) },
      'text-too-long',
      'text has 4001 characters; 4000 is the most',
    ],
  ])('says what is wrong with %s', (_, given, code, detail) => {
    expect(fault(post(given))).toEqual({ code, detail });
  });

  it('counts an emoji of many code points as many', () => {
    const { detail } = fault(post({ text: '👨‍👩‍👧' }), { author: 64, text: 4 })!;
    expect(detail).toBe('text has 5 characters; 4 is the most');
  });

  it('allows 4000 characters of text where MAXTEXT is not set', async () => {
    const node = await NodeHarness.start(getComponent());
    const text = 'a'.repeat(4000);
    expect(await node.ask('in', post({ id: 'q2', text }))).toEqual(post({ id: 'q2', text }));
    expect(await node.ask('in', post({ id: 'q3', text: `${text}a` }), 'refused')).toMatchObject({
      id: 'q3',
      status: 422,
      code: 'text-too-long',
    });
  });

  it('does not start with a MAXTEXT that is no number', async () => {
    const node = await NodeHarness.start(getComponent());
    expect(() => node.send('maxtext', 'abc')).toThrow(/MAXTEXT/);
  });

  it('lets only packets out', async () => {
    const node = await NodeHarness.start(getComponent(), { maxtext: 2 });
    const refused = await node.ask('in', post({ text: 'hey' }), 'refused');
    expect([await node.ask('in', post()), refused].flatMap(packet => flaws(packet))).toEqual([]);
  });
});
