import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Chat, until } from '../support/chat.ts';
import { Line, Wire } from '../support/wire.ts';

let chat: Chat;
let line: Line;
let rooms = 0;
const lines: Line[] = [];
beforeAll(async () => {
  chat = await Chat.start();
});
afterAll(() => chat.stop());
afterEach(() => {
  for (const one of lines.splice(0)) one.drop();
});

const newRoom = () => `room-${++rooms}`;
async function open(): Promise<Line> {
  line = await Line.open(chat.origin);
  lines.push(line);
  return line;
}

describe('a WebSocket', () => {
  it('is told first which version it speaks to, so that a page can see that it is out of date', async () => {
    await open();
    await until(() => line.hello !== undefined);
    expect(line.hello).toEqual({
      type: 'hello',
      version: expect.stringMatching(/^\d+\.\d+\.\d+(\+[\da-f]{8})?$/),
      about: expect.objectContaining({ title: 'flowchat', revision: 1, can: expect.arrayContaining(['post']) }),
    });
  });

  it('is told what there is whenever that has changed, as event streams are, and not when it has not', async () => {
    const { next } = bound(await open());
    await until(() => line.hello !== undefined);
    const stream = new Wire(chat.port, 'GET /api/rooms/told/events HTTP/1.1', 'Host: localhost');
    await stream.says('\r\n\r\n3\r\n:\n\n\r\n');
    const known = async () => {
      const { who: _, ...about } = (await (await fetch(`${chat.origin}/api/about`)).json()) as Record<string, unknown>;
      return about;
    };
    await chat.republish({ MAXTEXT: '90', MAXROOMS: '90' });
    const first = await known();
    expect(first).toMatchObject({ limits: { text: 90 } });
    expect(await next()).toEqual({ type: 'about', ...first });
    await stream.says(`event: about\ndata: ${JSON.stringify(first)}\n\n`);
    await chat.republish({ MAXTEXT: '90', MAXROOMS: '91' });
    expect((await known()).revision).toBeGreaterThan(Number(first.revision));
    await chat.republish({ MAXTEXT: '91' });
    expect(await next()).toMatchObject({ type: 'about', limits: { text: 91 } });
    expect(stream.text).not.toMatch(/^id:/m);
    expect(stream.text.match(/event: about/g)?.length).toBeLessThanOrEqual(2);
    stream.socket.destroy();
    await open();
    await until(() => line.hello !== undefined);
    expect(line.hello).toMatchObject({ about: { limits: { text: 91 } } });
    await chat.republish();
  });

  it('hears what is said in the rooms that it is subscribed to, and where it stands', async () => {
    const { ask, next } = bound(await open());
    const [here, there] = [newRoom(), newRoom()];
    const after = await chat.cursor(here);
    expect(await ask({ type: 'subscribe', room: here, after })).toEqual({
      type: 'subscribed',
      room: here,
      cursor: after,
    });
    expect(await ask({ type: 'subscribe', room: there })).toEqual({ type: 'subscribed', room: there });
    const first = await chat.post(here, 'é "quoted"\n\u2028');
    expect(await next()).toEqual({ type: 'message', cursor: after.replace(/\d+$/, '1'), ...first });
    const second = await chat.post(there, 'x'.repeat(4000));
    expect(await next()).toMatchObject({ type: 'message', ...second });
    line.say({ type: 'unsubscribe', room: here });
    await chat.post(here, 'nobody hears');
    await chat.post(there, 'one hears');
    expect(await next()).toMatchObject({ type: 'message', room: there, text: 'one hears' });
  });

  it('has its message kept once under its key, however often and in whatever way it is sent', async () => {
    const { ask } = bound(await open());
    const room = newRoom();
    const send = { type: 'send', key: 'k1', room, author: 'ann', text: 'hi' };
    expect(await ask(send)).toEqual({ type: 'ack', key: 'k1', room, seq: 1 });
    expect(await ask(send)).toEqual({ type: 'ack', key: 'k1', room, seq: 1 });
    expect(await chat.post(room, 'hi', { key: 'k1' })).toMatchObject({ seq: 1 });
    expect(await chat.post(room, 'and', { key: 'k2' })).toMatchObject({ seq: 2 });
    expect(await ask({ ...send, key: 'k2', text: 'and' })).toMatchObject({ type: 'ack', key: 'k2', seq: 2 });
    expect(await ask({ ...send, text: 'other' })).toMatchObject({ type: 'error', key: 'k1', room, status: 422 });
    await expect(chat.post(room, 'other', { key: 'k1' })).rejects.toThrow('422');
    expect(await ask({ ...send, room: newRoom() })).toMatchObject({ type: 'ack', seq: 1 });
    expect((await chat.cursor(room)).split(':')[1]).toBe('2');
  });

  it('acknowledges under the right key, however many are sent at once', async () => {
    const { say, next } = bound(await open());
    const room = newRoom();
    for (let i = 0; i < 50; i++) say({ type: 'send', key: `k${i}`, room, author: 'ann', text: 'hi' });
    for (let i = 0; i < 50; i++) expect(await next()).toEqual({ type: 'ack', key: `k${i}`, room, seq: i + 1 });
  });

  it('hears its own message as everybody does', async () => {
    const { ask, next } = bound(await open());
    const room = newRoom();
    await ask({ type: 'subscribe', room });
    line.say({ type: 'send', key: 'k', room, author: 'ann', text: 'hi' });
    const said = [await next(), await next()];
    expect(said.map(({ type }) => type).sort()).toEqual(['ack', 'message']);
  });

  it('is told what a rule of the graph says, and by which node', async () => {
    const { ask } = bound(await open());
    const room = newRoom();
    const send = { type: 'send', key: 'k', room, author: 'ann' };
    expect(await ask({ ...send, text: ' ' })).toMatchObject({
      type: 'error',
      key: 'k',
      room,
      status: 422,
      node: 'sender',
    });
    expect(await ask({ ...send, text: 'x'.repeat(9000) })).toMatchObject({
      type: 'error',
      key: 'k',
      status: 422,
      node: 'check',
    });
    expect(await ask(send)).toMatchObject({ type: 'error', key: 'k', status: 422 });
    expect(await ask({ ...send, author: 7, text: 'hi' })).toMatchObject({ type: 'error', key: 'k', status: 422 });
    expect(await ask({ ...send, text: 'hi' })).toMatchObject({ type: 'ack', seq: 1 });
  });

  it('does one after the other what it is told of rooms', async () => {
    const { say, ask, next } = bound(await open());
    const [left, back] = [newRoom(), newRoom()];
    say({ type: 'subscribe', room: left });
    say({ type: 'unsubscribe', room: left });
    say({ type: 'subscribe', room: back, after: await chat.cursor(back) });
    say({ type: 'unsubscribe', room: back });
    say({ type: 'subscribe', room: back });
    for (const room of [left, back, back]) expect(await next()).toMatchObject({ type: 'subscribed', room });
    await chat.post(left, 'nobody hears');
    await chat.post(back, 'one hears');
    expect(await next()).toMatchObject({ type: 'message', room: back });
    expect(await ask({ type: 'subscribe', room: left, after: await chat.cursor(left) })).toMatchObject({ room: left });
  });

  it('catches up in many rooms at once, each in order', async () => {
    const { say, next } = bound(await open());
    const all = Array.from({ length: 5 }, newRoom);
    const after = await chat.cursor(all[0]!);
    for (const room of all) for (let i = 0; i < 3; i++) await chat.post(room, 'hi');
    for (const room of all) say({ type: 'subscribe', room, after });
    const heard = new Map<string, number[]>(all.map(room => [room, []]));
    for (let i = 0; i < 4 * all.length; i++) {
      const { type, room, seq } = await next();
      if (type === 'message') heard.get(room as string)!.push(seq as number);
    }
    expect([...heard.values()]).toEqual(all.map(() => [1, 2, 3]));
  });
});

const bound = (one: Line) => ({
  say: (content: unknown) => one.say(content),
  ask: (content: unknown) => one.ask(content),
  next: () => one.next(),
});
