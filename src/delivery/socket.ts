import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import * as v from 'valibot';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { type Caller, isOver, type Visitor } from '../accounts/accounts.ts';
import type { Gate, Outcome, Request } from '../gate/gate.ts';
import { ownProblem, problem, RefusalError, refuseHandshake } from '../http/answer.ts';
import { object, ownerOf } from '../http/request.ts';
import { type About, AnsweredPost, type ChatMessage, OwnerKey, PostKey } from '../model/chat.ts';
import { ClientFrame, type ServerFrame } from '../model/chat-frames.ts';
import { refusal } from '../model/codes.ts';
import { MAX_BODY_BYTES, MAX_KEY_LENGTH, MAX_SUBSCRIPTIONS, MIN_OWNER_LENGTH } from '../model/limits.ts';
import type { Subscription } from '../model/packets.ts';
import { closeSocket, framing, toFrame } from './frames.ts';
import type { Hub, Subscriber } from './hub.ts';
import type { QuestionRefused } from './questions.ts';
import { flushAll, TurnWriter } from './turn-writer.ts';

/** Limit of one connection's frames that await an answer. */
const MAX_WAITING = 100;
/** Limit of unsent answers to a connection's own frames, in bytes. */
const MAX_BACKLOG_BYTES = 1024 * 1024;

/** Milliseconds after which a token is no longer accepted. */
const HELLO_MS = 5000;
/** Close code for a client that has to sign in. */
const SIGN_IN_CLOSE = 4401;

/** Resolves a token's visitor. */
type SignIn = (token: string) => Visitor | Promise<Visitor>;

type FrameFields = Readonly<Record<string, unknown>>;

/**
 * The schema only lends its types here. Fields are checked one by one where they are used, as each has a code of its own and
 * the graph decides about rooms, cursors, authors and texts: its limits are those of its nodes.
 */
const TYPES = ClientFrame.options.map(({ entries }) => entries.type.literal);

/** One connection: handles its frames. */
class SocketSession extends TurnWriter implements Subscriber {
  readonly framing = framing;
  readonly #opened: WebSocket;
  readonly #gate: Gate;
  readonly #hub: Hub;
  readonly #from: string;
  readonly #signIn: SignIn;
  readonly #opens = performance.now();
  #visitor: Visitor;
  /** Whether no frame has come yet. */
  #isFresh = true;
  /** Settled once a token was resolved; undefined without a token. */
  #greeting: Promise<void> | undefined;
  /** Subscriptions by room. */
  readonly #rooms = new Map<string, Subscription>();
  /** Settled once the last `subscribe` or `unsubscribe` was handled. */
  #listening: Promise<unknown> = Promise.resolve();
  /** Settled once all rooms have caught up. */
  #catching: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(
    opened: WebSocket,
    socket: Duplex,
    { gate, hub }: { readonly gate: Gate; readonly hub: Hub },
    { from, visitor, signIn }: SocketCaller,
  ) {
    super(socket);
    this.#opened = opened;
    this.#gate = gate;
    this.#hub = hub;
    this.#from = from;
    this.#visitor = visitor;
    this.#signIn = signIn;
  }

  get caller(): Caller {
    return { visitor: this.#visitor, request: this.#request({ method: 'GET', path: '/api/socket' }) };
  }

  override send(bytes: Buffer): void {
    if (this.#opened.readyState === this.#opened.OPEN) super.send(bytes);
  }

  disconnect({ message }: Error): void {
    closeSocket(this.#opened, 1013, message);
  }

  /** Closes the connection of a visitor whose session ended. */
  signedOut(): void {
    this.#turnAway('this session is over; sign in again');
  }

  #turnAway(detail: string): void {
    this.leave();
    this.#say({ type: 'error', ...ownProblem('sign-in', detail) });
    closeSocket(this.#opened, SIGN_IN_CLOSE, detail);
  }

  /** Cancels all subscriptions. */
  leave(): void {
    for (const { topic } of this.#rooms.values()) this.#hub.leave(this, topic);
    this.#rooms.clear();
  }

  /** Handles a frame. Answers an invalid one with an `error` frame. */
  async take(data: RawData, isBinary: boolean): Promise<void> {
    if (isBinary) return closeSocket(this.#opened, 1003, 'frames are JSON text');
    if (this.backlog > MAX_BACKLOG_BYTES)
      return this.disconnect(new RefusalError('too-slow', 'this connection does not read what it is sent'));
    let about: { key?: unknown; room?: unknown } = {};
    this.#waiting += 1;
    try {
      const frame = object(String(data));
      about = {
        ...(frame.key !== undefined && { key: frame.key }),
        ...(frame.room !== undefined && { room: frame.room }),
      };
      if (this.#waiting > MAX_WAITING)
        throw new RefusalError('too-many-waiting', `${MAX_WAITING} frames wait already; slow down`);
      const isFirst = this.#isFresh;
      this.#isFresh = false;
      if (frame.type === 'hello') await this.#greet(frame, isFirst);
      else {
        if (this.#greeting) await this.#greeting;
        await this.#obey(frame);
      }
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      this.#say({ type: 'error', ...about, ...ownProblem(error.code, error.message) });
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Makes the token's visitor the caller from now on; other proofs, such as a cookie, no longer count. */
  async #greet({ token }: FrameFields, isFirst: boolean): Promise<void> {
    if (typeof token !== 'string') throw new RefusalError('frame-invalid', 'hello needs a token');
    if (!isFirst || performance.now() - this.#opens > HELLO_MS)
      throw new RefusalError('frame-invalid', `hello is the first frame, within ${HELLO_MS / 1000} s; connect anew`);
    // Frames that follow at once are already asked as this visitor.
    this.#greeting = Promise.resolve(this.#signIn(token)).then(visitor => {
      this.#visitor = visitor;
    });
    await this.#greeting;
    const { who } = this.#visitor;
    if (who.kind === 'guest') this.#turnAway('this token is none, or not any more');
    else this.#say({ type: 'welcome', who });
  }

  #obey(frame: FrameFields): Promise<void> {
    const { type, room } = frame;
    if (!TYPES.some(known => known === type))
      throw new RefusalError('unreadable', `a frame's type is ${TYPES.join(', ')}`);
    if (typeof room !== 'string') throw new RefusalError('frame-invalid', `${type} needs a room`);
    // A slash would change the path.
    if (room.includes('/'))
      throw new RefusalError('room-invalid', `${JSON.stringify(room)} is no name of a room: it has a slash`);
    if (type === 'send') return this.#write('POST', `/api/rooms/${room}/messages`, room, frame);
    if (type === 'edit') return this.#write('PATCH', messagePath(room, frame), room, frame);
    if (type === 'remove') return this.#write('DELETE', messagePath(room, frame), room, frame);
    if (type === 'react') return this.#write('PUT', reactionPath(room, frame), room, frame);
    if (type === 'unreact') return this.#write('DELETE', reactionPath(room, frame), room, frame);
    return this.#inOrder(() => (type === 'subscribe' ? this.#subscribe(room, frame) : this.#unsubscribe(room)));
  }

  #inOrder(act: () => Promise<void> | void): Promise<void> {
    const done = this.#listening.then(act);
    this.#listening = done.catch(() => {});
    return done;
  }

  async #subscribe(room: string, { after }: FrameFields): Promise<void> {
    if (after !== undefined && typeof after !== 'string')
      throw new RefusalError('cursor-invalid', 'after is a cursor, EPOCH:SEQ');
    if (!this.#rooms.has(room) && this.#rooms.size >= MAX_SUBSCRIPTIONS) {
      throw new RefusalError(
        'subscriptions-limit',
        `one connection hears ${MAX_SUBSCRIPTIONS} rooms at most; unsubscribe from one`,
      );
    }
    const asked = { method: 'GET', path: `/api/rooms/${room}/events` };
    const outcome = await this.#ask({ ...asked, ...(after !== undefined && { query: { after } }) });
    const subscription = 'body' in outcome.answer ? outcome.answer.subscription : undefined;
    if (!subscription) return this.#refuse(outcome, { room });
    if (this.#opened.readyState !== this.#opened.OPEN) return;
    // A repeated `subscribe` starts over, even if the room was renamed.
    this.#unsubscribe(room);
    this.#rooms.set(room, subscription);
    this.#say({ type: 'subscribed', room, ...(after !== undefined && { cursor: after }) });
    const caller = { visitor: this.#visitor, request: this.#request(asked) };
    if (after === undefined) return this.#hub.subscribe(subscription, this, caller);
    this.#catching = this.#catching.then(() => this.#catchUp(room, subscription, caller));
  }

  /** Catches up rooms one by one, so that at most one page is waiting to be sent. */
  async #catchUp(room: string, subscription: Subscription, caller: Caller): Promise<void> {
    if (this.#rooms.get(room) !== subscription) return;
    await this.#hub.subscribe(subscription, this, caller).catch((reason: QuestionRefused) => {
      if (reason.isFinal) this.refuse(subscription.topic, reason);
      else this.disconnect(reason);
    });
  }

  /** Other rooms stay subscribed. */
  refuse(topic: string, { refusal, node }: QuestionRefused): void {
    for (const [room, subscription] of this.#rooms) {
      if (subscription.topic !== topic) continue;
      this.#rooms.delete(room);
      this.#say({ type: 'error', room, ...problem(refusal, node) });
    }
  }

  #unsubscribe(room: string): void {
    const subscription = this.#rooms.get(room);
    this.#rooms.delete(room);
    if (subscription) this.#hub.leave(this, subscription.topic);
  }

  /** Posts or changes a message. */
  async #write(method: string, path: string, room: string, frame: FrameFields): Promise<void> {
    const { type, key, author, text, owner } = frame;
    if (!v.is(PostKey, key))
      throw new RefusalError('frame-invalid', `${type} needs a key of 1 to ${MAX_KEY_LENGTH} characters`);
    if (owner !== undefined && !v.is(OwnerKey, owner))
      throw new RefusalError('frame-invalid', `owner has ${MIN_OWNER_LENGTH} to ${MAX_KEY_LENGTH} characters`);
    const body = { ...(author !== undefined && { author }), ...(text !== undefined && { text }) };
    const proof = owner !== undefined && { owner: ownerOf(owner) };
    const outcome = await this.#ask({ method, path, body, key, ...proof });
    if (!('body' in outcome.answer)) return this.#refuse(outcome, { key, room });
    const told = parsed(outcome.answer.body);
    if (v.is(AnsweredPost, told)) this.#say({ type: 'answer', key, room, ...told.answer });
    else this.#say({ type: 'ack', key, room, seq: (Object(told) as ChatMessage).seq });
  }

  #ask(request: Pick<Request, 'method' | 'path'> & Partial<Request>): Promise<Outcome> {
    return this.#gate.ask(this.#request(request));
  }

  #request(request: Pick<Request, 'method' | 'path'> & Partial<Request>): Request {
    return { query: {}, body: {}, from: this.#from, who: this.#visitor.who, ...request };
  }

  #refuse({ answer, node }: Outcome, about: { key?: string; room: string }): void {
    const refused = 'detail' in answer ? answer : refusal(answer.id, 'not-found', 'there is nothing to hear');
    this.#say({ type: 'error', ...about, ...problem(refused, node) });
  }

  #say(frame: ServerFrame): void {
    this.send(toFrame(JSON.stringify(frame)));
  }
}

/** The path of a frame's message. */
function messagePath(room: string, { type, id }: FrameFields): string {
  if (typeof id !== 'string' || id === '' || id.includes('/'))
    throw new RefusalError('frame-invalid', `${type} needs the id of a message`);
  return `/api/rooms/${room}/messages/${id}`;
}

/** The path of a frame's reaction. */
function reactionPath(room: string, frame: FrameFields): string {
  const { emoji } = frame;
  if (typeof emoji !== 'string' || emoji === '' || emoji.includes('/'))
    throw new RefusalError('emoji-invalid', `${frame.type} needs an emoji, such as 👍`);
  return `${messagePath(room, frame)}/reactions/${emoji}`;
}

/** The graph's answer as JSON; undefined if it is none. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Milliseconds between pings; a client without a pong by the next ping is disconnected. */
const HEARTBEAT_MS = 30_000;

/** Close reasons for protocol errors, by code. */
const REASONS: Readonly<Record<number, string>> = {
  1002: 'this is no WebSocket frame of a client',
  1007: 'text is UTF-8',
  1009: `a frame has ${MAX_BODY_BYTES} bytes at most`,
};

/**
 * A WebSocket that also gives a reason when ws itself closes it. Pending bytes are flushed first, as nothing may follow
 * a close frame.
 */
class Opened extends WebSocket {
  override close(code?: number, reason: string | Buffer | undefined = REASONS[code ?? 0]): void {
    flushAll();
    super.close(code, reason);
  }
}

/** The caller of a new connection. */
interface SocketCaller {
  /** A keyed hash of the address. */
  readonly from: string;
  readonly visitor: Visitor;
  readonly signIn: SignIn;
}

/** All connections that speak JSON frames. */
export class Sockets {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_BODY_BYTES,
    perMessageDeflate: false,
    WebSocket: Opened,
  });
  readonly #gate: Gate;
  readonly #hub: Hub;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #alive = new WeakSet<WebSocket>();
  readonly #sessions = new Set<SocketSession>();
  /** Makes the first frame of each connection. */
  readonly #hello: () => Buffer;

  /** `version` is sent to each client, so that a page can notice that it is outdated, and so is `about`. */
  constructor(gate: Gate, hub: Hub, version: string, about: () => About | undefined) {
    this.#gate = gate;
    this.#hub = hub;
    this.#hello = () => {
      const now = about();
      return toFrame(JSON.stringify({ type: 'hello', version, ...(now && { about: now }) } satisfies ServerFrame));
    };
    this.#server.on('wsClientError', refuseHandshake);
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS).unref();
  }

  get size(): number {
    return this.#server.clients.size;
  }

  /** Takes over a connection from HTTP. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, caller: SocketCaller): void {
    this.#server.handleUpgrade(request, socket, head, opened => {
      this.#alive.add(opened);
      opened.on('pong', () => this.#alive.add(opened));
      // ws then closes the connection with a reason.
      opened.on('error', () => {});
      const session = new SocketSession(opened, socket, { gate: this.#gate, hub: this.#hub }, caller);
      opened.on('message', (data, isBinary) => void session.take(data, isBinary));
      opened.on('close', () => {
        this.#sessions.delete(session);
        session.leave();
      });
      this.#sessions.add(session);
      session.send(this.#hello());
    });
  }

  /** Closes the connections of visitors whose session ended. */
  recheck(whom: (caller: Caller) => boolean): void {
    for (const session of this.#sessions) if (isOver(session.caller, whom)) session.signedOut();
  }

  /** Sends a frame that concerns no room to all connections. */
  tell(frame: Extract<ServerFrame, { type: 'about' | 'people' }>): void {
    const bytes = toFrame(JSON.stringify(frame));
    for (const session of this.#sessions) session.send(bytes);
  }

  /** Closes all connections. */
  close(): void {
    clearInterval(this.#heartbeat);
    for (const opened of this.#server.clients)
      closeSocket(opened, 1001, 'the server stops; come back with your cursor');
  }

  #beat(): void {
    for (const opened of this.#server.clients) {
      if (!this.#alive.delete(opened)) opened.terminate();
      else opened.ping();
    }
  }
}
