import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import cors from '@koa/cors';
import type KoaRouter from '@koa/router';
import Koa from 'koa';
import type { Accounts, Caller, Visitor } from '../accounts/accounts.ts';
import { hookPath } from '../behaviour/signature.ts';
import type { Outcome, Request } from '../gate/contract.ts';
import type { Gate } from '../gate/gate.ts';
import { CODES } from '../model/codes.ts';
import type { Subscription } from '../model/packets.ts';
import type { Settings } from '../settings.ts';
import type { LiveAbout, TaggedJson } from './about.ts';
import {
  allowed,
  answer,
  hasTag,
  ownProblem,
  RefusalError,
  sendAccountReply,
  sendAllowed,
  sendProblem,
  sendRawProblem,
  UPGRADE_LOST,
} from './answer.ts';
import {
  addresses,
  type ConnectionLimits,
  LATER,
  limitConnections,
  openPerCaller,
  TOO_MANY_OPEN,
} from './connections.ts';
import { METRICS_TYPE } from './metrics.ts';
import { Advice, type Guarding, OriginGuard, type Unwelcome } from './origins.ts';
import { pageFiles, type StaticPage } from './pages.ts';
import { toRequest } from './request.ts';
import { below, HttpServer, withoutQuery } from './server.ts';

// Required, as its ES module imports node:http, which would load Node's fetch.
const { Router }: typeof import('@koa/router') = createRequire(import.meta.url)('@koa/router');

/** Takes over a connection that requests a WebSocket. */
type Accept<Caller> = {
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, caller: Caller): void;
};

/** The caller of a chat socket: `from` identifies the address; `signIn` resolves a token's visitor. */
interface SocketCaller {
  readonly from: string;
  readonly visitor: Visitor;
  signIn(token: string): Visitor | Promise<Visitor>;
}

export interface Front extends Guarding, ConnectionLimits {
  readonly gate: Gate;
  readonly accounts: Accounts;
  /** Long polls: wait for events as long as the request allows. */
  readonly polls: {
    wait(request: Request, first: Outcome, response: ServerResponse, visitor: Visitor): Promise<Outcome>;
  };
  /** Server-sent events. */
  readonly streams: { hold(response: ServerResponse, subscription: Subscription, caller: Caller): void };
  readonly sockets: Accept<SocketCaller>;
  /** The editor's endpoint; undefined if editing is off. */
  readonly endpoint?:
    | { accept(request: IncomingMessage, socket: Duplex, head: Buffer, from: string, visitor: Visitor): void }
    | undefined;
  readonly pages: readonly StaticPage[];
  readonly basePath: string;
  /** The key by which addresses are hashed. */
  addressKey(): Buffer;
  /** Whether answers include each node's time. */
  readonly timing: boolean;
  /** What the live graph offers. */
  readonly live: LiveAbout;
  /** Why the server can't work now; undefined if it can. */
  unready(): string | undefined;
  /** A notice for the operator although the server works. */
  notice(): string | undefined;
  /** A separate address for the metrics; undefined serves them with everything else. */
  readonly metricsAt?: Settings['metricsAt'];
  /** In Prometheus text format. */
  metrics(): string;
  /** Called for each request that could not become a question. */
  unreadable(method: string, path: string, status: number): void;
  /** Reports what the operator should correct, such as a proxy's configuration. */
  warn(sentence: string): void;
  failed(error: Error): void;
}

const SOCKET = '/api/socket';
/** Paths of the editor's endpoint; some editors can only use a path that ends in a slash. */
const RUNTIME: readonly string[] = ['/runtime', '/runtime/'];

/** Seconds a browser may cache a preflight's result. */
const PREFLIGHT_MAX_AGE_S = 600;

const ABORTED = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE']);

/** This folder's HTTP server: it serves the pages and probes itself, and asks the graph everything else. */
export function createFront(front: Front): HttpServer {
  const from = addresses(front.trustProxy, front.addressKey);
  const guard = new OriginGuard(front);
  const advice = new Advice(front.warn);
  const mayOpen = openPerCaller(front);
  const own = [only(probes(front, advice, from)), ...front.pages.map(page)];
  const ownOf = ({ method = '', url = '/' }: IncomingMessage) => {
    const path = withoutQuery(url);
    const search = url.slice(path.length);
    return own.find(({ owns }) => owns(method, path, search));
  };
  const answerOwn = application(new Koa(), front, guard, async ctx => ownOf(ctx.req)!.answer(ctx));
  // With CORS, Koa writes the answers to preflights.
  const asking = front.corsOrigins.length > 0 ? new Koa() : new SilentKoa();
  const ask = application(asking, front, guard, askGraph(front, guard, from, mayOpen));

  const isSocket = (request: IncomingMessage) => isSocketOf(front, request);
  const server = new HttpServer(isSocket, (request, response) => {
    const fault = guard.fault(request);
    const isAboutAll = request.method === 'OPTIONS' && request.url === '*';
    const isPage = request.method === 'GET' && request.url === front.basePath && front.basePath !== '';
    request.url = below(front.basePath, request.url);
    if (fault) {
      advise(advice, fault);
      reject(front, request, response, fault);
    } else if (isAboutAll) sendAllowed(response, 'GET, POST');
    else if (isPage) response.writeHead(308, { Location: `${front.basePath}/`, 'Content-Length': 0 }).end();
    else void (ownOf(request) ? answerOwn : ask)(request, response);
  });
  server.on('upgrade', async (request, socket, head) => {
    const isChat = withoutQuery(below(front.basePath, request.url)) === SOCKET;
    const fault = isChat ? guard.socketFault(request.headers) : guard.hostFault(request.headers);
    const caller = from(request);
    if (fault) {
      advise(advice, fault);
      sendRawProblem(socket, fault.code, fault.detail);
    } else if (!mayOpen(request, caller)) sendRawProblem(socket, 'connections-limit', TOO_MANY_OPEN, LATER);
    else {
      socket.once('error', hungUp);
      const headers = guard.withOwnCookies(request, true);
      // Bots' tokens don't give access to the editor.
      const shown = isChat ? headers : { ...(headers.cookie !== undefined && { cookie: headers.cookie }) };
      const visitor = await front.accounts.visit(shown, caller);
      if (!isChat) return front.endpoint?.accept(request, socket.off('error', hungUp), head, caller, visitor);
      const signIn = (token: string) => front.accounts.visit({ authorization: `Bearer ${token}` }, caller);
      front.sockets.accept(request, socket.off('error', hungUp), head, { from: caller, visitor, signIn });
    }
  });
  limitConnections(server, front, advice);
  return server;
}

/**
 * Koa for answers that it does not write. It doesn't listen for their end either, which would cost as much as three
 * nodes of the graph: whoever writes an answer handles its errors.
 */
class SilentKoa extends Koa {
  handleRequest(ctx: Koa.Context, middleware: (ctx: Koa.Context) => Promise<void>): Promise<void> {
    return middleware(ctx).catch(error => ctx.onerror(error));
  }
}

/** A Koa application for requests that `answer` handles; a rejection is answered as a problem. */
function application(
  app: Koa,
  front: Front,
  guard: OriginGuard,
  answer: (ctx: Koa.Context) => Promise<void>,
): ReturnType<Koa['callback']> {
  app.on('error', error => {
    // A disconnected caller is no failure.
    if (!ABORTED.has(error.code)) front.failed(error);
  });
  if (front.corsOrigins.length > 0) app.use(crossOrigin(guard, front.accounts));
  // One function, since each middleware that Koa composes costs as much as a node of the graph.
  app.use(ctx =>
    answer(ctx).catch(error => {
      // Koa aborts an answer that has begun.
      if (ctx.res.headersSent || ABORTED.has(error.code)) throw error;
      ctx.respond = false;
      reject(front, ctx.req, ctx.res, error instanceof RefusalError ? refusedBy(error) : failedBy(front, error));
    }),
  );
  return app.callback();
}

const refusedBy = ({ code, message }: RefusalError): Unwelcome => ({ code, detail: message });

/** The problem of an unexpected error. */
function failedBy(front: Front, error: Error): Unwelcome {
  front.failed(error);
  return { code: 'server-failed', detail: 'the server failed, and its log says why; try again' };
}

/** The request that admits a subscriber again, at any position. */
function withoutCursor({ query: { after: _, ...query }, ...request }: Request): Request {
  return { ...request, query };
}

/** A caller who disconnects before being identified needs no answer. */
const hungUp = () => {};

/** Whether a request asks for a WebSocket. Any other Upgrade is ignored, as HTTP allows. */
function isSocketOf({ endpoint, basePath }: Front, { method, url, headers }: IncomingMessage): boolean {
  if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') return false;
  const path = withoutQuery(below(basePath, url));
  return path === SOCKET || (endpoint !== undefined && RUNTIME.includes(path));
}

/** Sends CORS headers to allowed origins; which methods exist is up to the graph. */
function crossOrigin(guard: OriginGuard, accounts: Accounts): Koa.Middleware {
  const share = cors({
    origin: ctx => guard.allowed(ctx.get('Origin')),
    allowMethods: '',
    exposeHeaders: 'Retry-After, Server-Timing',
    maxAge: PREFLIGHT_MAX_AGE_S,
  });
  return (ctx, next) => {
    // Metrics are for operators, and accounts for our own pages.
    if (ctx.path === '/metrics' || accounts.owns(ctx.path)) return next();
    const method = ctx.get('Access-Control-Request-Method');
    const isAsked = ctx.method === 'OPTIONS' && /^[A-Z]+$/.test(method);
    if (isAsked && guard.allowed(ctx.get('Origin')) !== '') ctx.set('Access-Control-Allow-Methods', method);
    return share(ctx, next);
  };
}

/** Advises the operator on a refusal that a setting may cause. */
function advise(advice: Advice, { code, detail }: Unwelcome): void {
  advice.give(code === 'host-refused' ? 'host' : 'origin', detail);
}

function reject(
  { unreadable }: Front,
  request: IncomingMessage,
  response: ServerResponse,
  { code, detail }: Unwelcome,
): void {
  if (!request.complete) response.setHeader('Connection', 'close');
  request.resume();
  unreadable(request.method ?? '', hookPath(withoutQuery(request.url ?? '')).path, CODES[code][0]);
  sendProblem(response, ownProblem(code, detail));
}

/** Requests that the server answers without the graph. */
interface OwnAnswer {
  /** Whether it answers a request; `search` begins with a question mark, or is empty. */
  owns(method: string, path: string, search: string): boolean;
  answer(ctx: Koa.Context): Promise<void>;
}

/** Runs a router only for its own paths: a miss in the router costs as much as a question to the graph. */
function only(router: KoaRouter): OwnAnswer {
  const paths = new Set(router.stack.map(({ path }) => path));
  const routes = router.routes() as unknown as Koa.Middleware;
  return {
    owns: (_, path) => paths.has(path),
    async answer(ctx) {
      if (ctx.method === 'GET' || ctx.method === 'HEAD') return routes(ctx, async () => {});
      ctx.set('Allow', allowed('GET'));
      if (ctx.method !== 'OPTIONS')
        throw new RefusalError('method-not-allowed', `${ctx.path} takes GET, not ${ctx.method}`);
      ctx.status = 204;
    },
  };
}

/** Sends a document that changes with the graph, or 304 to a client that has it. */
function sendTagged(ctx: Koa.Context, { body, etag }: TaggedJson): void {
  ctx.set('Cache-Control', 'private, no-cache');
  ctx.etag = etag;
  if (hasTag(ctx.get('If-None-Match'), etag)) {
    ctx.status = 304;
    return;
  }
  ctx.type = 'application/json';
  ctx.body = body;
}

function probes(front: Front, advice: Advice, from: (request: IncomingMessage) => string): KoaRouter {
  const { unready, metrics, metricsAt = 'here', live, endpoint } = front;
  const router = new Router();
  if (metricsAt === 'here') {
    router.get('/metrics', ctx => {
      ctx.type = METRICS_TYPE;
      ctx.body = metrics();
    });
  }
  router.get('/openapi.json', async ctx => sendTagged(ctx, await live.openapi()));
  router.get('/api/about', async ctx => {
    const visitor = await front.accounts.visit(ctx.req.headers, from(ctx.req));
    const mayEdit = endpoint !== undefined && front.accounts.ownership(visitor) !== 'none';
    sendTagged(ctx, live.about(visitor.who, mayEdit));
  });
  router.get('/healthz', ctx => {
    ctx.body = { status: 'alive' };
  });
  router.get('/readyz', ctx => {
    const reason = unready();
    if (reason !== undefined) throw new RefusalError('not-ready', reason);
    const notice = front.notice();
    ctx.body = { status: 'ready', ...(notice !== undefined && { notice }) };
  });
  for (const path of [SOCKET, ...(endpoint ? RUNTIME : [])]) router.get(path, ctx => refuseSocketless(ctx, advice));
  return router;
}

/** A request with every WebSocket header but `Upgrade` came through a proxy that removed it. */
function refuseSocketless(ctx: Koa.Context, advice: Advice): never {
  const { origin = 'a program', host, 'sec-websocket-key': key } = ctx.req.headers;
  ctx.set('Upgrade', 'websocket');
  if (key === undefined) throw new RefusalError('websocket-required', 'this is a WebSocket; connect with one');
  advice.give('upgrade', `a WebSocket of ${origin} to ${host} could not be opened: ${UPGRADE_LOST}`);
  throw new RefusalError('websocket-required', `this is a WebSocket; ${UPGRADE_LOST}`);
}

function page(at: StaticPage): OwnAnswer {
  const { owns, send } = pageFiles(at);
  const folder = at.at.slice(0, -1);
  const isFolder = (path: string) => path === folder && folder !== '';
  return {
    owns: (method, path, search) => isFolder(path) || owns(method, path, search),
    async answer(ctx) {
      if (isFolder(ctx.path)) {
        ctx.status = 308;
        ctx.set('Location', `${folder.split('/').at(-1)}/`);
        return;
      }
      if (!send) throw new RefusalError('not-found', 'the page is not built; "npm run build" builds it');
      ctx.respond = false;
      send(ctx.req, ctx.res, () => sendProblem(ctx.res, ownProblem('not-found', `there is nothing at ${ctx.path}`)));
    },
  };
}

function askGraph(
  { gate, accounts, polls, streams, timing }: Front,
  guard: OriginGuard,
  from: (request: IncomingMessage) => string,
  mayOpen: (request: IncomingMessage, caller: string) => boolean,
): (ctx: Koa.Context) => Promise<void> {
  return async ctx => {
    const { req, res } = ctx;
    const caller = from(req);
    const headers = guard.withOwnCookies(req);
    // Awaits only real promises: `await` costs a turn, as much as a node of the graph.
    const visiting = accounts.visit(headers, caller);
    const visitor = visiting instanceof Promise ? await visiting : visiting;
    const reading = toRequest(req, caller, visitor);
    const request = reading instanceof Promise ? await reading : reading;
    if (accounts.owns(request.path)) {
      // A form of another site must not sign in anybody either.
      if (request.method !== 'GET' && req.headers.origin !== undefined && !guard.isOwnPage(req.headers))
        throw new RefusalError('origin-refused', `only pages of ${req.headers.host} sign people in here`);
      ctx.respond = false;
      return sendAccountReply(res, await accounts.answer(request, headers, visitor));
    }
    const outcome = await gate.ask(request, id => res.on('close', () => gate.abort(id)));
    const reply = 'body' in outcome.answer ? outcome.answer : undefined;
    const subscription = reply?.subscription;
    if (subscription && req.method !== 'HEAD' && !mayOpen(req, request.from)) {
      ctx.set(LATER);
      throw new RefusalError('connections-limit', TOO_MANY_OPEN);
    }
    ctx.respond = false;
    if (reply?.accounts) sendAccountReply(res, await accounts.answer(request, headers, visitor));
    else if (subscription) streams.hold(res, subscription, { visitor, request: withoutCursor(request) });
    else if (reply?.wait) answer(res, await polls.wait(request, outcome, res, visitor), timing);
    else answer(res, outcome, timing);
  };
}
