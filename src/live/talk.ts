import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { Gate, Outcome, Request } from '../gate.ts';
import { problem, Unreadable } from '../http/problem.ts';
import { object } from '../http/request.ts';
import type { Client, Framing, Live } from '../live.ts';
import type { Subscription } from '../packets.ts';
import { drained } from './drain.ts';

/** The most rooms that one connection may hear. */
const MOST_ROOMS = 100;
/** The most frames of one connection that may wait for their answer. */
const MOST_WAITING = 100;
/** Bytes that a connection may be behind with answers to its own frames. */
const MOST_BACKLOG = 1024 * 1024;
/** The most characters of a key. */
const MOST_KEY = 200;
/** Milliseconds that a client has to answer a goodbye. */
const FAREWELL = 1000;
/** Bytes that a close frame has for its reason. */
const REASON = 123;

type Said = Readonly<Record<string, unknown>>;

/** A WebSocket frame with text, as a server sends it: made once, and written to many sockets. */
export function frame(text: string): Buffer {
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
  event: (_, event, cursor, data) =>
    frame(`{"type":"${event}","cursor":"${cursor}"${data === '{}' ? '' : ','}${data.slice(1)}`),
  gap: (topic, cursor) => frame(JSON.stringify({ type: 'gap', room: topic.replace(/^room\//, ''), cursor })),
};

/** Closes a connection, and ends it where the other side does not answer. */
export function part(opened: WebSocket, code: number, reason: string): void {
  const bytes = Buffer.alloc(REASON);
  const { written } = new TextEncoder().encodeInto(reason, bytes);
  opened.close(code, bytes.subarray(0, written));
  setTimeout(() => opened.terminate(), FAREWELL).unref();
}

/** One connection's side of the conversation: what its frames `subscribe`, `unsubscribe` and `send` bring about. */
export class Talk implements Client {
  readonly framing = framing;
  readonly #opened: WebSocket;
  readonly #socket: Duplex;
  readonly #gate: Gate;
  readonly #live: Live;
  readonly #from: string;
  /** What it hears, by room. */
  readonly #rooms = new Map<string, Subscription>();
  /** Settled when its last `subscribe` or `unsubscribe` is done with. */
  #listening: Promise<unknown> = Promise.resolve();
  /** Settled when it has caught up in all rooms. */
  #catching: Promise<unknown> = Promise.resolve();
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
    return drained(this.#socket);
  }

  cut(reason: string): void {
    part(this.#opened, 1013, reason);
  }

  /** Hears nothing more. */
  leave(): void {
    for (const { topic } of this.#rooms.values()) this.#live.leave(this, topic);
    this.#rooms.clear();
  }

  /** Does what a frame says. Whatever is wrong with it comes back as an `error` frame. */
  async take(data: RawData, isBinary: boolean): Promise<void> {
    if (isBinary) return part(this.#opened, 1003, 'frames are JSON text');
    if (this.backlog > MOST_BACKLOG) return this.cut('this connection does not read what it is sent');
    let about: { key?: unknown; room?: unknown } = {};
    this.#waiting += 1;
    try {
      const said = object(String(data));
      about = { ...(said.key !== undefined && { key: said.key }), ...(said.room !== undefined && { room: said.room }) };
      if (this.#waiting > MOST_WAITING) throw new Unreadable(429, `${MOST_WAITING} frames wait already; slow down`);
      await this.#obey(said);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#say({ type: 'error', ...about, ...problem({ status: error.status, detail: error.message }) });
    } finally {
      this.#waiting -= 1;
    }
  }

  #obey(said: Said): Promise<void> {
    const { type, room } = said;
    const does = typeof type === 'string' && Object.hasOwn(Talk.#verbs, type) ? Talk.#verbs[type] : undefined;
    if (!does) throw new Unreadable(400, `a frame's type is ${Object.keys(Talk.#verbs).join(', ')}`);
    if (typeof room !== 'string') throw new Unreadable(422, `${type} needs a room`);
    return does(this, room, said);
  }

  static readonly #verbs: Readonly<Record<string, (talk: Talk, room: string, said: Said) => Promise<void>>> = {
    subscribe: (talk, room, said) => talk.#inOrder(() => talk.#subscribe(room, said)),
    unsubscribe: (talk, room) => talk.#inOrder(() => talk.#unsubscribe(room)),
    send: (talk, room, said) => talk.#send(room, said),
  };

  #inOrder(act: () => Promise<void> | void): Promise<void> {
    const done = this.#listening.then(act);
    this.#listening = done.catch(() => {});
    return done;
  }

  async #subscribe(room: string, { after }: Said): Promise<void> {
    if (after !== undefined && typeof after !== 'string') throw new Unreadable(422, 'after is a cursor, EPOCH:SEQ');
    if (!this.#rooms.has(room) && this.#rooms.size >= MOST_ROOMS) {
      throw new Unreadable(422, `one connection hears ${MOST_ROOMS} rooms at most; unsubscribe from one`);
    }
    const query = after === undefined ? {} : { after };
    const outcome = await this.#ask({ method: 'GET', path: `/api/rooms/${room}/events`, query });
    const subscription = 'body' in outcome.answer ? outcome.answer.subscription : undefined;
    if (!subscription) return this.#refuse(outcome, { room });
    if (this.#opened.readyState !== this.#opened.OPEN) return;
    // Whoever asks again starts again, wherever the room is told now.
    this.#unsubscribe(room);
    this.#rooms.set(room, subscription);
    this.#say({ type: 'subscribed', room, ...(after !== undefined && { cursor: after }) });
    if (after === undefined) return this.#live.subscribe(subscription, this);
    this.#catching = this.#catching.then(() => this.#catchUp(room, subscription));
  }

  /** One room after the other, so that no more than a page of one waits to be sent. */
  async #catchUp(room: string, subscription: Subscription): Promise<void> {
    if (this.#rooms.get(room) !== subscription) return;
    await this.#live.subscribe(subscription, this).catch(error => this.cut((error as Error).message));
  }

  #unsubscribe(room: string): void {
    const subscription = this.#rooms.get(room);
    this.#rooms.delete(room);
    if (subscription) this.#live.leave(this, subscription.topic);
  }

  async #send(room: string, { key, author, text }: Said): Promise<void> {
    if (typeof key !== 'string' || key === '' || key.length > MOST_KEY)
      throw new Unreadable(422, `send needs a key of 1 to ${MOST_KEY} characters`);
    const body = { ...(author !== undefined && { author }), ...(text !== undefined && { text }) };
    const outcome = await this.#ask({ method: 'POST', path: `/api/rooms/${room}/messages`, body, key });
    if ('body' in outcome.answer) this.#say({ type: 'ack', key, room, seq: seq(outcome.answer.body) });
    else this.#refuse(outcome, { key, room });
  }

  #ask(request: Pick<Request, 'method' | 'path'> & Partial<Request>): Promise<Outcome> {
    return this.#gate.ask({ query: {}, body: {}, from: this.#from, ...request });
  }

  #refuse({ answer, node }: Outcome, about: { key?: string; room: string }): void {
    const refusal = 'detail' in answer ? answer : { id: answer.id, status: 404, detail: 'there is nothing to hear' };
    this.#say({ type: 'error', ...about, ...problem(refusal, node) });
  }

  #say(content: object): void {
    this.send(frame(JSON.stringify(content)));
  }
}

/** The sequence number of a message as the graph gives it; nothing where it gives something else. */
function seq(body: string): unknown {
  try {
    return JSON.parse(body).seq;
  } catch {
    return undefined;
  }
}
