import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Caller, Visitor } from '../../accounts/accounts.ts';
import { isLoopback } from '../../host.ts';
import { refuseHandshake, sendRawProblem } from '../../http/answer.ts';
import { HOST_CHANGED, type Hosting, Hosts, isOrigin } from '../../http/origins.ts';
import type { Client, ProtocolMessage, Right } from '../message.ts';
import { CLIENT_LIMITS, type ClientLimits, Guesses } from './limits.ts';
import { maySend } from './rights.ts';
import { type Owner, Session, type SessionDeps } from './session.ts';

/** Origins of known flow editors. */
const KNOWN = ['https://app.flowhub.io', 'https://flowhub.io', 'https://noflojs.org'];

interface Editing extends Hosting {
  readonly editorOrigins: readonly string[];
  readonly editorUi: string;
}

/** Decides which pages may connect to the editor's endpoint, by the Origin that every browser sends. */
export class Origins {
  readonly #allowed: ReadonlySet<string>;
  readonly #hosts: Hosts;

  constructor({ editorOrigins, editorUi, ...hosting }: Editing) {
    this.#allowed = new Set([...KNOWN, new URL(editorUi).origin, ...editorOrigins]);
    this.#hosts = new Hosts(hosting);
  }

  /**
   * Why a page may not connect; undefined if it may. Programs send no origin and may. `host` is the Host header,
   * `forwarded` is X-Forwarded-Host. The origin of this server's own page is the host of the request, if that host is
   * one of ours.
   */
  fault(origin: string | undefined, host: string | undefined, forwarded?: string): string | undefined {
    if (origin === undefined || this.#allowed.has(origin)) return;
    const url = URL.parse(origin);
    const isProper = url !== null && url.origin === origin;
    if (isProper && /^https?:$/.test(url.protocol) && isLocal(url.hostname)) return;
    const asked = { host, 'x-forwarded-host': forwarded };
    if (isOrigin(origin, this.#hosts.of(asked)) && this.#hosts.areOurs(asked)) return;
    return `pages of ${isProper ? origin : 'an unknown origin'} may not edit; allow them with EDITOR_ORIGINS`;
  }
}

function isLocal(hostname: string): boolean {
  // IPv6 addresses in a URL have brackets.
  return isLoopback(hostname.replace(/^\[(.*)\]$/, '$1')) || hostname.endsWith('.localhost');
}

/** Accepts a connection, or refuses it with the sentence that `where` resolves to, if any. */
async function unlessElsewhere(socket: Duplex, where: Promise<string | undefined>, accept: () => void): Promise<void> {
  const close = () => void socket.destroy();
  socket.once('error', close);
  const sentence = await where.catch((error: Error) => error.message);
  socket.off('error', close);
  if (sentence === undefined) accept();
  else sendRawProblem(socket, 'editor-elsewhere', sentence, { 'Retry-After': '10' });
}

interface Guest {
  readonly rights: ReadonlySet<Right>;
  /** Keyed hash of its address. */
  readonly from: string;
  /** Connection time in milliseconds, on the clock of `now`. */
  readonly since: number;
}

type Sizes = Pick<ClientLimits, 'clients' | 'nameless' | 'share' | 'grace'>;

const isStranger = ({ rights }: Guest): boolean => rights.size === 0;
const mayEdit = ({ rights }: Guest): boolean => rights.has('edit');

/**
 * The connections to close to admit one more unauthenticated connection, or why it can't be admitted. `guests` are
 * sorted by connection time. Unauthenticated connections have their own limit, so they never displace signed-in
 * clients.
 */
export function displacedByGuest<Each extends Guest>(
  guests: readonly Each[],
  from: string,
  { clients, nameless, share, grace }: Sizes,
  now: number,
): readonly Each[] | string {
  if (guests.filter(mayEdit).length >= clients) return `${clients} editors are connected already; close one`;
  const strangers = guests.filter(isStranger);
  const isLate = ({ since }: Guest) => now - since >= grace;
  const isNear = (guest: Guest) => guest.from === from;
  const near = strangers.filter(isNear);
  const late = near.length < share ? undefined : near.find(isLate);
  if (late) return [late];
  if (strangers.length < nameless) return [];
  const byAddress = Map.groupBy(strangers, guest => guest.from);
  const [most = []] = [...byAddress.values()].toSorted((a, b) => b.length - a.length);
  // An address above its share loses its oldest connection, however new it is.
  if (most.length > share && !most.some(isNear)) return most.slice(0, 1);
  const oldest = strangers.find(isLate);
  return oldest ? [oldest] : `${nameless} connections have yet to show a good secret; try again`;
}

/** The connections to close so that one with `rights` may stay, or why it may not. An editor displaces a viewer. */
function displacedByClient<Each extends Guest>(
  others: readonly Each[],
  rights: ReadonlySet<Right>,
  { clients }: Sizes,
): readonly Each[] | string {
  const known = others.filter(guest => !isStranger(guest));
  if (known.length < clients) return [];
  const viewer = rights.has('edit') ? known.find(guest => !mayEdit(guest)) : undefined;
  return viewer ? [viewer] : `${clients} editors and viewers are connected already; close one`;
}

export interface EndpointDeps extends Omit<SessionDeps, 'guesses' | 'limits' | 'full'> {
  readonly origins: Pick<Origins, 'fault'>;
  /** The owner of a visitor who is signed in to the chat; undefined if a secret is needed. */
  readonly ownerOf?: (visitor: Visitor, from: string) => Owner | undefined;
  /** Called when connections open or close. */
  readonly changed?: () => void;
  /**
   * Resolves to a sentence with the address where the graph is edited, if it is a different process; undefined without
   * shared revisions. Rejects if that is unknown.
   */
  elsewhere?: (() => Promise<string | undefined>) | undefined;
  /** Called with why a page was refused and what the operator can do. */
  advise?(sentence: string): void;
  /** Overrides of the default limits. */
  readonly limits?: Partial<ClientLimits>;
}

/** The WebSocket endpoint where editors connect by the FBP network protocol. */
export class EditorEndpoint {
  readonly #server: WebSocketServer;
  readonly #given: EndpointDeps;
  readonly #session: SessionDeps;
  readonly #sessions = new Map<WebSocket, Session>();
  readonly #alive = new WeakSet<WebSocket>();
  readonly #heartbeat: NodeJS.Timeout;
  #lastId = 0;

  constructor(given: EndpointDeps) {
    const limits = { ...CLIENT_LIMITS, ...given.limits };
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

  /** All connections, signed in or not. */
  get clients(): Iterable<Client> {
    return this.#sessions.values();
  }

  /** Takes over a connection from HTTP, or refuses it with a problem. `from` is a keyed hash of its address. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, from: string, visitor?: Visitor): void {
    const { elsewhere } = this.#given;
    const accept = () => this.#accept(request, socket, head, from, visitor);
    if (elsewhere) void unlessElsewhere(socket, elsewhere(), accept);
    else accept();
  }

  #accept(request: IncomingMessage, socket: Duplex, head: Buffer, from: string, visitor: Visitor | undefined): void {
    const { origin, host, 'x-forwarded-host': forwarded } = request.headers;
    const fault = this.#given.origins.fault(origin, host, forwarded?.toString());
    const crowded = fault === undefined ? this.#crowded(from) : undefined;
    if (fault !== undefined) {
      this.#given.advise?.(`${fault}; they asked ${host ?? 'this server'}. ${HOST_CHANGED}`);
      sendRawProblem(socket, 'origin-refused', fault);
    } else if (crowded !== undefined) sendRawProblem(socket, 'editors-limit', crowded, { 'Retry-After': '10' });
    else this.#server.handleUpgrade(request, socket, head, opened => this.#welcome(opened, from, visitor));
  }

  /** Sends a message to all clients whose capabilities cover it, except one. Drops a message that is not valid JSON data. */
  broadcast(message: ProtocolMessage, except?: Client): void {
    let frame: string | undefined;
    try {
      for (const session of this.#sessions.values()) {
        if (session === except || !maySend(session, message)) continue;
        frame ??= JSON.stringify(message);
        session.send(frame);
      }
    } catch (error) {
      this.#session.failed(error as Error);
    }
  }

  /** Closes all connections; clients reconnect at another process. */
  dismiss(reason: string): void {
    for (const session of this.#sessions.values()) session.disconnect(1012, reason);
  }

  /** Closes the connections of people who are no longer owners. */
  recheck(whom: (caller: Caller) => boolean, isOwner: (visitor: Visitor) => boolean): void {
    for (const session of this.#sessions.values()) {
      const { caller } = session;
      if (caller && whom(caller) && !isOwner(caller.visitor))
        session.disconnect(1008, 'only owners edit without a secret, and you are signed in as none any more');
    }
  }

  /** Closes all connections. */
  close(): void {
    clearInterval(this.#heartbeat);
    for (const session of this.#sessions.values()) session.disconnect(1001, 'the server stops; come back');
  }

  #welcome(opened: WebSocket, from: string, visitor: Visitor | undefined): void {
    this.#lastId += 1;
    const owner = visitor && this.#given.ownerOf?.(visitor, from);
    const session = new Session(opened, this.#session, this.#lastId, from, owner);
    this.#sessions.set(opened, session);
    this.#alive.add(opened);
    opened.on('pong', () => this.#alive.add(opened));
    // ws then closes the connection with a reason.
    opened.on('error', () => {});
    opened.on('message', (data, isBinary) => {
      this.#alive.add(opened);
      session.take(data, isBinary);
    });
    opened.on('close', () => {
      this.#sessions.delete(opened);
      session.leave();
      this.#given.changed?.();
    });
    const full = owner && this.#full(session, owner.grant.rights);
    if (full !== undefined) session.disconnect(1013, full);
  }

  /** Closes connections to admit one more unauthenticated connection. Returns why it can't be admitted, if so. */
  #crowded(from: string): string | undefined {
    const leaving = displacedByGuest([...this.#sessions.values()], from, this.#session.limits, performance.now());
    return this.#replaced(leaving, 1008, 'others want to connect; show a good secret at once');
  }

  /** As `#crowded`, for a connection that has signed in. */
  #full(session: Session, rights: ReadonlySet<Right>): string | undefined {
    const others = [...this.#sessions.values()].filter(other => other !== session);
    const leaving = displacedByClient(others, rights, this.#session.limits);
    return this.#replaced(leaving, 1013, 'an editor takes the place of this viewer; come back later');
  }

  #replaced(leaving: readonly Session[] | string, code: number, reason: string): string | undefined {
    if (typeof leaving === 'string') return leaving;
    for (const [opened, session] of this.#sessions) {
      if (!leaving.includes(session)) continue;
      this.#sessions.delete(opened);
      session.disconnect(code, reason);
    }
  }

  #beat(): void {
    for (const opened of this.#server.clients) {
      // A paused connection doesn't read pongs, and may need a moment after it is resumed.
      if (opened.isPaused) this.#alive.add(opened);
      else if (!this.#alive.delete(opened)) opened.terminate();
      else opened.ping();
    }
  }
}
