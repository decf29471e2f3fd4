import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Gate, Outcome, Request } from './gate.ts';
import type { Client, Framing, Live } from './live.ts';
import { problem, Unreadable } from './problem.ts';
import { object } from './request.ts';

/** The most bytes of a frame that comes in. */
const MOST_BYTES = 64 * 1024;
/** The most rooms that one connection may hear. */
const MOST_ROOMS = 100;
/** The most frames of one connection that may wait for their answer. */
const MOST_WAITING = 100;
/** Bytes that a connection may be behind with answers to its own frames. */
const MOST_BACKLOG = 1024 * 1024;
/** Milliseconds between pings; who has not answered one when the next is due is gone. */
const HEARTBEAT = 30_000;

/** A WebSocket frame with text, as a server sends it: made once, and written to many sockets. */
function frame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const bytes = Buffer.allocUnsafe(start + length);
  bytes[0] = 0x81;
  bytes[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (start === 4) bytes.writeUInt16BE(length, 2);
  if (start === 10) bytes.writeBigUInt64BE(BigInt(length), 2);
  bytes.write(text, start);
  return bytes;
}

const framing: Framing = {
  event: (_, event, cursor, data) => frame(`{"type":"${event}","cursor":"${cursor}",${data.slice(1)}`),
  gap: (topic, cursor) => frame(JSON.stringify({ type: 'gap', room: topic.replace(/^room\//, ''), cursor })),
};

/** The connections that speak JSON frames: `subscribe`, `unsubscribe` and `send`. */
export class Sockets {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MOST_BYTES, perMessageDeflate: false });
  readonly #gate: Gate;
  readonly #live: Live;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #alive = new WeakSet<WebSocket>();

  constructor(gate: Gate, live: Live) {
    this.#gate = gate;
    this.#live = live;
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT).unref();
  }

  get size(): number {
    return this.#server.clients.size;
  }

  /** Takes a connection over from HTTP. `from` is its address as a keyed hash. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, from: string): void {
    this.#server.handleUpgrade(request, socket, head, opened => {
      this.#alive.add(opened);
      opened.on('pong', () => this.#alive.add(opened));
      // ws closes by itself what breaks its rules, with a reason; the error itself is nobody's news.
      opened.on('error', () => {});
      const talk = new Talk(opened, socket, this.#gate, this.#live, from);
      opened.on('message', (data, isBinary) => void talk.take(data, isBinary));
      opened.on('close', () => this.#live.leave(talk));
    });
  }

  /** Says goodbye to everybody. */
  close(): void {
    clearInterval(this.#heartbeat);
    for (const opened of this.#server.clients) opened.close(1001, 'the server stops; come back with your cursor');
  }

  #beat(): void {
    for (const opened of this.#server.clients) {
      if (!this.#alive.delete(opened)) opened.terminate();
      else opened.ping();
    }
  }
}

/** One connection's side of the conversation. */
class Talk implements Client {
  readonly framing = framing;
  readonly #opened: WebSocket;
  readonly #socket: Duplex;
  readonly #gate: Gate;
  readonly #live: Live;
  readonly #from: string;
  /** The topic of each room that it hears. */
  readonly #topics = new Map<string, string>();
  #waiting = 0;

  constructor(opened: WebSocket, socket: Duplex, gate: Gate, live: Live, from: string) {
    this.#opened = opened;
    this.#socket = socket;
    this.#gate = gate;
    this.#live = live;
    this.#from = from;
  }

  get backlog(): number {
    return this.#socket.writableLength;
  }

  send(bytes: Buffer): void {
    if (this.#opened.readyState === this.#opened.OPEN) this.#socket.write(bytes);
  }

  drained(): Promise<void> {
    if (!this.#socket.writableNeedDrain) return Promise.resolve();
    return new Promise(resolve => this.#socket.once('drain', resolve).once('close', resolve));
  }

  cut(reason: string): void {
    this.#opened.close(1013, reason.slice(0, 120));
    setTimeout(() => this.#opened.terminate(), 1000).unref();
  }

  /** Does what a frame says. Whatever is wrong with it comes back as an `error` frame. */
  async take(data: RawData, isBinary: boolean): Promise<void> {
    if (isBinary) return this.#opened.close(1003, 'frames are JSON text');
    if (this.backlog > MOST_BACKLOG) return this.cut('this connection does not read what it is sent');
    let about: { key?: unknown; room?: unknown } = {};
    this.#waiting += 1;
    try {
      const said = object(String(data));
      about = { ...(said.key !== undefined && { key: said.key }), ...(said.room !== undefined && { room: said.room }) };
      if (this.#waiting > MOST_WAITING) throw new Unreadable(503, `${MOST_WAITING} frames wait already; slow down`);
      await this.#obey(said);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#say({ type: 'error', ...about, ...problem({ status: error.status, detail: error.message }) });
    } finally {
      this.#waiting -= 1;
    }
  }

  #obey(said: Readonly<Record<string, unknown>>): Promise<void> | void {
    const { type, room } = said;
    const does = typeof type === 'string' && Object.hasOwn(this.#verbs, type) ? this.#verbs[type] : undefined;
    if (!does) throw new Unreadable(400, `a frame's type is ${Object.keys(this.#verbs).join(', ')}`);
    if (typeof room !== 'string') throw new Unreadable(422, `${type} needs a room`);
    return does(room, said);
  }

  readonly #verbs: Readonly<
    Record<string, (room: string, said: Readonly<Record<string, unknown>>) => Promise<void> | void>
  > = {
    subscribe: async (room, { after }) => {
      if (after !== undefined && typeof after !== 'string') throw new Unreadable(422, 'after is a cursor, EPOCH:SEQ');
      if (!this.#topics.has(room) && this.#topics.size >= MOST_ROOMS) {
        throw new Unreadable(422, `one connection hears ${MOST_ROOMS} rooms at most; unsubscribe from one`);
      }
      const outcome = await this.#ask({
        method: 'GET',
        path: `/api/rooms/${room}/events`,
        query: after === undefined ? {} : { after },
      });
      const subscription = 'body' in outcome.answer ? outcome.answer.subscription : undefined;
      if (!subscription) return this.#refuse(outcome, { room });
      if (this.#opened.readyState !== this.#opened.OPEN) return;
      this.#topics.set(room, subscription.topic);
      this.#say({ type: 'subscribed', room, ...(after !== undefined && { cursor: after }) });
      await this.#live.subscribe(subscription, this).catch(error => this.cut((error as Error).message));
    },
    unsubscribe: room => {
      const topic = this.#topics.get(room);
      this.#topics.delete(room);
      if (topic !== undefined) this.#live.leave(this, topic);
    },
    send: async (room, { key, author, text }) => {
      if (typeof key !== 'string' || key === '' || key.length > 200)
        throw new Unreadable(422, 'send needs a key of 1 to 200 characters');
      const body = { ...(author !== undefined && { author }), ...(text !== undefined && { text }) };
      const outcome = await this.#ask({ method: 'POST', path: `/api/rooms/${room}/messages`, body, key });
      if (!('body' in outcome.answer)) return this.#refuse(outcome, { key, room });
      this.#say({ type: 'ack', key, room, seq: JSON.parse(outcome.answer.body).seq });
    },
  };

  #ask(request: Pick<Request, 'method' | 'path'> & Partial<Request>): Promise<Outcome> {
    return this.#gate.ask({ query: {}, body: {}, from: this.#from, ...request });
  }

  #refuse({ answer, node }: Outcome, about: { key?: string; room: string }): void {
    if ('detail' in answer) this.#say({ type: 'error', ...about, ...problem(answer, node) });
  }

  #say(content: object): void {
    this.send(frame(JSON.stringify(content)));
  }
}
