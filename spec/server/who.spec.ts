import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { guest } from '../../src/model/who.ts';
import { Edge, headersOf } from '../support/edge.ts';
import { Line } from '../support/wire.ts';

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
