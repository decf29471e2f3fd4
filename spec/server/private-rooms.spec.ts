import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type DirectoryRecord, recordOf } from '../../src/model/directory.ts';
import { open, setDataFolder } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { until } from '../support/chat.ts';
import { Edge, headersOf } from '../support/edge.ts';
import { leavesNoTrace } from '../support/private-rooms.ts';
import { folder } from '../support/server.ts';
import { Line, Wire } from '../support/wire.ts';

let edge: Edge;
let store: Store;
let board = '';
const lines: Line[] = [];

beforeAll(async () => {
  edge = await Edge.start();
  store = open('memory:chat');
  await write(
    ...['ann', 'bob', 'cal'].map(name =>
      recordOf.person({ id: `p-${name}`, kind: 'person', name, role: 'member', made: 1 }),
    ),
  );
  for (const name of ['ann', 'bob', 'cal']) edge.accounts.person(name);
  const made = await asked('ann', 'POST', '/api/rooms', { name: 'board', kind: 'private', title: 'The board' });
  board = ((await made.json()) as { room: string }).room;
  await asked('ann', 'PUT', `/api/rooms/${board}/members/p-bob`);
  await asked('ann', 'POST', `/api/rooms/${board}/messages`, { text: 'the secret' });
});
afterAll(async () => {
  await store.close();
  await edge.stop();
});
afterEach(() => {
  for (const line of lines.splice(0)) line.drop();
});

const write = async (...records: DirectoryRecord[]) =>
  (await store.directory()).change(() => ({ records, result: undefined }));

function asked(as: string, method: string, path: string, body?: object): Promise<Response> {
  const sent = body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  return edge.ask(path, { as, method, ...sent });
}

const told = async (as: string, path: string) => (await asked(as, 'GET', path)).text();

async function opened(as: string): Promise<Line> {
  const line = await Line.open(edge.origin, headersOf(as));
  lines.push(line);
  return line;
}

describe('a private room', () => {
  it('is read, heard and listed by those who are in it', async () => {
    expect(JSON.parse(await told('bob', `/api/rooms/${board}/messages`))).toMatchObject({
      messages: [{ text: 'the secret', author: 'ann' }],
    });
    expect(JSON.parse(await told('bob', '/api/rooms'))).toMatchObject({
      rooms: [{ room: board, title: 'The board', kind: 'private', newest: 1 }],
    });
    expect(JSON.parse(await told('bob', `/api/rooms/${board}/members`))).toMatchObject({
      members: [{ name: 'ann' }, { name: 'bob' }],
    });
    const line = await opened('bob');
    expect(await line.ask({ type: 'subscribe', room: board })).toMatchObject({ type: 'subscribed' });
  });

  it('is hidden whichever way a question takes: a node that leads round the rules reads no more than they may', async () => {
    const { runtime } = edge.flowing;
    const before = runtime.live!;
    const { CHAT } = await import('../support/graphs.ts');
    const text = `${CHAT.replace('INPORT=admit.IN', 'INPORT=latest.IN')}
'GET /latest/:room' -> PATTERN latest(chat/Route) MATCH -> IN controller
latest ELSE -> IN admit
`;
    await edge.flowing.publish(text);
    expect(runtime.live).not.toBe(before);
    expect(await told('cal', `/latest/${board}`)).toContain('room-not-found');
    expect(await told('bob', `/latest/${board}`)).toContain('the secret');
    await edge.publish('guest');
  });

  it('ends on each transport for who is taken out of it, within a moment, and goes on for others', async () => {
    const { cursor } = JSON.parse(await told('bob', `/api/rooms/${board}/messages`)) as { cursor: string };
    const hers = new Wire(
      edge.port,
      `GET /api/rooms/${board}/events?after=${cursor} HTTP/1.1`,
      'Host: localhost',
      ...Object.entries(headersOf('bob')).map(([name, value]) => `${name}: ${value}`),
    );
    const [line, stays] = [await opened('bob'), await opened('ann')];
    for (const each of [line, stays]) await each.ask({ type: 'subscribe', room: board, after: cursor });
    const poll = asked('bob', 'GET', `/api/rooms/${board}/messages?after=${cursor}&wait=20`);
    await hers.says('\n\n');
    await until(() => edge.hub.counts.subscriptions === 4);
    expect((await asked('ann', 'DELETE', `/api/rooms/${board}/members/p-bob`)).status).toBe(204);
    // The edge hears of it from the directory, as src/accounts does.
    edge.accounts.change(edge.accounts.person('bob'), 'member');
    await hers.closed();
    expect(hers.text).toMatch(/event: error\ndata: .*room-not-found/);
    expect(await line.next()).toMatchObject({ type: 'error', room: board, code: 'room-not-found' });
    expect((await poll).status).toBe(404);
    await asked('ann', 'POST', `/api/rooms/${board}/messages`, { text: 'only us' });
    expect(await stays.next()).toMatchObject({ type: 'message', text: 'only us' });
    expect(hers.text).not.toContain('only us');
    await asked('ann', 'PUT', `/api/rooms/${board}/members/p-bob`);
    expect(await told('bob', `/api/rooms/${board}/messages`)).toContain('only us');
  });
});

describe('what a person writes', () => {
  it('is by their account, whatever they call themselves, and is changed by nobody else', async () => {
    const posted = await asked('cal', 'POST', '/api/rooms/lobby/messages', { author: 'ann', text: 'hi' });
    const { id, author } = (await posted.json()) as { id: string; author: string };
    expect(author).toBe('cal');
    const path = `/api/rooms/lobby/messages/${id}`;
    expect((await asked('ann', 'PATCH', path, { text: 'ho' })).status).toBe(403);
    const forged = await edge.ask(path, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json', 'Owner-Key': 'person:p-cal' },
      body: JSON.stringify({ text: 'ho' }),
    });
    expect(forged.status).toBe(403);
    expect((await asked('cal', 'PATCH', path, { text: 'ho' })).status).toBe(200);
    edge.accounts.change(edge.accounts.person('ann'), 'moderator');
    expect((await asked('ann', 'PATCH', path, { text: 'no' })).status).toBe(403);
    expect((await asked('ann', 'DELETE', path)).status).toBe(200);
    edge.accounts.change(edge.accounts.person('ann'), 'member');
  });
});

const { path: data, remove } = folder();
setDataFolder(data);
afterAll(remove);

leavesNoTrace('memory:private');
leavesNoTrace('sqlite:private.db');
