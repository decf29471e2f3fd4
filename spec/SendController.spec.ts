import { describe, expect, it } from '@jest/globals';
import { getComponent, post } from '../components/SendController.ts';
import { flaws, Node, question } from './support/node.ts';

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
    });
  });

  it('makes a post to the room that the question names, with its key', () => {
    const asked = question({ body: { text: 'hi' }, key: 'k1', params: { room: 'constructor' } });
    expect(post(asked)).toMatchObject({ id: 'q1', room: 'constructor', form: 'api', key: 'k1' });
  });

  it.each([{}, { author: '' }, { author: ' \t\n' }])('names a post with %j anonymous', author => {
    expect(sent({ ...author, text: 'hi' })).toMatchObject({ author: 'anonymous' });
  });

  it('trims author and text, and keeps what is between', () => {
    expect(sent({ author: ' ann  b ', text: '\n a\n\n b \n' })).toMatchObject({ author: 'ann  b', text: 'a\n\n b' });
  });

  it.each([{}, { text: '' }, { text: '  ' }, { text: '\n\t\u00a0\u2003' }])('refuses %j: there is no text', text => {
    expect(sent({ author: 'ann', ...text })).toEqual({ id: 'q1', status: 422, detail: 'a post needs a text' });
  });

  it.each([7, true, null, ['hi'], { a: 'b' }])('refuses %j as an author and as a text', value => {
    expect(sent({ author: value, text: 'hi' })).toEqual({ id: 'q1', status: 422, detail: 'author must be a string' });
    expect(sent({ author: 'ann', text: value })).toEqual({ id: 'q1', status: 422, detail: 'text must be a string' });
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
    });
  });

  it('lets only packets out', async () => {
    const node = await Node.start(getComponent());
    const made = await node.ask('in', question({ body: { text: 'hi' }, key: 'k1' }));
    const refused = await node.ask('in', question(), 'refused');
    expect([made, refused].flatMap(packet => flaws(packet))).toEqual([]);
  });
});
