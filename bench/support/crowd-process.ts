import { connect, type Socket } from 'node:net';
import { clock, MARK_BYTE, type Order, type Speech, STAMP_LENGTH } from './crowd.ts';

/** Connections that are opened at the same time. */
const AT_ONCE = 200;

/** A frame as a client sends it, its mask all zeros. */
function frame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

const upgrade = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/**
 * The messages for joining: the first line, and replies to received texts; after the last one, the connection has
 * joined.
 */
const JOINING: Readonly<Record<Speech, readonly [first: string, ...(readonly [heard: string, say?: Buffer])[]]>> = {
  sse: ['GET /api/rooms/lobby/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', [':\n\n']],
  flowchat: [upgrade('/api/socket'), ['\r\n\r\n', frame('{"type":"subscribe","room":"lobby"}')], ['"subscribed"']],
  ws: [upgrade('/'), ['\r\n\r\n']],
  'socket.io': [upgrade('/socket.io/?EIO=4&transport=websocket'), ['0{', frame('40')], ['40{']],
  // CONNECT, and SUBSCRIBE to the topic `lobby` once that is acknowledged.
  mqtt: [
    '\x10\x0c\0\x04MQTT\x04\x02\0\0\0\0',
    ['\x20\x02\0\0', Buffer.from('\x82\x0a\0\x01\0\x05lobby\0', 'latin1')],
    ['\x90\x03\0\x01\0'],
  ],
};

/** A client that does not answer pings is disconnected, and missed messages would be awaited in vain. */
const PING = Buffer.from([0x89, 0]);
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

const sockets: Socket[] = [];
const buffer = Buffer.alloc(64 * 1024);
/** Number of messages by their delay in milliseconds. */
let times: number[] = [];
let told = 0;
/** Unfinished timestamp at a chunk's end. */
const halves = new Map<Socket, Buffer>();

function take(stamp: string, now: number): void {
  const took = Math.max(0, Math.round(now - Number(stamp) / 10));
  times[took] = (times[took] ?? 0) + 1;
  told += 1;
}

/** Counts messages. */
function count(socket: Socket, length: number): boolean {
  const now = clock();
  let heard = buffer.subarray(0, length);
  const half = halves.get(socket);
  if (half) {
    heard = Buffer.concat([half, heard]);
    halves.delete(socket);
  }
  for (let at = heard.indexOf(MARK_BYTE); at >= 0; at = heard.indexOf(MARK_BYTE, at + 1)) {
    const end = at + 1 + STAMP_LENGTH;
    if (end > heard.length) halves.set(socket, Buffer.from(heard.subarray(at)));
    else take(heard.toString('latin1', at + 1, end), now);
  }
  if (heard.includes(PING)) socket.write(PONG);
  return true;
}

function open(port: number, speech: Speech): Promise<void> {
  return new Promise((resolve, reject) => {
    const [first, ...steps] = JOINING[speech];
    let heard = '';
    let isThere = false;
    const join = (length: number): boolean => {
      heard += buffer.toString('latin1', 0, length);
      while (steps[0] && heard.includes(steps[0][0])) {
        heard = heard.slice(heard.indexOf(steps[0][0]) + steps[0][0].length);
        const [[, say]] = steps.splice(0, 1) as [(typeof steps)[number]];
        if (say) socket.write(say);
      }
      if (steps.length > 0) return true;
      isThere = true;
      resolve();
      return true;
    };
    const socket: Socket = connect({
      port,
      host: '127.0.0.1',
      onread: { buffer, callback: length => (isThere ? count(socket, length) : join(length)) },
    });
    // A later loss ends this process, as it should.
    const lost = (error: Error) => {
      if (isThere) throw error;
      reject(error);
    };
    socket.on('error', lost).on('close', () => lost(new Error(`a ${speech} connection was closed`)));
    socket.write(first, 'latin1');
    sockets.push(socket);
  });
}

async function join(port: number, speech: Speech, wanted: number): Promise<void> {
  while (sockets.length < wanted) {
    const some = Math.min(AT_ONCE, wanted - sockets.length);
    await Promise.all(Array.from({ length: some }, () => open(port, speech)));
  }
}

function heard(): number[] {
  const all = Array.from(times, amount => amount ?? 0);
  times = [];
  told = 0;
  return all;
}

process.on('message', async (order: Order) => {
  if (order.do === 'join') process.send?.(await join(order.port, order.speech, order.count).then(() => []));
  else if (order.do === 'count') process.send?.([told]);
  else process.send?.(heard());
});
process.on('disconnect', () => process.exit());
