import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { folder, type Server, start } from '../support/server.ts';
import { ROOT } from '../support/source.ts';

interface Message {
  readonly room: string;
  readonly seq: number;
  readonly id: string;
  readonly author: string;
  readonly text: string;
  readonly at: string;
}

interface Page {
  readonly messages: readonly Message[];
  readonly cursor: string;
  readonly gap: boolean;
}

const { path: data, remove } = folder();
let server: Server;

beforeAll(async () => {
  server = await start(data);
});

afterAll(async () => {
  await server.stop();
  remove();
});

/** Posts to a room with the headers that are given; the answer, whatever it is. */
function send(room: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return server.ask(`/api/rooms/${room}/messages`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

async function kept(room: string, body: unknown, headers?: Record<string, string>): Promise<Message> {
  const answer = await send(room, body, headers);
  expect(answer.status).toBe(201);
  expect(answer.headers.get('Content-Type')).toMatch(/^application\/json\b/);
  return (await answer.json()) as Message;
}

async function read(room: string, search = ''): Promise<Page> {
  const answer = await server.ask(`/api/rooms/${room}/messages${search}`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Page;
}

async function filled(room: string, count: number): Promise<readonly Message[]> {
  const sent: Message[] = [];
  for (let i = 1; i <= count; i++) sent.push(await kept(room, { author: room, text: `${i}` }));
  return sent;
}

/** Where a sequence number stands in the server's history. */
async function cursor(seq: number): Promise<string> {
  return `${(await read('nobody')).cursor.split(':')[0]}:${seq}`;
}

const seqs = ({ messages }: Page) => messages.map(({ seq }) => seq);
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe('a room', () => {
  it('is empty, with a cursor to begin at, before anybody writes', async () => {
    expect(await read('empty')).toEqual({ messages: [], cursor: expect.stringMatching(/^[\w-]+:0$/), gap: false });
  });

  it('answers a message with what is kept of it, and gives the same to readers', async () => {
    const before = Date.now();
    const message = await kept('first', { author: ' ann ', text: ' hi\n', mood: 'good' });
    expect(message).toEqual({
      room: 'first',
      seq: 1,
      id: expect.stringMatching(/^\S+$/),
      author: 'ann',
      text: 'hi',
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(Date.parse(message.at)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(message.at)).toBeLessThanOrEqual(Date.now() + 1);
    expect(await read('first')).toEqual({ messages: [message], cursor: await cursor(1), gap: false });
  });

  it('numbers its messages from 1, whatever other rooms do', async () => {
    await filled('busy', 3);
    expect((await kept('quiet', { text: 'hi' })).seq).toBe(1);
    expect((await kept('busy', { text: 'hi' })).seq).toBe(4);
  });

  it('takes forms as well, and anonymous authors', async () => {
    const init = { method: 'POST', body: new URLSearchParams({ text: 'hi' }) };
    const answer = await server.ask('/api/rooms/forms/messages', init);
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({ room: 'forms', author: 'anonymous', text: 'hi' });
  });

  it.each(['a', '0', '9-', 'a'.repeat(64), 'constructor', 'tostring'])('can be called %s', async name => {
    const message = await kept(name, { text: 'hi' });
    expect(message).toMatchObject({ room: name, seq: 1 });
    expect((await read(name)).messages).toEqual([message]);
  });

  it('is in the list of rooms, with the cursor of its newest message, once somebody has written', async () => {
    await filled('listed', 2);
    const answer = await server.ask('/api/rooms');
    expect(answer.status).toBe(200);
    const { rooms } = (await answer.json()) as { rooms: { room: string }[] };
    expect(rooms).toContainEqual({ room: 'listed', cursor: await cursor(2), newest: 2 });
    expect(rooms.map(({ room }) => room)).not.toContain('empty');
  });

  it('is told once to who asks again, until something changes', async () => {
    await filled('tagged', 1);
    const ask = (tag: string, query = '') => server.ask(`/api/rooms${query}`, { headers: { 'If-None-Match': tag } });
    for (const query of ['', '?limit=200']) {
      const tag = (await ask('', query)).headers.get('ETag')!;
      const again = await ask(tag, query);
      expect([again.status, await again.text(), again.headers.get('ETag')]).toEqual([304, '', tag]);
      expect((await ask(`"other", W/${tag}`, query)).status).toBe(304);
      expect((await ask('"other"', query)).status).toBe(200);
      await filled('tagged', 1);
      expect((await ask(tag, query)).status).toBe(200);
    }
  });

  it('is listed in parts', async () => {
    await filled('part-a', 1);
    await filled('part-b', 1);
    const answer = await server.ask('/api/rooms?after=part-&limit=1');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      rooms: [{ room: 'part-a', cursor: await cursor(1), newest: 1 }],
      next: 'part-a',
    });
    expect((await server.ask('/api/rooms?limit=201')).status).toBe(422);
  });
});

describe("a room's history", () => {
  let start: string;

  beforeAll(async () => {
    start = await cursor(0);
    await filled('long', 60);
  });

  it('begins with the newest 50, oldest first', async () => {
    const page = await read('long');
    expect(seqs(page)).toEqual(from(11, 60));
    expect(page).toMatchObject({ cursor: await cursor(60), gap: false });
  });

  it('can be read on from a cursor, part by part, without a hole and without a double', async () => {
    const read1 = await read('long', `?after=${start}&limit=25`);
    const read2 = await read('long', `?after=${read1.cursor}&limit=25`);
    const read3 = await read('long', `?after=${read2.cursor}&limit=25`);
    const read4 = await read('long', `?after=${read3.cursor}&limit=25`);
    expect([read1, read2, read3, read4].flatMap(seqs)).toEqual(from(1, 60));
    expect(read4).toEqual({ messages: [], cursor: read3.cursor, gap: false });
  });

  it('can be read back from a cursor', async () => {
    const page = await read('long', `?before=${await cursor(11)}&limit=4`);
    expect(seqs(page)).toEqual([7, 8, 9, 10]);
    expect(page.gap).toBe(false);
    expect(seqs(await read('long', `?before=${await cursor(1)}`))).toEqual([]);
  });

  it('gives as many as limit says, up to 200', async () => {
    expect(seqs(await read('long', '?limit=1'))).toEqual([60]);
    expect(seqs(await read('long', '?limit=200'))).toEqual(from(1, 60));
  });

  it('has a gap where a cursor is of another history, or ahead of this one', async () => {
    for (const after of ['elsewhere:7', await cursor(61)]) {
      const page = await read('long', `?after=${after}`);
      expect(page).toMatchObject({ gap: true, cursor: await cursor(60) });
      expect(seqs(page)).toEqual(from(11, 60));
    }
  });

  it('has no gap after its last message, and goes on from there', async () => {
    const { cursor: end } = await read('long');
    expect(await read('long', `?after=${end}`)).toEqual({ messages: [], cursor: end, gap: false });
    const message = await kept('long', { text: 'next' });
    expect((await read('long', `?after=${end}`)).messages).toEqual([message]);
  });

  it.each([
    '?limit=0',
    '?limit=-1',
    '?limit=201',
    '?limit=1.5',
    '?limit=many',
    '?limit=',
    '?after=7',
    '?after=',
    '?after=a:b',
    '?before=:1',
    '?before=%20:1',
    '?after=a:1&before=a:2',
  ])('cannot be asked for with %s', async search => {
    const answer = await server.ask(`/api/rooms/long/messages${search}`);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ node: 'controller', status: 422 });
  });
});

describe('an Idempotency-Key', () => {
  const hi = { author: 'ann', text: 'hi' };
  const key = (value: string) => ({ 'Idempotency-Key': value });

  it('gives the same message again and stores nothing', async () => {
    const message = await kept('keys', hi, key('k1'));
    expect(await kept('keys', hi, key('k1'))).toEqual(message);
    expect(await kept('keys', { author: ' ann', text: 'hi ' }, key('k1'))).toEqual(message);
    expect((await read('keys')).messages).toEqual([message]);
  });

  it('stores one message of many that come at the same time', async () => {
    const messages = await Promise.all(Array.from({ length: 10 }, () => kept('rush', hi, key('k1'))));
    expect(new Set(messages.map(({ id }) => id)).size).toBe(1);
    expect((await read('rush')).messages).toEqual([messages[0]]);
  });

  it.each([
    ['text', { ...hi, text: 'ho' }],
    ['author', { ...hi, author: 'bob' }],
  ])('refuses another %s and stores nothing', async (_, other) => {
    await kept('once', hi, key('k2'));
    const answer = await send('once', other, key('k2'));
    expect(answer.status).toBe(422);
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ node: 'storage', detail: expect.stringContaining('k2') });
    expect((await read('once')).messages).toHaveLength(1);
  });

  it('counts in its room only, and other keys are other messages', async () => {
    const here = await kept('here', hi, key('k3'));
    const there = await kept('there', hi, key('k3'));
    const next = await kept('here', hi, key('k4'));
    expect(new Set([here, there, next].map(({ id }) => id)).size).toBe(3);
  });

  it("works for gochat's API as well", async () => {
    const ask = (text: string) =>
      server.ask('/chat', { method: 'POST', body: new URLSearchParams({ text }), headers: key('k5') });
    const first = await (await ask('hi')).json();
    expect(await (await ask('hi')).json()).toEqual(first);
    expect((await ask('ho')).status).toBe(422);
  });

  it.each(['x'.repeat(200), 'a b', '"a", b;c=d', 'clé', '__proto__'])('can be %s', async value => {
    const message = await kept('wide', hi, key(value));
    expect(await kept('wide', hi, key(value))).toEqual(message);
    expect((await kept('wide', hi, key(`y${value.slice(1)}`))).id).not.toBe(message.id);
  });

  it('is remembered over a restart, as the messages are', async () => {
    const again = async () => {
      await server.stop();
      server = await start(data, { GRAPH: join(ROOT, 'graphs/chat.fbp') });
    };
    await again();
    const message = await kept('restarted', hi, key('k6'));
    const before = await read('restarted');
    await again();
    expect(await read('restarted')).toEqual(before);
    expect(await kept('restarted', hi, key('k6'))).toEqual(message);
    expect((await send('restarted', { ...hi, text: 'ho' }, key('k6'))).status).toBe(422);
    expect(await read('restarted')).toEqual(before);
    expect((await kept('restarted', hi)).seq).toBe(2);
    expect(seqs(await read('restarted', `?after=${before.cursor}`))).toEqual([2]);
  });
});
