import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Caller, isOver } from '../accounts/accounts.ts';
import { RefusalError } from '../http/answer.ts';
import { releaseResponse } from '../http/server.ts';
import type { ServerFrame } from '../model/chat-frames.ts';
import { codeOf } from '../model/codes.ts';
import type { Subscription } from '../model/packets.ts';
import type { DisconnectReason, Framing, Hub, Subscriber } from './hub.ts';
import { TurnWriter } from './turn-writer.ts';

/** Milliseconds between comments, which keep proxies from closing an idle stream. */
const HEARTBEAT_MS = 15_000;
/** Milliseconds for a disconnected client to receive the reason. */
const CLOSE_TIMEOUT_MS = 1000;

const SIGNED_OUT = new RefusalError('sign-in', 'this session is over; sign in again');

/** How server-sent events are encoded in an HTTP version. */
interface Encoding extends Framing {
  comment: Buffer;
  error(reason: DisconnectReason): Buffer;
  ephemeral(event: string, data: object): Buffer;
  end: Buffer;
}

function encoding(wrap: (text: string) => Buffer, end: string): Encoding {
  return {
    event: (_, event, cursor, data) => wrap(`id: ${cursor}\nevent: ${event}\ndata: ${data}\n\n`),
    gap: (_, cursor) => wrap(`id: ${cursor}\nevent: gap\ndata: ${JSON.stringify({ cursor })}\n\n`),
    error: ({ code, message }) =>
      wrap(`event: error\ndata: ${JSON.stringify({ code: codeOf({ status: 500, code }), detail: message })}\n\n`),
    ephemeral: (event, data) => wrap(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    comment: wrap(':\n\n'),
    end: Buffer.from(end),
  };
}

/** HTTP/1.1: each event is one chunk, encoded once and written to many sockets. */
const CHUNKED = encoding(text => Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`), '0\r\n\r\n');
/** HTTP/1.0, nginx's default for upstreams: the stream ends with the connection. */
const PLAIN = encoding(text => Buffer.from(text), '');

/** Open event streams. */
export class EventStreams {
  readonly #hub: Hub;
  readonly #open = new Set<Stream>();
  readonly #heartbeat: NodeJS.Timeout;

  constructor(hub: Hub) {
    this.#hub = hub;
    this.#heartbeat = setInterval(() => {
      for (const stream of this.#open) stream.send(stream.framing.comment);
    }, HEARTBEAT_MS).unref();
  }

  get size(): number {
    return this.#open.size;
  }

  /** Turns a response into an event stream. It resumes at Last-Event-ID, if given. */
  hold(response: ServerResponse, subscription: Subscription, caller: Caller): void {
    const { socket } = response;
    if (!socket) {
      // Waits until earlier requests on the same connection are answered.
      response.once('socket', () => this.hold(response, subscription, caller));
      return;
    }
    if (socket.destroyed) return;
    const { method, httpVersion } = response.req;
    const encoding = httpVersion === '1.0' ? PLAIN : CHUNKED;
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
      ...(encoding === CHUNKED && { 'Transfer-Encoding': 'chunked' }),
    });
    if (method === 'HEAD') {
      response.end();
      return;
    }
    response.flushHeaders();
    const stream = new Stream(socket, encoding, caller);
    stream.send(encoding.comment);
    this.#open.add(stream);
    socket.setTimeout(0).on('close', () => {
      this.#open.delete(stream);
      this.#hub.leave(stream, subscription.topic);
    });
    releaseResponse(response, socket);
    this.#hub.subscribe(subscription, stream, caller).catch(error => stream.disconnect(error));
  }

  /** Ends the streams of visitors whose session ended. */
  recheck(whom: (caller: Caller) => boolean): void {
    for (const stream of this.#open) if (isOver(stream.caller, whom)) stream.disconnect(SIGNED_OUT);
  }

  /** Sends an event that concerns no room to all streams. */
  tell({ type, ...data }: Extract<ServerFrame, { type: 'about' | 'people' }>): void {
    const framed = new Map([CHUNKED, PLAIN].map(encoding => [encoding, encoding.ephemeral(type, data)]));
    for (const stream of this.#open) stream.send(framed.get(stream.framing)!);
  }

  /** Ends all streams; browsers reconnect by themselves. */
  close(): void {
    clearInterval(this.#heartbeat);
    for (const stream of this.#open) stream.end();
  }
}

class Stream extends TurnWriter implements Subscriber {
  readonly framing: Encoding;
  readonly caller: Caller;
  readonly #socket: Socket;

  constructor(socket: Socket, encoding: Encoding, caller: Caller) {
    super(socket);
    this.caller = caller;
    this.framing = encoding;
    this.#socket = socket;
  }

  end(): void {
    this.#endWith(this.framing.end);
  }

  disconnect(reason: DisconnectReason): void {
    this.#endWith(Buffer.concat([this.framing.error(reason), this.framing.end]));
    setTimeout(() => this.#socket.destroy(), CLOSE_TIMEOUT_MS).unref();
  }

  refuse(_: string, reason: DisconnectReason): void {
    this.disconnect(reason);
  }

  #endWith(bytes: Buffer): void {
    this.flush();
    this.#socket.end(bytes);
  }
}
