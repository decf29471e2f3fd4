import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Chat, until } from '../support/chat.ts';
import { frame, handshake, Line, Wire } from '../support/wire.ts';

let chat: Chat;
const wires: Wire[] = [];
const lines: Line[] = [];
beforeAll(async () => {
  // Only what repeats is under our control; all else goes on as ever.
  jest.useFakeTimers({
    doNotFake: [
      'Date',
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setTimeout',
      'clearTimeout',
    ],
  });
  chat = await Chat.start();
});
afterAll(async () => {
  await chat.stop();
  jest.useRealTimers();
});
afterEach(() => {
  for (const { socket } of wires.splice(0)) socket.destroy();
  for (const line of lines.splice(0)) line.drop();
});

function wire(...said: readonly string[]): Wire {
  const made = new Wire(chat.port, ...said);
  wires.push(made);
  return made;
}

const PING = '\x89\x00';
const events = (version: string) => wire(`GET /api/rooms/lobby/events HTTP/${version}`, 'Host: localhost');

describe('the heartbeat', () => {
  it('of an event stream is a comment every 15 s, wrapped as its HTTP wants it', async () => {
    const [chunked, plain] = [events('1.1'), events('1.0')];
    for (const stream of [chunked, plain]) await stream.says(':\n\n');
    jest.advanceTimersByTime(14_999);
    await chat.cursor('lobby');
    expect([chunked.body, plain.body]).toEqual(['3\r\n:\n\n\r\n', ':\n\n']);
    for (let i = 2; i <= 3; i++) {
      jest.advanceTimersByTime(15_000);
      await until(() => chunked.body === '3\r\n:\n\n\r\n'.repeat(i) && plain.body === ':\n\n'.repeat(i));
    }
  });

  it('of a WebSocket ends a connection whose other side is gone, and no other', async () => {
    const line = await Line.open(chat.origin);
    lines.push(line);
    let pings = 0;
    line.socket.on('ping', () => pings++);
    const [gone, back] = [wire(...handshake()), wire(...handshake())];
    for (const raw of [gone, back]) await raw.says('101 Switching Protocols');
    jest.advanceTimersByTime(30_000);
    for (const raw of [gone, back]) await raw.says(PING);
    await until(() => pings === 1);
    back.socket.write(frame(10, ''));
    // Its pong has arrived when a later frame is answered.
    for (const send of [(text: string) => back.socket.write(frame(1, text)), (text: string) => line.say(text)])
      send('{}');
    await back.says('"error"');
    expect(await line.next()).toMatchObject({ type: 'error' });
    jest.advanceTimersByTime(30_000);
    await gone.closed();
    await until(() => pings === 2 && back.text.split(PING).length === 3);
    expect(await line.ask('{}')).toMatchObject({ type: 'error' });
  });
});

describe('a server that stops', () => {
  it('says goodbye in every way that it was heard, and does not wait for those who do not answer', async () => {
    const line = await Line.open(chat.origin);
    lines.push(line);
    const silent = wire(...handshake());
    await silent.says('101 Switching Protocols');
    const stream = events('1.1');
    await stream.says(':\n\n');
    await chat.stop();
    expect(await line.closed()).toEqual({ code: 1001, reason: 'the server stops; come back with your cursor' });
    await silent.closed();
    await stream.closed();
    expect(stream.body.endsWith('\r\n0\r\n\r\n')).toBe(true);
    chat = await Chat.start();
  });
});
