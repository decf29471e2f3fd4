import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Client, Framing, Live } from './live.ts';
import { drained } from './live-drain.ts';
import type { Subscription } from './packets.ts';

/** Milliseconds between two comments that keep proxies from closing a silent stream. */
const HEARTBEAT = 15_000;
/** Milliseconds that a client which was cut has to read why. */
const FAREWELL = 1000;

/** How server-sent events go over a kind of HTTP. */
interface Encoding extends Framing {
  comment: Buffer;
  error(detail: string): Buffer;
  end: Buffer;
}

function encoding(wrap: (text: string) => Buffer, end: string): Encoding {
  return {
    event: (_, event, cursor, data) => wrap(`id: ${cursor}\nevent: ${event}\ndata: ${data}\n\n`),
    gap: (_, cursor) => wrap(`id: ${cursor}\nevent: gap\ndata: ${JSON.stringify({ cursor })}\n\n`),
    error: detail => wrap(`event: error\ndata: ${JSON.stringify({ detail })}\n\n`),
    comment: wrap(':\n\n'),
    end: Buffer.from(end),
  };
}

/** HTTP/1.1: each event is one chunk, made once and written to many sockets. */
const CHUNKED = encoding(text => Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`), '0\r\n\r\n');
/** HTTP/1.0, as nginx speaks to what is behind it unless it is told otherwise: the stream ends with the connection. */
const PLAIN = encoding(text => Buffer.from(text), '');

/** Holds the responses that stay open as event streams. */
export class EventStreams {
  readonly #live: Live;
  readonly #open = new Map<Socket, Encoding>();
  readonly #heartbeat: NodeJS.Timeout;

  constructor(live: Live) {
    this.#live = live;
    this.#heartbeat = setInterval(() => {
      for (const [socket, { comment }] of this.#open) if (socket.writable) socket.write(comment);
    }, HEARTBEAT).unref();
  }

  get size(): number {
    return this.#open.size;
  }

  /** Turns a response into an event stream. Whoever comes back with Last-Event-ID goes on from there. */
  hold(response: ServerResponse, subscription: Subscription): void {
    const { socket } = response;
    const { method, httpVersion } = response.req;
    const encoding = httpVersion === '1.0' ? PLAIN : CHUNKED;
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
      ...(encoding === CHUNKED && { 'Transfer-Encoding': 'chunked' }),
    });
    if (method === 'HEAD' || !socket) {
      response.end();
      return;
    }
    response.flushHeaders();
    socket.write(encoding.comment);
    const client = stream(socket, encoding);
    this.#open.set(socket, encoding);
    socket.setTimeout(0).once('close', () => {
      this.#open.delete(socket);
      this.#live.leave(client, subscription.topic);
    });
    this.#live.subscribe(subscription, client).catch(error => client.cut((error as Error).message));
  }

  /** Ends every stream; browsers come back by themselves. */
  close(): void {
    clearInterval(this.#heartbeat);
    for (const [socket, { end }] of this.#open) socket.end(end);
  }
}

function stream(socket: Socket, encoding: Encoding): Client {
  return {
    framing: encoding,
    get backlog() {
      return socket.writableLength;
    },
    send(bytes) {
      if (socket.writable) socket.write(bytes);
    },
    drained: () => drained(socket),
    cut(reason) {
      socket.end(Buffer.concat([encoding.error(reason), encoding.end]));
      setTimeout(() => socket.destroy(), FAREWELL).unref();
    },
  };
}
