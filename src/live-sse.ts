import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Client, Framing, Live } from './live.ts';
import type { Subscription } from './packets.ts';

/** Milliseconds between two comments that keep proxies from closing a silent stream. */
const HEARTBEAT = 15_000;

/** Server-sent events, each a chunk of HTTP/1.1's chunked encoding, made once and written to many sockets. */
const framing: Framing = {
  event: (_, event, cursor, data) => chunk(`id: ${cursor}\nevent: ${event}\ndata: ${data}\n\n`),
  gap: (_, cursor) => chunk(`id: ${cursor}\nevent: gap\ndata: ${JSON.stringify({ cursor })}\n\n`),
};

const BEAT = chunk(':\n\n');
const END = Buffer.from('0\r\n\r\n');

function chunk(text: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
}

/** Holds the responses that stay open as event streams. */
export class EventStreams {
  readonly #live: Live;
  readonly #open = new Set<Socket>();
  readonly #heartbeat: NodeJS.Timeout;

  constructor(live: Live) {
    this.#live = live;
    this.#heartbeat = setInterval(() => {
      for (const socket of this.#open) socket.write(BEAT);
    }, HEARTBEAT).unref();
  }

  get size(): number {
    return this.#open.size;
  }

  /** Turns a response into an event stream. Whoever comes back with Last-Event-ID goes on from there. */
  hold(response: ServerResponse, subscription: Subscription): void {
    const socket = response.socket;
    if (!socket) return;
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'Transfer-Encoding': 'chunked',
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
    socket.write(BEAT);
    socket.setTimeout(0);
    const client = stream(socket);
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#live.leave(client);
    });
    this.#live.subscribe(subscription, client).catch(error => client.cut((error as Error).message));
  }

  /** Ends every stream; browsers come back by themselves. */
  close(): void {
    clearInterval(this.#heartbeat);
    for (const socket of this.#open) socket.end(END);
  }
}

function stream(socket: Socket): Client {
  return {
    framing,
    get backlog() {
      return socket.writableLength;
    },
    send(bytes) {
      socket.write(bytes);
    },
    drained() {
      if (!socket.writableNeedDrain) return Promise.resolve();
      return new Promise(resolve => socket.once('drain', resolve).once('close', resolve));
    },
    cut(reason) {
      socket.end(Buffer.concat([chunk(`event: error\ndata: ${JSON.stringify({ detail: reason })}\n\n`), END]));
      // What a slow client does not read would keep the connection open for ever.
      setTimeout(() => socket.destroy(), 1000).unref();
    },
  };
}
