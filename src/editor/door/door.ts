import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { refuseRaw } from '../../http/answer.ts';
import { refuseHandshake } from '../../http/handshake.ts';
import { HOST_CHANGED } from '../../http/hosts.ts';
import type { Client, Message, Right } from '../protocol/message.ts';
import { Guesses, LIMITS, type Limits } from './limits.ts';
import type { Origins } from './origins.ts';
import { forKnown, forStranger } from './places.ts';
import { covers } from './rights.ts';
import { Session, type SessionParts } from './session.ts';

/** What is behind the door, and who may come in. */
export interface DoorParts extends Omit<SessionParts, 'guesses' | 'limits' | 'full'> {
  readonly origins: Pick<Origins, 'fault'>;
  /** Hears why a page was refused, and what the owner can do. */
  advise?(sentence: string): void;
  /** Limits other than the usual. */
  readonly limits?: Partial<Limits>;
}

/** Where editors connect: a WebSocket that speaks the FBP network protocol. */
export class Door {
  readonly #server: WebSocketServer;
  readonly #given: DoorParts;
  readonly #session: SessionParts;
  readonly #sessions = new Map<WebSocket, Session>();
  readonly #alive = new WeakSet<WebSocket>();
  readonly #heartbeat: NodeJS.Timeout;
  #lastId = 0;

  constructor(given: DoorParts) {
    const limits = { ...LIMITS, ...given.limits };
    this.#given = given;
    this.#session = {
      ...given,
      limits,
      guesses: new Guesses(limits.longestWait),
      full: (session, rights) => this.#full(session, rights),
    };
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: limits.bytes,
      perMessageDeflate: false,
      handleProtocols: offered => (offered.has('noflo') ? 'noflo' : false),
    });
    this.#server.on('wsClientError', refuseHandshake);
    this.#heartbeat = setInterval(() => this.#beat(), limits.heartbeat).unref();
  }

  /** Who is connected, whether with a good secret or not. */
  get clients(): Iterable<Client> {
    return this.#sessions.values();
  }

  /** Takes a connection over from HTTP, or refuses it with a problem. `from` is its address as a keyed hash. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, from: string): void {
    const { origin, host, 'x-forwarded-host': forwarded } = request.headers;
    const fault = this.#given.origins.fault(origin, host, forwarded?.toString());
    const crowded = fault === undefined ? this.#crowded(from) : undefined;
    if (fault !== undefined) {
      this.#given.advise?.(`${fault}; they asked ${host ?? 'this server'}. ${HOST_CHANGED}`);
      refuseRaw(socket, 403, fault);
    } else if (crowded !== undefined) refuseRaw(socket, 503, crowded, { 'Retry-After': '10' });
    else this.#server.handleUpgrade(request, socket, head, opened => this.#welcome(opened, from));
  }

  /** Sends a message to all whose capabilities cover it, but for one. What can't be told as JSON is told to nobody. */
  broadcast(message: Message, except?: Client): void {
    let frame: string | undefined;
    try {
      for (const session of this.#sessions.values()) {
        if (session === except || !covers(session, message)) continue;
        frame ??= JSON.stringify(message);
        session.send(frame);
      }
    } catch (error) {
      this.#session.failed(error as Error);
    }
  }

  /** Says goodbye to everybody. */
  close(): void {
    clearInterval(this.#heartbeat);
    for (const session of this.#sessions.values()) session.cut(1001, 'the server stops; come back');
  }

  #welcome(opened: WebSocket, from: string): void {
    this.#lastId += 1;
    const session = new Session(opened, this.#session, this.#lastId, from);
    this.#sessions.set(opened, session);
    this.#alive.add(opened);
    opened.on('pong', () => this.#alive.add(opened));
    // ws closes by itself what breaks its rules, with a reason; the error itself is nobody's news.
    opened.on('error', () => {});
    opened.on('message', (data, isBinary) => {
      this.#alive.add(opened);
      session.take(data, isBinary);
    });
    opened.on('close', () => {
      this.#sessions.delete(opened);
      session.leave();
    });
  }

  /** Makes room for one more connection that has shown no secret yet. Returns why there is none. */
  #crowded(from: string): string | undefined {
    const leaving = forStranger([...this.#sessions.values()], from, this.#session.limits, performance.now());
    return this.#replaced(leaving, 1008, 'others want to connect; show a good secret at once');
  }

  /** The same for who has shown a good secret. */
  #full(session: Session, rights: ReadonlySet<Right>): string | undefined {
    const others = [...this.#sessions.values()].filter(other => other !== session);
    const leaving = forKnown(others, rights, this.#session.limits);
    return this.#replaced(leaving, 1013, 'an editor takes the place of this viewer; come back later');
  }

  #replaced(leaving: readonly Session[] | string, code: number, reason: string): string | undefined {
    if (typeof leaving === 'string') return leaving;
    for (const [opened, session] of this.#sessions) {
      if (!leaving.includes(session)) continue;
      this.#sessions.delete(opened);
      session.cut(code, reason);
    }
  }

  #beat(): void {
    for (const opened of this.#server.clients) {
      // Who is not read from can't be heard to answer, nor at once when it is read from again.
      if (opened.isPaused) this.#alive.add(opened);
      else if (!this.#alive.delete(opened)) opened.terminate();
      else opened.ping();
    }
  }
}
