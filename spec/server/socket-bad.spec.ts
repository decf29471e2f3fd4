import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Chat, until } from '../support/chat.ts';
import { frame, handshake, Line, Wire } from '../support/wire.ts';

let chat: Chat;
const lines: Line[] = [];
const wires: Wire[] = [];
beforeAll(async () => {
  chat = await Chat.start({}, { CORS_ORIGINS: 'https://friend.example' });
});
afterAll(() => chat.stop());
afterEach(() => {
  for (const line of lines.splice(0)) line.drop();
  for (const { socket } of wires.splice(0)) socket.destroy();
});

async function open(headers: Readonly<Record<string, string>> = {}): Promise<Line> {
  const line = await Line.open(chat.origin, headers);
  lines.push(line);
  return line;
}

function wire(...said: readonly string[]): Wire {
  const made = new Wire(chat.port, ...said);
  wires.push(made);
  return made;
}

/** That the connection still does what it is for. */
async function expectAlive(line: Line): Promise<void> {
  expect(await line.ask({ type: 'send', key: 'alive', room: 'alive', author: 'ann', text: 'hi' })).toMatchObject({
    type: 'ack',
  });
}

const SEND = { type: 'send', room: 'bad', author: 'ann', text: 'hi' };
const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('a frame that is no good', () => {
  it.each<[string, string, number, Readonly<Record<string, unknown>>?]>([
    ['nothing', '', 400],
    ['no JSON', '{"type":', 400],
    ['JSON with something after it', '{} {}', 400],
    ['no object', '7', 400],
    ['null', 'null', 400],
    ['an array', '[{"type":"send"}]', 400],
    ['nested deeply', `{"type":"send","room":${deep(20_000)}}`, 400],
    ['without a type', '{"room":"bad"}', 400],
    ['of an unknown type', '{"type":"shout","room":"bad"}', 400, { room: 'bad' }],
    ['of a type that is no text', '{"type":["send"],"room":"bad"}', 400],
    ['of a type that every object has', '{"type":"constructor","room":"bad"}', 400],
    ['of a type that every object has', '{"type":"__proto__","room":"bad"}', 400],
    ['of a type that every object has', '{"type":"toString","room":"bad"}', 400],
    ['that would be the prototype', '{"__proto__":{"type":"send","room":"bad","key":"k","text":"hi"}}', 400],
    ['without a room', '{"type":"subscribe"}', 422],
    ['whose room is no text', '{"type":"subscribe","room":{"toString":"bad"}}', 422],
    ['whose cursor is no text', '{"type":"subscribe","room":"bad","after":7}', 422],
    ['whose cursor is garbage', '{"type":"subscribe","room":"bad","after":"garbage"}', 422, { node: 'subscribe' }],
    ['without a key', JSON.stringify(SEND), 422],
    ['with an empty key', JSON.stringify({ ...SEND, key: '' }), 422],
    ['with a key that is no text', JSON.stringify({ ...SEND, key: 7 }), 422],
    ['with a long key', JSON.stringify({ ...SEND, key: 'k'.repeat(201) }), 422],
    ['with U+0000', JSON.stringify({ ...SEND, key: 'k', text: 'a\0b' }), 400],
    ['with half a surrogate pair', JSON.stringify({ ...SEND, key: 'k', text: '\ud83d' }), 400],
    ['with half a surrogate pair in a name', '{"\\ud83d":1,"type":"send"}', 400],
  ])('%s, comes back as an error', async (_, text, status, about = {}) => {
    const line = await open();
    const [detail, code] = [expect.stringMatching(/\w/), expect.stringMatching(/^[a-z-]+$/)];
    expect(await line.ask(text)).toMatchObject({
      type: 'error',
      title: expect.any(String),
      status,
      code,
      detail,
      ...about,
    });
    await expectAlive(line);
    expect((await chat.cursor('bad')).split(':')[1]).toBe('0');
  });

  it.each([
    '',
    'Lobby',
    '-a',
    'a/b',
    '../lobby',
    'a/messages',
    'lobby\n',
    'é',
    '%61',
    'a?after=b:1',
    'a'.repeat(65),
    'constructor ',
    '__proto__',
  ])('for the room %j comes back as an error that names it', async room => {
    const line = await open();
    expect(await line.ask({ type: 'subscribe', room })).toMatchObject({ type: 'error', room, status: 404 });
    expect(await line.ask({ ...SEND, room, key: 'k' })).toMatchObject({ type: 'error', room, key: 'k', status: 404 });
    await expectAlive(line);
  });

  it('of bytes closes the connection with a reason', async () => {
    const line = await open();
    line.say(new Uint8Array([1, 2, 3]));
    expect(await line.closed()).toEqual({ code: 1003, reason: 'frames are JSON text' });
  });

  it('closes the connection after what was answered before, and nothing follows', async () => {
    const raw = wire(...handshake());
    await raw.says('101 Switching Protocols');
    raw.socket.write(Buffer.concat([frame(1, '{}'), frame(2, 'x')]));
    await raw.says('frames are JSON text');
    await raw.says(/"type":"hello".*"type":"error".*"\}[^{]{4}frames are JSON text$/s);
  });

  it('of more than 64 KiB closes the connection, one of 64 KiB does not', async () => {
    const line = await open();
    const padding = ' '.repeat(64 * 1024 - JSON.stringify({ ...SEND, key: 'k' }).length);
    expect(await line.ask(JSON.stringify({ ...SEND, room: 'big', key: 'k' }) + padding)).toMatchObject({ type: 'ack' });
    line.say('x'.repeat(64 * 1024 + 1));
    expect(await line.closed()).toEqual({ code: 1009, reason: 'a frame has 65536 bytes at most' });
  });

  it.each([
    ['is no UTF-8', frame(1, new Uint8Array([0xff, 0xfe])), '\x03\xeftext is UTF-8'],
    ['has no mask', Buffer.from([0x81, 0x01, 0x7b]), '\x03\xeathis is no WebSocket frame'],
    ['is of an unknown kind', frame(3, 'x'), '\x03\xeathis is no WebSocket frame'],
    ['says that it has 2^63 bytes', Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 'bytes at most'],
  ])('that %s closes the connection with a reason', async (_, bytes, code) => {
    const raw = wire(...handshake());
    await raw.says('101 Switching Protocols');
    raw.socket.write(bytes);
    await raw.says(code);
    raw.socket.end();
    await raw.closed();
  });
});

describe('a flood', () => {
  it('of rooms is refused above a hundred, one by one or in one burst', async () => {
    const line = await open();
    for (let i = 0; i < 100; i++)
      expect(await line.ask({ type: 'subscribe', room: `r${i}` })).toMatchObject({ type: 'subscribed' });
    expect(await line.ask({ type: 'subscribe', room: 'r100' })).toMatchObject({
      type: 'error',
      status: 422,
      room: 'r100',
    });
    expect(await line.ask({ type: 'subscribe', room: 'r7' })).toMatchObject({ type: 'subscribed' });
    line.say({ type: 'unsubscribe', room: 'r0' });
    expect(await line.ask({ type: 'subscribe', room: 'r100' })).toMatchObject({ type: 'subscribed' });

    const burst = await open();
    for (let i = 0; i < 99; i++) await burst.ask({ type: 'subscribe', room: `r${i}` });
    for (let i = 0; i < 300; i++) burst.say({ type: 'subscribe', room: `s${i}` });
    const said = [];
    for (let i = 0; i < 300; i++) said.push((await burst.next()).type);
    expect(said.filter(type => type === 'subscribed')).toHaveLength(1);
    await expectAlive(burst);
  });

  it('of messages is kept or refused, each under its key', async () => {
    const line = await open();
    const keys = Array.from({ length: 300 }, (_, i) => `k${i}`);
    for (const key of keys) line.say({ ...SEND, room: 'flood', key });
    const kept = [];
    for (const _ of keys) {
      const { type, key, status } = await line.next();
      if (type === 'ack') kept.push(key);
      else expect({ type, status }).toEqual({ type: 'error', status: 429 });
    }
    expect((await chat.cursor('flood')).split(':')[1]).toBe(String(kept.length));
    expect(kept.length).toBeGreaterThanOrEqual(100);
    for (const key of keys) await line.ask({ ...SEND, room: 'flood', key });
    expect((await chat.cursor('flood')).split(':')[1]).toBe('300');
  });

  it('from somebody who does not read is cut', async () => {
    const raw = wire(...handshake());
    await raw.says('101 Switching Protocols');
    raw.socket.pause();
    const echoed = frame(1, JSON.stringify({ room: 'x'.repeat(60_000) }));
    // Without the cut this goes on until the test is out of time.
    while (!raw.socket.destroyed) await new Promise(resolve => raw.socket.write(echoed, resolve));
    expect(raw.socket.destroyed).toBe(true);
  });
});

describe('a handshake', () => {
  it.each<[string, readonly string[], RegExp]>([
    [
      'from a page of another origin',
      handshake('/api/socket', 'Origin: https://evil.example'),
      /^HTTP\/1.1 403 .*CORS_ORIGINS/s,
    ],
    ['from a page of no origin', handshake('/api/socket', 'Origin: null'), /^HTTP\/1.1 403 /],
    ['to another path', handshake('/api/sockets'), /^HTTP\/1.1 404 .*nothing at \/api\/sockets/s],
    ['that is none', ['GET /api/socket HTTP/1.1', 'Host: localhost', 'Connection: close'], /^HTTP\/1.1 426 /],
    ['without a key', handshake().filter(line => !/Key/.test(line)), /^HTTP\/1.1 400 .*problem\+json.*Key/s],
    [
      'of another version',
      handshake().map(line => line.replace('13', '7')),
      /^HTTP\/1.1 426 .*problem\+json.*Sec-WebSocket-Version: 13\r/s,
    ],
    [
      'of a protocol that is none',
      handshake('/api/socket', 'Sec-WebSocket-Protocol: ,'),
      /^HTTP\/1.1 400 .*problem\+json/s,
    ],
    [
      'by another method',
      ['POST /api/socket HTTP/1.1', ...handshake().slice(1), 'Content-Length: 0'],
      /^HTTP\/1.1 405 /,
    ],
  ])('%s is refused', async (_, said, answer) => {
    const raw = wire(...said);
    await raw.says(answer);
    raw.socket.end();
    await raw.closed();
  });

  it('from a page of ours, of a friend and from no page is taken', async () => {
    const origins = [{ origin: chat.origin }, { origin: 'https://friend.example' }, {}];
    for (const headers of origins) await expectAlive(await open(headers));
  });

  it('that breaks off while it is refused does no harm', async () => {
    for (let i = 0; i < 20; i++) {
      const raw = wire(...handshake('/nowhere'));
      await until(() => !raw.socket.connecting);
      raw.socket.resetAndDestroy();
    }
    await expectAlive(await open());
  });
});
