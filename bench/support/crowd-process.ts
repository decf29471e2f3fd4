import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { MARK, type Order, type Room, type Speech } from './crowd.ts';

/** Connections that are opened at the same time. */
const AT_ONCE = 200;

const TEXT = `How long does it take to tell this to everybody who is here, and what is the cost of it? ${MARK}`;

/** A frame as a client sends it, its mask all zeros. */
function frame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

const upgrade = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** What is said to join: the first line, and what to say when something was heard; with the last thing heard, one is there. */
const JOINING: Readonly<Record<Speech, readonly [first: string, ...(readonly [heard: string, say?: Buffer])[]]>> = {
  sse: ['GET /api/rooms/lobby/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', [':\n\n']],
  flowchat: [upgrade('/api/socket'), ['\r\n\r\n', frame('{"type":"subscribe","room":"lobby"}')], ['"subscribed"']],
  ws: [upgrade('/'), ['\r\n\r\n']],
  'socket.io': [upgrade('/socket.io/?EIO=4&transport=websocket'), ['0{', frame('40')], ['40{']],
};

/** Who does not answer a ping is held for dead, and a message that somebody missed is waited for in vain. */
const PING = Buffer.from([0x89, 0]);
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

const sockets: Socket[] = [];
const buffer = Buffer.alloc(4096);
let told = 0;
let expected = 0;
let reached = () => {};

/** Counts messages. */
function count(socket: Socket, length: number): boolean {
  const heard = buffer.subarray(0, length);
  for (let at = heard.indexOf(MARK); at >= 0; at = heard.indexOf(MARK, at + 1)) told += 1;
  if (heard.includes(PING)) socket.write(PONG);
  if (told >= expected) reached();
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
    // One that is lost later on ends this process, as it ought to.
    const lost = (error: Error) => {
      if (isThere) throw error;
      reject(error);
    };
    socket.on('error', lost).on('close', () => lost(new Error(`a ${speech} connection was closed`)));
    socket.write(first);
    sockets.push(socket);
  });
}

async function join(port: number, speech: Speech, wanted: number): Promise<void> {
  while (sockets.length < wanted) {
    const some = Math.min(AT_ONCE, wanted - sockets.length);
    await Promise.all(Array.from({ length: some }, () => open(port, speech)));
  }
}

/** Rejects where a post is not kept. */
async function answer(poster: Socket): Promise<void> {
  let text = '';
  while (!text.includes('}')) [text] = (await once(poster.setEncoding('latin1'), 'data')) as [string];
  if (!/^(HTTP\/1.1 201|\{)/.test(text)) throw new Error(`a post was answered with ${text.slice(0, 500)}`);
}

async function tell(port: number, times: number, room: Room): Promise<number[]> {
  // Anew each time: servers close what is silent for seconds.
  const poster = connect(port, '127.0.0.1').setNoDelay(true);
  const body = JSON.stringify({ author: 'ann', text: TEXT });
  const post =
    `POST /api/rooms/${room}/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`;
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    told = 0;
    expected = room === 'lobby' ? sockets.length : 0;
    const all = new Promise<void>(resolve => {
      reached = resolve;
    });
    const start = performance.now();
    const answered = answer(poster);
    poster.write(post);
    await Promise.all([answered, expected > 0 && all.then(() => took.push(performance.now() - start))]);
  }
  poster.destroy();
  return took;
}

function heard(): number[] {
  const count = told;
  told = 0;
  return [count];
}

process.on('message', async (order: Order) => {
  if (order.do === 'join') process.send?.(await join(order.port, order.speech, order.count).then(() => []));
  else if (order.do === 'tell') process.send?.(await tell(order.port, order.times, order.room));
  else process.send?.(heard());
});
process.on('disconnect', () => process.exit());
