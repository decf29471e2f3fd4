import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ListenAddress } from '../host.ts';
import type { RefusalCode } from '../model/codes.ts';
import { ownProblem, responses, sendProblem, sendRawProblem } from './answer.ts';

// Not imported, as an import of node:http also loads Node's fetch: an eighth of a start, and 13 MB.
const http = process.getBuiltinModule('node:http');

/** A request's URL without BASE_PATH, which the proxy may have removed already. */
export function below(basePath: string, given = '/'): string {
  if (basePath === '' && given[0] === '/') return given;
  // Requests in proxy form include scheme and host; servers must accept them.
  const url = given.replace(/^https?:\/\/[^/?]*/i, '');
  const rest = url.startsWith(basePath) ? url.slice(basePath.length) : url;
  if (rest[0] === '/') return rest;
  if (rest === '' || rest[0] === '?') return `/${rest}`;
  return url.startsWith('/') ? url : `/${url}`;
}

export function withoutQuery(url = '/'): string {
  const cut = url.indexOf('?');
  return cut < 0 ? url : url.slice(0, cut);
}

/** Starts to listen. Rejects with a sentence that names `settings` if the port can't be used. */
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

/** Wildcard addresses, which can't be used in URLs, with their loopback addresses. */
const EVERYWHERE: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/** Host and port under which a server is reached, at least from its own machine. */
export function authority(given: string, server: Server): string {
  const { port } = server.address() as AddressInfo;
  const host = EVERYWHERE.get(given) ?? given;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Milliseconds a connection may be idle: longer than proxies keep theirs, so that they never reuse one that is closing. */
const KEEP_ALIVE_MS = 75_000;
/** Milliseconds for a request's header, and for all of it, to arrive. */
const HEADER_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Milliseconds between checks for slow requests. */
const POLL_MS = 5000;
/** Milliseconds callers have to receive their last answer. */
const DRAIN_TIMEOUT_MS = 1000;
/** Milliseconds between checks whether they did. */
const DRAIN_POLL_MS = 10;

/** Node's parser errors as problems. */
const UNREADABLE: Readonly<Record<string, [code: RefusalCode, detail: string]>> = {
  HPE_HEADER_OVERFLOW: ['header-too-large', 'the header has more than 16 kB'],
  HPE_INVALID_METHOD: ['unreadable', 'there is no such method'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'the request took too long to arrive'],
};

/** Each connection's latest response. */
const last = new WeakMap<Duplex, ServerResponse>();

/** Connections with an unreadable request after one whose answer is pending. */
const spoilt = new WeakSet<Duplex>();

/** Stands in for released responses, so that Node sees a response under way. */
const endless = new http.ServerResponse(new http.IncomingMessage(new Socket()));

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Node's HTTP server that also answers what Node can't parse with a problem. Requests for which `isSocket` holds are
 * emitted as `upgrade`; any other Upgrade is ignored.
 */
export class HttpServer extends http.Server {
  readonly #pipelines: Pipelines;
  readonly #state: { ending: boolean };

  constructor(isSocket: (request: IncomingMessage) => boolean, handle: Handle) {
    const state = { ending: false };
    super({
      // Answers all requests that a connection has pipelined before it closes.
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
      else sendProblem(response, ownProblem('unreadable', 'a request names exactly one Host'));
    });
    this.on('clientError', refuseUnreadable);
    this.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
      sendProblem(response, ownProblem('expectation-failed', `nobody here can do "${request.headers.expect}"`));
    });
    this.on('connect', (_, socket: Duplex) =>
      sendRawProblem(socket, 'method-not-allowed', 'this server is no proxy', { Allow: 'GET, HEAD, POST' }),
    );
  }

  /** Makes each answer close its connection from now on, including answers under way. */
  beginEnd(): void {
    this.#state.ending = true;
  }

  get isEnding(): boolean {
    return this.#state.ending;
  }

  /**
   * Closes the port, and all connections once callers could receive their answers. Requests within `grace` milliseconds
   * are still answered, on old or new connections; without connections it ends at once.
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
  const refuseIt = () =>
    sendRawProblem(socket, ...(UNREADABLE[code ?? ''] ?? ['unreadable', 'this is no HTTP request']));
  const answering = last.get(socket);
  // An earlier valid request on the same connection is answered first.
  const due = answering?.req.complete && !answering.writableFinished && !answering.destroyed;
  if (answering === endless) socket.destroy();
  else if (!due) refuseIt();
  else if (!spoilt.has(socket)) {
    spoilt.add(socket);
    answering.once('finish', refuseIt);
  }
}

/**
 * Releases a response whose head is sent, and its request: they need more memory than the rest of an idle connection.
 * Its owner continues to write to the connection, which accepts no further request.
 */
export function releaseResponse(response: ServerResponse, socket: Socket): void {
  // Skips a response that has a successor or would end its connection, as in HTTP/1.0.
  if (last.get(socket) !== response || !response.shouldKeepAlive || !response.chunkedEncoding) return;
  // Otherwise the end would send the last chunk.
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

/** Limit of requests of one connection that are handled concurrently. */
const MAX_AT_ONCE = 16;

/** The requests of one connection. */
interface Pipeline {
  answering: number;
  /** Queued requests. While there are any, the connection is not read. */
  readonly waiting: (readonly [request: IncomingMessage, response: ServerResponse])[];
}

/**
 * Limits the concurrently handled requests of one connection. Requests that arrive in one turn of the event loop are
 * handled consecutively at its end: then the handling code stays in the processor's caches, which system reads in
 * between would evict.
 */
class Pipelines {
  readonly #handle: Handle;
  readonly #pipelines = new WeakMap<Socket, Pipeline>();
  readonly #arrived: (readonly [request: IncomingMessage, response: ServerResponse])[] = [];
  #answering = 0;

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  /** Unanswered requests on all connections. */
  get answering(): number {
    return this.#answering;
  }

  /** Handles a request as soon as it is its turn. */
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
    response.on('close', () => {
      pipeline.answering -= 1;
      this.#answering -= 1;
      if (pipeline.waiting.length > 0) this.#next(pipeline, request.socket);
    });
    if (this.#arrived.length === 0) setImmediate(this.#handleArrived);
    this.#arrived.push([request, response]);
  }

  readonly #handleArrived = (): void => {
    try {
      for (let next = this.#arrived.shift(); next; next = this.#arrived.shift()) {
        const [request, response] = next;
        // Nobody would receive the answer. Requests that change something are still handled.
        if (!response.destroyed || request.method !== 'GET') this.#handle(request, response);
      }
    } finally {
      // An error of one request does not affect the others.
      if (this.#arrived.length > 0) setImmediate(this.#handleArrived);
    }
  };

  #queue({ waiting }: Pipeline, request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    if (waiting.length === 0) {
      // Node resumes by itself to read the rest of a body, or after a connection has drained.
      const stay = () => {
        if (waiting.length === 0) socket.off('resume', stay);
        // Pauses again explicitly, as Node emits `pause` only once.
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
