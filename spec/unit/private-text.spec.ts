import { describe, expect, it } from '@jest/globals';
import { withoutPrivateText } from '../../src/editor/watch/private-text.ts';

const isPrivate = (name: string) => name === 'board-x1' || name === 'dm-0123456789abcdef';
const shown = (data: unknown) => withoutPrivateText(data, isPrivate);

describe('a packet of a private room', () => {
  it('has the length of each text in its place, whichever field names the room', () => {
    expect(shown({ room: 'board-x1', text: 'secret', author: 'ann' })).toEqual({
      room: 'board-x1',
      text: '(6 characters)',
      author: 'ann',
    });
    const path = '/api/rooms/dm-0123456789abcdef/messages';
    expect(shown({ id: 'q1', path, body: { text: 'x' } })).toEqual({ id: 'q1', path, body: { text: '(1 character)' } });
    expect(shown({ topic: 'room/board-x1', data: { text: ['secret', 'more'] } })).toEqual({
      topic: 'room/board-x1',
      data: { text: ['(6 characters)', '(4 characters)'] },
    });
  });

  it('is looked into where it holds JSON, and shown as its length where that is broken off', () => {
    const body = JSON.stringify({
      messages: [
        { room: 'board-x1', text: 'secret' },
        { room: 'lobby', text: 'hi' },
      ],
    });
    expect(shown({ body })).toEqual({ body: body.replace('secret', '(6 characters)').replace('hi', '(2 characters)') });
    expect(shown({ body: body.slice(0, 50) })).toEqual({ body: '(50 characters)' });
  });

  it('is as it was if it is of other rooms, or of none', () => {
    for (const data of [{ room: 'lobby', text: 'hi' }, { room: 'board-x2', text: 'hi' }, 'text', null, 7, [{}]])
      expect(shown(data)).toBe(data);
  });
});
