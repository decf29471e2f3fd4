import { describe, expect, it } from '@jest/globals';
import { getComponent, post } from '../../components/SendController.ts';
import { refusal } from '../../src/model/codes.ts';
import type { Refusal } from '../../src/model/packets.ts';
import { BAD_NAMES, GOOD_NAMES, SEEN_TEXTS, UNSEEN_TEXTS } from '../support/names.ts';
import { flaws, NodeHarness, question, SOMEBODY } from '../support/node.ts';

const sent = (body: Readonly<Record<string, unknown>>) => post(question({ body }));

describe('SendController', () => {
  it('makes a post to the lobby of what gochat sends', () => {
    expect(sent({ author: 'ann', text: 'hi' })).toEqual({
      id: 'q1',
      room: 'lobby',
      form: 'gochat',
      author: 'ann',
      text: 'hi',
      from: 'somewhere',
      who: SOMEBODY,
    });
  });

  it('makes a post to the room that the question names, with its key', () => {
    const asked = question({ body: { text: 'hi' }, key: 'k1', params: { room: 'constructor' } });
    expect(post(asked)).toMatchObject({ id: 'q1', room: 'constructor', form: 'api', key: 'k1' });
  });

  it.each([{}, { author: '' }, { author: ' \t\n' }])('names a post with %j anonymous', author => {
    expect(sent({ ...author, text: 'hi' })).toMatchObject({ author: 'anonymous' });
  });

  it('trims author and text, makes one space of many in the author, and keeps what is between in the text', () => {
    expect(sent({ author: ' ann  b ', text: '\n a\n\n b \n' })).toMatchObject({ author: 'ann b', text: 'a\n\n b' });
  });

  it.each([{}, { text: '' }, { text: '  ' }, { text: '\n\t\u00a0\u2003' }])('refuses %j: there is no text', text => {
    expect(sent({ author: 'ann', ...text })).toEqual(refusal('q1', 'text-missing', 'a post needs a text'));
  });

  it.each(GOOD_NAMES)('takes %s for an author', (_, author, kept) => {
    expect(sent({ author, text: 'hi' })).toMatchObject({ author: kept || 'anonymous' });
  });

  it.each(BAD_NAMES.filter(([what]) => what !== '65 characters'))('refuses %s as an author', (_, author, fault) => {
    const refused = sent({ author, text: 'hi' });
    expect(refused).toMatchObject({
      status: 422,
      code: 'author-invalid',
      detail: expect.stringMatching(/^author has /),
    });
    expect((refused as Refusal).detail.slice('author '.length)).toMatch(fault);
  });

  it.each(UNSEEN_TEXTS)('refuses %j: nothing would be seen', text => {
    expect(sent({ author: 'ann', text })).toMatchObject({
      status: 422,
      code: 'text-missing',
      detail: expect.stringMatching(/^a post needs a/),
    });
  });

  it.each(SEEN_TEXTS)('takes %j for a text', text => {
    expect(sent({ author: 'ann', text })).toMatchObject({ text });
  });

  it.each([7, true, null, ['hi'], { a: 'b' }])('refuses %j as an author and as a text', value => {
    expect(sent({ author: value, text: 'hi' })).toEqual(refusal('q1', 'author-invalid', 'author must be a string'));
    expect(sent({ author: 'ann', text: value })).toEqual(refusal('q1', 'text-invalid', 'text must be a string'));
  });

  it('takes nothing else from the body', () => {
    const body = { text: 'hi', id: 'x', room: 'secret', from: 'elsewhere', form: 'api', key: 'k', seq: 1 };
    expect(sent(body)).toEqual({
      id: 'q1',
      room: 'lobby',
      form: 'gochat',
      author: 'anonymous',
      text: 'hi',
      from: 'somewhere',
      who: SOMEBODY,
    });
  });

  it('lets only packets out', async () => {
    const node = await NodeHarness.start(getComponent());
    const made = await node.ask('in', question({ body: { text: 'hi' }, key: 'k1' }));
    const refused = await node.ask('in', question(), 'refused');
    expect([made, refused].flatMap(packet => flaws(packet))).toEqual([]);
  });
});
