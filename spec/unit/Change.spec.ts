import { describe, expect, it } from '@jest/globals';
import { change, getComponent } from '../../components/Change.ts';
import { UNSEEN_TEXTS } from '../support/names.ts';
import { flaws, NodeHarness, question, SOMEBODY } from '../support/node.ts';

const params = { room: 'tea', message: 'm1' };
const patch = (body: Readonly<Record<string, unknown>>) => question({ method: 'PATCH', body, params, owner: 'hash' });

describe('Change', () => {
  it('edits by PATCH and removes by DELETE, as who asks', () => {
    expect(change(patch({ text: ' two\nlines ', author: 'eve' }))).toEqual({
      id: 'q1',
      room: 'tea',
      form: 'api',
      kind: 'edit',
      about: 'm1',
      author: '',
      text: 'two\nlines',
      from: 'somewhere',
      who: SOMEBODY,
      owner: 'hash',
    });
    const removal = change(question({ method: 'DELETE', params }), 60);
    expect(removal).toMatchObject({ kind: 'remove', about: 'm1', text: '', within: 60 });
    expect(removal).not.toHaveProperty('owner');
  });

  const reaction = (emoji: string, more = {}) =>
    question({ method: 'PUT', body: { author: ' ann ' }, params: { ...params, emoji }, ...more });

  it('reacts by PUT and takes back by DELETE, with the key or else the address of who asks', () => {
    const about = { id: 'q1', room: 'tea', form: 'api', about: 'm1', author: 'ann', text: '' };
    const made = { ...about, from: 'somewhere', who: SOMEBODY };
    expect(change(reaction('👍', { owner: 'hash' }))).toEqual({ ...made, kind: 'react', emoji: '👍', owner: 'hash' });
    expect(change(reaction('👍', { method: 'DELETE' }))).toEqual({
      ...made,
      kind: 'unreact',
      emoji: '👍',
      owner: 'somewhere',
    });
    expect(change(reaction('\u2764'))).toMatchObject({ emoji: '\u2764\ufe0f' });
  });

  it.each(['👩‍❤️‍💋‍👨', '🏴󠁧󠁢󠁷󠁬󠁳󠁿', '1️⃣', '👍🏽', '☎️'])('takes %s for one emoji', emoji => {
    expect(change(reaction(emoji))).toMatchObject({ kind: 'react', emoji });
  });

  it.each(['', 'a', '1', '👍👍', '👍 ', ':+1:', '\u200d', '👍\u0301', '\ufe0f', '__proto__'])(
    'refuses %j as an emoji with 422',
    emoji => {
      expect(change(reaction(emoji))).toMatchObject({ status: 422, code: 'emoji-invalid' });
    },
  );

  it.each([...UNSEEN_TEXTS, 7, null, undefined, ['hi']])('refuses %j as a text with 422', text => {
    expect(change(patch({ text }))).toMatchObject({ status: 422 });
  });

  it.each([undefined, {}, { room: 'tea' }, { message: 'm1' }])('refuses a question that names %j', named => {
    const asked = question({ method: 'DELETE', ...(named && { params: named }) });
    expect(change(asked)).toMatchObject({ status: 404, code: 'message-not-found' });
  });

  it('lets only packets out, and takes no odd time', async () => {
    const node = await NodeHarness.start(getComponent());
    const packets = [await node.ask('in', patch({ text: 'ho' })), await node.ask('in', patch({ text: '' }), 'refused')];
    expect(packets.flatMap(packet => flaws(packet))).toEqual([]);
    for (const within of [0, -1, 'soon'])
      await expect(NodeHarness.start(getComponent(), { within })).rejects.toThrow('WITHIN must be a number');
  });
});
