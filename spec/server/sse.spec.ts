import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Chat, until } from '../support/chat.ts';
import { long } from '../support/long.ts';
import { Wire } from '../support/wire.ts';

let chat: Chat;
let rooms = 0;
const wires: Wire[] = [];
/**
 * A subscriber that gets nothing for longer than an idle connection is kept open, while the other tests run, and then a
 * message.
 */
let patient: Promise<void>;
beforeAll(async () => {
  chat = await Chat.start();
  patient = waiting();
  patient.catch(() => {});
});
afterAll(() => chat.stop());
afterEach(() => {
  for (const { socket } of wires.splice(0)) socket.destroy();
});

const newRoom = () => `room-${++rooms}`;

/** Asks for a room's events; `line` may have a query and another version of HTTP. */
function ask(room: string, { query = '', version = '1.1', method = 'GET' } = {}, ...headers: string[]): Wire {
  const line = `${method} /api/rooms/${room}/events${query} HTTP/${version}`;
  const wire = new Wire(chat.port, line, 'Host: localhost', ...headers);
  wires.push(wire);
  return wire;
}

/** The chunks of a body, unwrapped. */
function unchunked(body: string): string {
  let text = '';
  for (let rest = body; rest.includes('\r\n'); ) {
    const at = rest.indexOf('\r\n');
    const length = Number.parseInt(rest.slice(0, at), 16);
    text += rest.slice(at + 2, at + 2 + length);
    const end = rest.slice(at + 2 + length, at + 4 + length);
    if (!'\r\n'.startsWith(end)) throw new Error(`a chunk ends with ${JSON.stringify(end)}`);
    rest = rest.slice(at + 4 + length);
  }
  return text;
}

async function waiting(): Promise<void> {
  const room = newRoom();
  const wire = new Wire(chat.port, `GET /api/rooms/${room}/events HTTP/1.1`, 'Host: localhost');
  await wire.says(':\n\n');
  await sleep(6500);
  await chat.post(room, 'hi');
  await wire.says('event: message');
  wire.socket.destroy();
}

const ids = (text: string) => [...text.matchAll(/^id: .*:(\d+)$/gm)].map(([, seq]) => Number(seq));

describe('an event stream', () => {
  it('begins with a comment, then has one event for each message, as the message is given elsewhere', async () => {
    const room = newRoom();
    const wire = ask(room);
    await wire.says('\r\n\r\n3\r\n:\n\n\r\n');
    const message = await chat.post(room, 'is "quoted"\nand \r\n\r\ndata: broken, \u2028 and \u00e9');
    await wire.says('event: message');
    const cursor = await chat.cursor(room);
    await until(() => wire.body.endsWith('\n\n\r\n'));
    const text = Buffer.from(unchunked(wire.body), 'latin1').toString();
    expect(text).toBe(`:\n\nid: ${cursor}\nevent: message\ndata: ${JSON.stringify(message)}\n\n`);
  });

  it('says that it is one, and that nobody may keep it or hold it back', async () => {
    const wire = ask(newRoom());
    await wire.says('\r\n\r\n');
    expect(wire.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(wire.text).toMatch(/^Content-Type: text\/event-stream; charset=utf-8\r$/im);
    expect(wire.text).toMatch(/^Cache-Control: no-store\r$/im);
    expect(wire.text).toMatch(/^X-Accel-Buffering: no\r$/im);
    expect(wire.text).toMatch(/^Transfer-Encoding: chunked\r$/im);
  });

  it('goes on after Last-Event-ID rather than after what its address says', async () => {
    const room = newRoom();
    const start = await chat.cursor(room);
    for (let i = 0; i < 3; i++) await chat.post(room, 'hi');
    const [epoch] = start.split(':');
    const wire = ask(room, { query: `?after=${start}` }, `Last-Event-ID: ${epoch}:2`);
    await wire.says('event: message');
    await chat.post(room, 'and on');
    await wire.says(`${epoch}:4`);
    expect(ids(wire.text)).toEqual([3, 4]);
    const other = ask(room, { query: `?after=${epoch}:1` }, 'Last-Event-ID:');
    await other.says(`${epoch}:4`);
    expect(ids(other.text)).toEqual([2, 3, 4]);
  });

  it('goes on from the latest place, however a client that comes back says it', async () => {
    const room = newRoom();
    const start = await chat.cursor(room);
    for (let i = 0; i < 3; i++) await chat.post(room, 'hi');
    const [epoch] = start.split(':');
    for (const [query, ...headers] of [
      [`?lastEventId=${epoch}:2`],
      [`?Last-Event-ID=${epoch}%3A2`],
      [`?after=${start}&lastEventId=${epoch}:2`],
      [`?lastEventId=${epoch}:1`, `Last-Event-ID: ${epoch}:2`],
      [`?after=${epoch}:2`, `Last-Event-ID: ${epoch}:1`],
    ] as const) {
      const wire = ask(room, { query }, ...headers);
      await wire.says('event: message');
      expect([query, ids(wire.text)]).toEqual([query, [3]]);
    }
  });

  it.each(['7', 'x', 'null', '{"id":1}'])(
    'tells of a gap where it is to go on from an id that is none: %s',
    async id => {
      const room = newRoom();
      await chat.post(room, 'hi');
      for (const wire of [
        ask(room, {}, `Last-Event-ID: ${id}`),
        ask(room, { query: `?lastEventId=${encodeURIComponent(id)}` }),
      ]) {
        await wire.says('event: message');
        expect(wire.text).toMatch(/^HTTP\/1\.1 200 .*event: gap.*event: message/s);
      }
      const refused = ask(room, { query: '?after=7' });
      await refused.says(/^HTTP\/1\.1 422 /);
    },
  );

  it('gives a long past page by page, to many at once', async () => {
    const room = newRoom();
    const start = await chat.cursor(room);
    for (let i = 0; i < 9; i++) await Promise.all(Array.from({ length: 50 }, () => chat.post(room, 'x'.repeat(300))));
    const all = [0, 1, 2, 3, 4].map(() => ask(room, { query: `?after=${start}` }));
    await chat.post(room, 'and on');
    for (const wire of all) {
      await wire.says(':451\n');
      expect(ids(unchunked(wire.body))).toEqual(Array.from({ length: 451 }, (_, i) => i + 1));
    }
  });

  it('goes over HTTP/1.0 without chunks, until the connection ends', async () => {
    const room = newRoom();
    const wire = ask(room, { version: '1.0' });
    await wire.says('\r\n\r\n:\n\n');
    expect(wire.text).not.toMatch(/^Transfer-Encoding:/im);
    expect(wire.text).toMatch(/^Connection: close\r$/im);
    await chat.post(room, 'hi');
    await wire.says(/^:\n\nid: .*\nevent: message\ndata: .*\n\n$/m);
  });

  it('stays open over HTTP/1.0 also where the client would keep the connection, as nginx may be told to', async () => {
    const room = newRoom();
    const wire = ask(room, { version: '1.0' }, 'Connection: keep-alive');
    await wire.says('\r\n\r\n:\n\n');
    await chat.post(room, 'hi');
    await wire.says('event: message');
  });

  it('begins after the answers to what was asked before it on the same connection', async () => {
    const room = newRoom();
    const wire = new Wire(
      chat.port,
      ...['GET /healthz HTTP/1.1', 'Host: localhost', '', `GET /api/rooms/${room}/events HTTP/1.1`, 'Host: localhost'],
    );
    wires.push(wire);
    await wire.says(/alive.*HTTP\/1\.1 200 OK\r\n.*\r\n\r\n3\r\n:\n\n\r\n$/s);
    await chat.post(room, 'hi');
    await wire.says('event: message');
  });

  it('has a header and nothing else for HEAD, and the connection serves on', async () => {
    const room = newRoom();
    const wire = ask(room, { method: 'HEAD' });
    await wire.says('\r\n\r\n');
    await chat.post(room, 'nobody hears');
    wire.socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await wire.says('"alive"');
    expect(wire.body).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('goes on where its connection is asked for more, which is not answered', async () => {
    const room = newRoom();
    const more = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const [early, late] = [ask(room), ask(room)];
    early.socket.write(more);
    for (const wire of [early, late]) await wire.says(':\n\n');
    late.socket.write(more);
    await chat.post(room, 'hi');
    for (const wire of [early, late]) {
      await wire.says('event: message');
      expect(wire.text).not.toContain('"alive"');
    }
  });

  it('ends without a word where its connection says what is no HTTP', async () => {
    const wire = ask(newRoom());
    await wire.says(':\n\n\r\n');
    wire.socket.write('garbage\r\n\r\n');
    await wire.closed();
    expect(wire.body).toBe('3\r\n:\n\n\r\n');
  });

  it.each<[string, Parameters<typeof ask>[1], RegExp]>([
    ['a room that cannot be', { query: '/x' }, /^HTTP\/1\.1 404 /],
    ['a cursor that is none', { query: '?after=garbage' }, /^HTTP\/1\.1 422 .*"node":"subscribe"/s],
    ['another method', { method: 'DELETE' }, /^HTTP\/1\.1 405 .*^Allow: GET, HEAD\r$/ims],
  ])('is refused for %s', async (_, what, answer) => {
    await ask(newRoom(), what).says(answer);
  });

  long('that is not read is cut when too much waits for it, and goes on where it broke off', async () => {
    const room = newRoom();
    const start = await chat.cursor(room);
    const slow = ask(room, { query: `?after=${start}` });
    await slow.says(':\n\n');
    slow.socket.pause();
    let posts = 0;
    // The system's own buffers take some megabytes first.
    for (; posts < 3000 && (await chat.metric('cut_total')) === 0; posts += 20)
      await Promise.all(Array.from({ length: 20 }, () => chat.post(room, '\u{1f600}'.repeat(2000))));
    expect(await chat.metric('cut_total')).toBe(1);
    slow.socket.resume();
    await slow.closed();
    const heard = ids(unchunked(slow.body)).slice(0, -1);
    const epoch = start.split(':')[0];
    const again = ask(room, {}, `Last-Event-ID: ${epoch}:${heard.length}`);
    await again.says(`id: ${epoch}:${posts}\n`);
    expect([...heard, ...ids(again.text)]).toEqual(Array.from({ length: posts }, (_, i) => i + 1));
  });

  it('outlives the time for which a connection without a request is kept', () => patient, 15_000);
});
