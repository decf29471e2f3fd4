import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { guest } from '../../src/model/who.ts';
import { until } from '../support/chat.ts';
import { Edge, headersOf } from '../support/edge.ts';
import { Line, Wire } from '../support/wire.ts';

let edge: Edge;
let rooms = 0;
const lines: Line[] = [];
beforeAll(async () => {
  edge = await Edge.start();
});
afterAll(() => edge.stop());
afterEach(async () => {
  for (const line of lines.splice(0)) line.drop();
  await edge.publish('guest');
});

const newRoom = () => `room-${++rooms}`;
const messages = (room: string) => `/api/rooms/${room}/messages`;
const last = () => edge.asked.at(-1)!;

async function open(as = '', from?: string): Promise<Line> {
  const line = await Line.open(edge.origin, headersOf(as, from));
  lines.push(line);
  return line;
}

const FORGED = { kind: 'person', id: 'p-ann', name: 'ann', role: 'owner' };

describe('an error of the server that nobody expected', () => {
  it('is answered as any refusal is, and its log says what it was', async () => {
    const fault = new Error('odd');
    edge.accounts.fault = fault;
    const response = await edge.ask(messages(newRoom())).finally(() => {
      edge.accounts.fault = undefined;
    });
    expect(response.headers.get('Content-Type')).toBe('application/problem+json');
    expect(await response.json()).toEqual({
      title: 'Internal Server Error',
      status: 500,
      code: 'server-failed',
      detail: 'the server failed, and its log says why; try again',
    });
    expect(edge.failures.splice(0)).toEqual([fault]);
    expect((await edge.ask(messages(newRoom()))).status).toBe(200);
  });
});

describe('who asks', () => {
  it('is a guest with the id of their address, where nothing proves otherwise', async () => {
    await edge.ask(messages(newRoom()));
    expect(last().who).toEqual(guest(last().from));
    expect(Object.isFrozen(last().who)).toBe(true);
  });

  it('is the person whose session it is, on whichever transport', async () => {
    const { who } = edge.accounts.person('ann', 'moderator');
    const room = newRoom();
    await edge.ask(messages(room), { as: 'ann' });
    expect(last().who).toBe(who);
    const line = await open('ann');
    await line.ask({ type: 'subscribe', room });
    expect(last()).toMatchObject({ path: `/api/rooms/${room}/events`, who });
    await line.ask({ type: 'send', key: 'k1', room, text: 'hi' });
    expect(last()).toMatchObject({ method: 'POST', who });
  });

  it('is told neither by body nor by query, nor by a header or a frame', async () => {
    const room = newRoom();
    const text = JSON.stringify(FORGED);
    const query = `?${new URLSearchParams({ who: text, 'who[role]': 'owner', role: 'owner', kind: 'person' })}`;
    const headers = { 'Content-Type': 'application/json', Who: text, 'X-Who': text, From: 'p-ann' };
    const body = JSON.stringify({ who: FORGED, from: 'p-ann', author: 'ann', text: 'hi', __proto__: { who: FORGED } });
    await edge.ask(messages(room) + query, { method: 'POST', headers, body });
    expect(last()).toMatchObject({ method: 'POST', who: guest(last().from) });
    const form = { method: 'POST', body: new URLSearchParams({ who: text, text: 'hi' }) };
    await edge.ask(`/chat${query}`, form);
    expect(last()).toMatchObject({ path: '/chat', who: guest(last().from) });
    const line = await open();
    await line.ask({ type: 'send', key: 'k1', room, text: 'hi', who: FORGED, from: 'p-ann' });
    expect(last()).toMatchObject({ key: 'k1', who: guest(last().from) });
    await line.ask({ type: 'subscribe', room, who: FORGED });
    expect(last()).toMatchObject({ method: 'GET', who: guest(last().from) });
  });

  it('goes by what they may do now, on a connection that is open', async () => {
    const ann = edge.accounts.person('gus');
    const [line, room] = [await open('gus'), newRoom()];
    await line.ask({ type: 'send', key: 'k1', room, text: 'hi' });
    edge.accounts.change(ann, 'owner');
    await line.ask({ type: 'send', key: 'k2', room, text: 'hi' });
    expect(last()).toMatchObject({ key: 'k2', who: { id: 'p-gus', role: 'owner' } });
  });
});

describe('a long poll', () => {
  it('is asked again as who waits by then', async () => {
    const bob = edge.accounts.person('bob');
    const room = newRoom();
    await edge.publish('member');
    await edge.post(room, 'one');
    const { cursor } = (await (await edge.ask(messages(room), { as: 'bob' })).json()) as { cursor: string };
    const before = edge.asked.length;
    const waiting = edge.ask(`${messages(room)}?after=${cursor}&wait=20`, { as: 'bob' });
    while (edge.asked.length < before + 2) await new Promise(setImmediate);
    edge.accounts.change(bob, 'guest');
    await edge.post(room, 'nothing for bob');
    const answer = await waiting;
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({
      code: 'not-allowed',
      detail: expect.stringMatching(/not for a guest/),
    });
  });
});

describe('a subscription', () => {
  const cursor = async (room: string) =>
    ((await (await edge.ask(messages(room), { as: 'owner' })).json()) as { cursor: string }).cursor;

  it('ends on each transport with the reason when its caller may not hear it any more; others go on', async () => {
    const [room, other] = [newRoom(), newRoom()];
    edge.accounts.person('owner', 'owner');
    const [dan] = [edge.accounts.person('dan'), edge.accounts.person('cal')];
    await edge.publish('member');
    for (const each of [room, other]) await edge.post(each, 'one');
    const after = await cursor(room);
    const stream = (as: string) => {
      const headers = Object.entries(headersOf(as)).map(([name, value]) => `${name}: ${value}`);
      return new Wire(
        edge.port,
        `GET /api/rooms/${room}/events?after=${after} HTTP/1.1`,
        'Host: localhost',
        ...headers,
      );
    };
    const [hers, his] = [stream('dan'), stream('cal')];
    const [line, stays] = [await open('dan'), await open('cal')];
    for (const each of [line, stays]) await each.ask({ type: 'subscribe', room, after });
    const poll = edge.ask(`${messages(room)}?after=${after}&wait=20`, { as: 'dan' });
    await until(() => edge.hub.counts.subscriptions === 5);
    for (const wire of [hers, his]) await wire.says('\n\n');

    edge.accounts.change(dan, 'guest');
    const refused = { code: 'not-allowed', detail: expect.stringMatching(/ is for a member, not for a guest$/) };
    await hers.closed();
    expect(JSON.parse(/event: error\ndata: (.*)\n/.exec(hers.text)![1]!)).toEqual(refused);
    expect(await line.next()).toMatchObject({ type: 'error', room, status: 403, node: 'door', ...refused });
    const answer = await poll;
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject(refused);

    await edge.post(room, 'two');
    await his.says('"text":"two"');
    expect(await stays.next()).toMatchObject({ type: 'message', text: 'two' });
    expect(hers.text).not.toContain('two');
    // The connection stays, and hears what it may.
    expect(await line.ask({ type: 'subscribe', room })).toMatchObject({ type: 'error', room, ...refused });
    edge.accounts.change(dan, 'member');
    expect(await line.ask({ type: 'subscribe', room, after })).toMatchObject({ type: 'subscribed' });
    expect(await line.next()).toMatchObject({ type: 'message', text: 'two' });
    his.socket.destroy();
  });

  it('is over when a caller hangs up, also as soon as the request is sent', async () => {
    const room = newRoom();
    edge.accounts.person('owner', 'owner');
    await edge.post(room, 'one');
    const request = `GET ${messages(room)}?after=${await cursor(room)}&wait=30 HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const before = edge.hub.counts.subscriptions;
    for (let i = 0; i < 20; i++) {
      const socket = connect(edge.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(request, () => socket.resetAndDestroy());
    }
    // Answered after what came before it.
    await edge.ask(messages(room));
    // Long before they have waited for 30 s.
    const begun = performance.now();
    await until(() => edge.hub.counts.subscriptions === before);
    expect(performance.now() - begun).toBeLessThan(25_000);
  });

  it('catches up as who subscribed, not as the server', async () => {
    const room = newRoom();
    edge.accounts.person('owner', 'owner');
    await edge.publish('owner');
    for (const text of ['one', 'two']) await edge.post(room, text);
    const after = (await cursor(room)).replace(/\d+$/, '0');
    const line = await open('owner');
    await line.ask({ type: 'subscribe', room, after });
    for (const text of ['one', 'two']) expect(await line.next()).toMatchObject({ type: 'message', text });
    const reads = edge.asked.filter(({ path }) => path === `/api/rooms/${room}/entries`);
    expect(reads.length).toBeGreaterThan(0);
    for (const { who, from } of reads) {
      expect(who).toMatchObject({ id: 'p-owner' });
      expect(from).toBe(last().from);
    }
  });

  it('ends when a revision of the graph refuses it, and goes on where it does not', async () => {
    const room = newRoom();
    edge.accounts.person('owner', 'owner');
    const [guest, owner] = [await open(), await open('owner')];
    for (const line of [guest, owner]) await line.ask({ type: 'subscribe', room });
    await edge.publish('owner');
    await edge.hub.recheckAll();
    expect(await guest.next()).toMatchObject({ type: 'error', room, code: 'not-allowed', node: 'door' });
    await edge.post(room, 'hi');
    expect(await owner.next()).toMatchObject({ type: 'message', text: 'hi' });
    await edge.publish('guest');
    expect(await guest.ask({ type: 'subscribe', room })).toMatchObject({ type: 'subscribed' });
  });
});

describe('the questions of subscribers', () => {
  it('are shared by guests who miss the same, from however many addresses', async () => {
    const room = newRoom();
    await edge.post(room, 'one');
    const { cursor } = (await (await edge.ask(messages(room))).json()) as { cursor: string };
    for (let i = 0; i < 40; i++) await (await open('', `192.0.2.${i}`)).ask({ type: 'subscribe', room, after: cursor });
    await until(() => edge.hub.counts.subscriptions === 40);
    await new Promise(setImmediate);
    const before = edge.asked.length;
    const [epoch] = cursor.split(':');
    const data = { room, seq: 3, id: 'm3', author: 'ann', text: 'three', at: '' };
    edge.hub.push({ topic: `room/${room}`, seq: 3, cursor: `${epoch}:3`, event: 'message', data });
    await until(() => edge.asked.length > before);
    await new Promise(setImmediate);
    expect(edge.asked.slice(before).every(({ path }) => path.endsWith('/entries'))).toBe(true);
    expect(edge.asked.length - before).toBeLessThanOrEqual(2);
  });
});
