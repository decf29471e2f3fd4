import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Chat } from '../support/chat.ts';
import { LOG_TRANSPORTS } from '../support/transports.ts';
import { Line } from '../support/wire.ts';

// What is edited and removed, and who may.

let chat: Chat;
let room: string;
let rooms = 0;
const MINE = { 'Owner-Key': 'my own key' };

beforeAll(async () => {
  chat = await Chat.start({ MAXTEXT: '40' });
});
beforeEach(() => {
  room = `entries-${++rooms}`;
});
afterAll(() => chat.stop());

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: specs look at what they expect to be there.
  readonly body: any;
}

async function ask(method: string, path: string, headers: Record<string, string> = {}, body?: object): Promise<Answer> {
  const init = body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } };
  const response = await fetch(`${chat.origin}/api/rooms/${room}/${path}`, { method, headers, ...init });
  return { status: response.status, body: await response.json() };
}
const edit = (id: string, text: unknown, headers: Record<string, string> = MINE) =>
  ask('PATCH', `messages/${id}`, headers, { text });
const remove = (id: string, headers: Record<string, string> = MINE) => ask('DELETE', `messages/${id}`, headers);
const post = async (text: string, headers: Record<string, string> = MINE) =>
  (await ask('POST', 'messages', headers, { author: 'ann', text })).body;

describe('an edit', () => {
  it('gives the message as it is now, to who asks and to who reads', async () => {
    const message = await post('hi');
    const { status, body } = await edit(message.id, ' ho ');
    expect(status).toBe(200);
    expect(body).toEqual({ ...message, text: 'ho', edited: expect.stringMatching(/^20.*Z$/) });
    expect((await ask('GET', 'messages')).body).toMatchObject({
      messages: [body],
      cursor: expect.stringMatching(/:2$/),
    });
    const { entries, cursor } = (await ask('GET', 'entries')).body;
    expect(cursor).toMatch(/:2$/);
    expect(entries).toEqual([
      { seq: 1, id: message.id, kind: 'message', at: message.at, message: body },
      { seq: 2, id: expect.any(String), kind: 'edit', about: message.id, at: body.edited, message: body },
    ]);
  });

  it.each<[string, unknown, number, string]>([
    ['no text', ' ', 422, 'text-missing'],
    ['what is no text', 7, 422, 'text-invalid'],
    ['more than MAXTEXT allows', 'x'.repeat(41), 422, 'text-too-long'],
  ])('to %s is refused as a post is', async (_, text, status, code) => {
    const { id } = await post('hi');
    expect(await edit(id, text)).toMatchObject({ status, body: { code } });
    expect((await ask('GET', 'entries')).body.entries).toHaveLength(1);
  });
});

describe('a removal', () => {
  it('leaves the place, and no text in any answer', async () => {
    const [first, second] = [await post('unspeakable'), await post('said')];
    await edit(first.id, 'unspeakable still');
    const { text: _, ...rest } = first;
    expect(await remove(first.id)).toMatchObject({ status: 200, body: { ...rest, removed: true } });
    const answers = await Promise.all([
      ask('GET', 'messages'),
      ask('GET', 'messages?before=x:9'),
      ask('GET', 'entries?after=x:0'),
      ask('GET', `entries?after=${(await chat.cursor(room)).split(':')[0]}:0`),
      ask('POST', 'messages', { ...MINE, 'Idempotency-Key': 'k' }, { author: 'ann', text: 'other' }),
    ]);
    expect(JSON.stringify(answers)).not.toContain('unspeakable');
    expect(answers[0]!.body.messages).toMatchObject([
      { id: first.id, removed: true },
      { id: second.id, text: 'said' },
    ]);
  });

  it('is not in gochat\u2019s list, and a retry of the post gives it as removed', async () => {
    room = 'lobby';
    const keyed = { ...MINE, 'Idempotency-Key': 'once' };
    const { id } = await post('unspeakable', keyed);
    await remove(id);
    const list = await (await fetch(`${chat.origin}/chat?since=0`)).text();
    expect(list).not.toContain('unspeakable');
    expect(list).not.toContain('"Text":""');
    const again = await post('unspeakable', keyed);
    expect(again).toMatchObject({ id, removed: true });
    expect(again).not.toHaveProperty('text');
  });

  it.each(LOG_TRANSPORTS)('is told, without the text, to who comes later by $name', async transport => {
    const [cursor, { id }] = [await chat.cursor(room), await post('unspeakable')];
    await edit(id, 'unspeakable still');
    await remove(id);
    const told: unknown[] = [];
    await new Promise<void>(resolve => {
      const connection = transport.hear(chat.origin, room, cursor, one => {
        if (told.push(one) < 3) return;
        connection.drop();
        resolve();
      });
    });
    expect(told).toMatchObject([1, 2, 3].map(seq => ({ seq, message: { id, removed: true } })));
    expect(JSON.stringify(told)).not.toContain('unspeakable');
  });
});

/** Removes a message as if it were of another room. */
function elsewhere(id: string): Promise<Answer> {
  room = `${room}-other`;
  return remove(id);
}

describe('what is not one\u2019s own', () => {
  it.each<[string, (ids: Record<'mine' | 'nobodys' | 'gone', string>) => Promise<Answer>, number, string]>([
    ['somebody else\u2019s', ({ mine }) => edit(mine, 'x', { 'Owner-Key': 'another key' }), 403, 'not-yours'],
    ['nobody\u2019s', ({ nobodys }) => remove(nobodys), 403, 'not-yours'],
    ['one\u2019s own, without the key', ({ mine }) => remove(mine, {}), 403, 'not-yours'],
    ['what is not there', () => remove('7c4eb0a3-4897-4d73-882d-89bb2e259cb6'), 404, 'message-not-found'],
    ['what was removed', ({ gone }) => edit(gone, 'x'), 409, 'message-removed'],
    ['what was removed already', ({ gone }) => remove(gone), 409, 'message-removed'],
    ['another room\u2019s', ({ mine }) => elsewhere(mine), 404, 'message-not-found'],
    ['with a key too short', ({ mine }) => remove(mine, { 'Owner-Key': '1234567' }), 400, 'key-invalid'],
    ['with a key too long', ({ mine }) => remove(mine, { 'Owner-Key': 'k'.repeat(201) }), 400, 'key-invalid'],
  ])('stays: %s', async (_, change, status, code) => {
    const ids = { mine: (await post('mine')).id, nobodys: (await post('x', {})).id, gone: (await post('gone')).id };
    await remove(ids.gone);
    const there = room;
    const before = (await ask('GET', 'entries')).body;
    expect(await change(ids)).toMatchObject({ status, body: { code } });
    room = there;
    expect((await ask('GET', 'entries')).body).toEqual(before);
  });
});

describe('a socket', () => {
  it('edits and removes as HTTP does, also at once with it: one of two removals is', async () => {
    const line = await Line.open(chat.origin);
    const frame = { room, owner: 'my own key' };
    await line.ask({ type: 'send', key: 'k1', author: 'ann', text: 'hi', ...frame });
    const [{ id }] = (await ask('GET', 'messages')).body.messages;
    expect(await line.ask({ type: 'edit', key: 'k2', id, text: 'ho', ...frame })).toMatchObject({
      type: 'ack',
      key: 'k2',
      seq: 1,
    });
    expect((await ask('GET', 'messages')).body.messages).toMatchObject([{ id, text: 'ho' }]);
    const [one, other] = await Promise.all([line.ask({ type: 'remove', key: 'k3', id, ...frame }), remove(id)]);
    const done = [(one as { type: string }).type === 'ack', other.status === 200];
    expect(done.toSorted()).toEqual([false, true]);
    expect(await line.ask({ type: 'edit', key: 'k4', id, text: 'x', ...frame })).toMatchObject({
      type: 'error',
      key: 'k4',
      code: 'message-removed',
    });
    line.drop();
  });

  it.each([
    [{ type: 'edit', key: 'k', text: 'x' }, 'frame-invalid'],
    [{ type: 'remove', key: 'k', id: 7 }, 'frame-invalid'],
    [{ type: 'remove', id: 'x' }, 'frame-invalid'],
    [{ type: 'remove', key: 'k', id: 'x', owner: 'short' }, 'frame-invalid'],
    [{ type: 'remove', key: 'k', id: 'x', owner: 'long enough' }, 'message-not-found'],
  ])('says what is wrong with %j', async (frame, code) => {
    const line = await Line.open(chat.origin);
    expect(await line.ask({ room, ...frame })).toMatchObject({ type: 'error', room, code });
    line.drop();
  });
});

describe('a graph without the wires', () => {
  it('has no such path', async () => {
    const gochat = await Chat.start({}, { GRAPH: 'graphs/gochat.fbp' });
    const response = await fetch(`${gochat.origin}/api/rooms/tea/messages/x`, { method: 'DELETE' });
    expect(response.status).toBe(404);
    await gochat.stop();
  });
});
