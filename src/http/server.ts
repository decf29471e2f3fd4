import { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ListenAddress } from '../host.ts';
import { problem, responses, sendProblem, sendRawProblem } from './answer.ts';

/** A request's URL without BASE_PATH, as far as the proxy has left it there. */
export function below(basePath: string, given = '/'): string {
  // A request to a proxy names scheme and host as well; a server has to take it.
  const url = given.replace(/^https?:\/\/[^/?]*/i, '');
  const rest = url.startsWith(basePath) ? url.slice(basePath.length) : url;
  if (rest[0] === '/') return rest;
  if (rest === '' || rest[0] === '?') return `/${rest}`;
  return url.startsWith('/') ? url : `/${url}`;
}

/** A URL without its query. */
export const withoutQuery = (url = '/'): string => url.split('?', 1)[0]!;

/** Begins to take connections. Rejects with a sentence that names `settings`, which say where, if the port can't be taken. */
export function listen(server: Server, { host, port }: ListenAddress, settings: string): Promise<void> {
  return new Promise((listening, refused) => {
    const fail = ({ message }: Error) =>
      refused(new Error(`port ${port} of ${host} can't be taken: ${message}; choose another with ${settings}`));
    server.once('error', fail).listen(port, host, () => {
      server.off('error', fail);
      listening();
    });
  });
}

/** Addresses that mean all of a machine's, which nobody can open, and one of them that can be. */
const EVERYWHERE: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/** Where a server can be reached, on its own machine at least. */
export function authority(given: string, server: Server): string {
  const { port } = server.address() as AddressInfo;
  const host = EVERYWHERE.get(given) ?? given;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Milliseconds that a connection may be idle: longer than proxies keep theirs, so that they never use one that just ends. */
const KEEP_ALIVE_MS = 75_000;
/** Milliseconds that a request's header, and all of it, may take to arrive. */
const HEADER_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Milliseconds between two looks for requests that take too long. */
const POLL_MS = 5000;
/** Milliseconds that callers have to take their last answer. */
const DRAIN_TIMEOUT_MS = 1000;
/** Milliseconds between two looks whether they have. */
const DRAIN_POLL_MS = 10;

/** What Node's parser says of a request that it can't read. */
const UNREADABLE: Readonly<Record<string, [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the header has more than 16 kB'],
  HPE_INVALID_METHOD: [400, 'there is no such method'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request took too long to arrive'],
};

/** The response that a connection had last. */
const last = new WeakMap<Duplex, ServerResponse>();

/** Connections that have brought something unreadable behind a request whose answer is due. */
const spoilt = new WeakSet<Duplex>();

/** The response that is under way, as far as Node knows, wherever one was released. */
const endless = new ServerResponse(new IncomingMessage(new Socket()));

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Node's HTTP server, where what it can't read itself is refused with a problem as well. What `isSocket` says is a
 * request for a WebSocket goes to `upgrade`; any other Upgrade is ignored.
 */
export class HttpServer extends Server {
  readonly #pipelines: Pipelines;
  readonly #state: { ending: boolean };

  constructor(isSocket: (request: IncomingMessage) => boolean, handle: Handle) {
    const state = { ending: false };
    super({
      // Of many requests that a connection has brought already, each gets its answer.
      ServerResponse: responses(response => state.ending && last.get(response.req.socket) === response),
      requireHostHeader: false,
      shouldUpgradeCallback: isSocket,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEADER_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: POLL_MS,
    });
    this.#state = state;
    this.#pipelines = new Pipelines(handle);
    this.on('request', (request: IncomingMessage, response: ServerResponse) => {
      last.set(request.socket, response);
      if (hosts(request) === 1 || request.httpVersion === '1.0') this.#pipelines.take(request, response);
      else sendProblem(response, problem({ status: 400, detail: 'a request names exactly one Host' }));
    });
    this.on('clientError', refuseUnreadable);
    this.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
      sendProblem(response, problem({ status: 417, detail: `nobody here can do "${request.headers.expect}"` }));
    });
    this.on('connect', (_, socket: Duplex) =>
      sendRawProblem(socket, 405, 'this server is no proxy', { Allow: 'GET, HEAD, POST' }),
    );
  }

  /** From now on each answer ends its connection, also those that are under way. */
  beginEnd(): void {
    this.#state.ending = true;
  }

  get isEnding(): boolean {
    return this.#state.ending;
  }

  /**
   * Lets go of the port and of all connections, when callers have had time to take their answers. Who asks within `grace`
   * milliseconds, on an old connection or on a new one, still gets one; where no connection is left, nobody is waited for.
   */
  async end(grace: number): Promise<void> {
    const asking = performance.now() + grace;
    const isOver = (now: number) =>
      now >= asking && (this.#pipelines.answering === 0 || now >= asking + DRAIN_TIMEOUT_MS);
    const open = promisify(this.getConnections.bind(this));
    while (!isOver(performance.now()) && (await open()) > 0) await sleep(DRAIN_POLL_MS);
    const closed = new Promise(resolve => this.close(resolve));
    this.closeAllConnections();
    await closed;
  }
}

function refuseUnreadable({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  const refuseIt = () => sendRawProblem(socket, ...(UNREADABLE[code ?? ''] ?? [400, 'this is no HTTP request']));
  const answering = last.get(socket);
  // A good request before it on the same connection gets its answer first.
  const due = answering?.req.complete && !answering.writableFinished && !answering.destroyed;
  if (answering === endless) socket.destroy();
  else if (!due) refuseIt();
  else if (!spoilt.has(socket)) {
    spoilt.add(socket);
    answering.once('finish', refuseIt);
  }
}

/**
 * Lets Node forget a response, whose head is sent, and its request: they weigh more than all the rest of a connection
 * that is silent. The connection stays open for what its owner writes, and takes no other request.
 */
export function releaseResponse(response: ServerResponse, socket: Socket): void {
  // There is another request already, or the connection would end with the response, as it does with HTTP/1.0.
  if (last.get(socket) !== response || !response.shouldKeepAlive || !response.chunkedEncoding) return;
  // Without this, the end would send the last chunk.
  response.chunkedEncoding = false;
  response.end().once('finish', () => {
    if (last.get(socket) !== response) return socket.destroy();
    last.set(socket, endless);
    endless.assignSocket(socket);
    socket.setTimeout(0);
  });
}

function hosts({ rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

/** Requests of one connection that are worked on at a time. */
const MAX_AT_ONCE = 16;

/** What a connection has asked. */
interface Pipeline {
  answering: number;
  /** What has to wait for its turn. While anything does, the connection is not read from. */
  readonly waiting: (readonly [request: IncomingMessage, response: ServerResponse])[];
}

/** Lets each connection have a few requests worked on at a time, however many it sends without waiting for answers. */
export class Pipelines {
  readonly #handle: Handle;
  readonly #pipelines = new WeakMap<Socket, Pipeline>();
  #answering = 0;

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  /** Requests on all connections whose answer is due. */
  get answering(): number {
    return this.#answering;
  }

  /** Hands a request over as soon as it is its turn. */
  take(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    let pipeline = this.#pipelines.get(socket);
    if (!pipeline) {
      pipeline = { answering: 0, waiting: [] };
      this.#pipelines.set(socket, pipeline);
    }
    if (pipeline.answering < MAX_AT_ONCE) this.#begin(pipeline, request, response);
    else this.#queue(pipeline, request, response);
  }

  #begin(pipeline: Pipeline, request: IncomingMessage, response: ServerResponse): void {
    pipeline.answering += 1;
    this.#answering += 1;
    response.once('close', () => {
      pipeline.answering -= 1;
      this.#answering -= 1;
      if (pipeline.waiting.length > 0) this.#next(pipeline, request.socket);
    });
    this.#handle(request, response);
  }

  #queue({ waiting }: Pipeline, request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    if (waiting.length === 0) {
      // Node reads on by itself where it wants the rest of a body, or when a connection has taken what was written to it.
      const stay = () => {
        if (waiting.length === 0) socket.off('resume', stay);
        // A pause is told only once, and Node has begun to read again after that.
        else if (socket.isPaused()) socket.emit('pause');
        else socket.pause();
      };
      socket.on('resume', stay);
    }
    waiting.push([request, response]);
    socket.pause();
  }

  #next(pipeline: Pipeline, socket: Socket): void {
    const { waiting } = pipeline;
    if (socket.destroyed) waiting.length = 0;
    const next = waiting.shift();
    if (next && waiting.length === 0) socket.resume();
    if (next) this.#begin(pipeline, ...next);
  }
}
