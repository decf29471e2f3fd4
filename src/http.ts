import { existsSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import cors from '@koa/cors';
import Router from '@koa/router';
import Koa from 'koa';
import sirv from 'sirv';
import { addresses } from './address.ts';
import { answer, refuse, refuseRaw } from './answer.ts';
import type { Gate } from './gate.ts';
import type { Live } from './live.ts';
import { poll } from './live-poll.ts';
import type { Sockets } from './live-socket.ts';
import type { EventStreams } from './live-sse.ts';
import { problem, Unreadable } from './problem.ts';
import { toRequest } from './request.ts';
import { httpServer } from './server.ts';

export interface Front {
  readonly gate: Gate;
  readonly live: Live;
  readonly streams: EventStreams;
  readonly sockets: Sockets;
  /** The folder of the built page. */
  readonly page: string;
  readonly basePath: string;
  readonly corsOrigins: readonly string[];
  readonly trustProxy: boolean;
  /** Whether answers say how long each node took. */
  readonly timing: boolean;
  /** What this server answers, as OpenAPI says it. */
  readonly description: string;
  /** Why the server can't do its work at the moment; nothing while it can. */
  unready(): string | undefined;
  /** In Prometheus' text format. */
  metrics(): string;
  /** Hears of a request that became no question. */
  unreadable(method: string, path: string, status: number): void;
  failed(error: Error): void;
}

const HUNG_UP = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE']);

const SECURITY = {
  'Content-Security-Policy': "default-src 'self'; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/** The HTTP front end: the page and the probes are answered here, every other request is a question to the graph. */
export function createFront(front: Front): Server {
  const from = addresses(front.trustProxy);
  const app = new Koa();
  app.on('error', error => {
    // A caller who is gone is no failure of ours.
    if (!HUNG_UP.has(error.code)) front.failed(error);
  });
  app.use(refuseUnreadable(front));
  if (front.corsOrigins.length > 0) app.use(cors({ origin: ctx => allowed(front.corsOrigins, ctx.get('Origin')) }));
  app.use(only(probes(front)));
  app.use(page(front.page));
  app.use(graph(front, from));

  const handle = app.callback();
  const server = httpServer((request, response) => {
    if (below(front.basePath, request)) void handle(request, response);
    else response.writeHead(308, { Location: `${front.basePath}/`, 'Content-Length': 0 }).end();
  });
  server.on('upgrade', (request, socket, head) => upgrade(front, request, socket, head, from(request)));
  return server;
}

/** Cuts BASE_PATH off a URL, as far as the proxy has left it there. False for the page without its slash. */
function below(basePath: string, request: IncomingMessage): boolean {
  // A request to a proxy names scheme and host as well; a server has to take it.
  const url = (request.url ?? '/').replace(/^https?:\/\/[^/?]*/i, '');
  request.url = url.startsWith('/') ? url : `/${url}`;
  if (basePath === '' || !url.startsWith(basePath)) return true;
  const rest = url.slice(basePath.length);
  if (rest === '' && request.method === 'GET') return false;
  if (rest === '' || rest[0] === '/' || rest[0] === '?') request.url = rest[0] === '/' ? rest : `/${rest}`;
  return true;
}

function refuseUnreadable({ unreadable }: Front): Koa.Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      ctx.respond = false;
      if (!ctx.req.complete) ctx.set('Connection', 'close');
      ctx.req.resume();
      unreadable(ctx.method, ctx.path, error.status);
      refuse(ctx.res, problem({ status: error.status, detail: error.message }));
    }
  };
}

/** The origin to allow; none is said with an empty text. */
function allowed(origins: readonly string[], origin: string): string {
  return origins.includes('*') ? '*' : origins.includes(origin) ? origin : '';
}

/** Asks a router only for the paths that it has: to find that it has none costs as much as a question to the graph. */
function only(router: Router): Koa.Middleware {
  const paths = new Set(router.stack.map(({ path }) => path));
  const routes = router.routes() as unknown as Koa.Middleware;
  return (ctx, next) => {
    if (!paths.has(ctx.path)) return next();
    if (ctx.method === 'GET' || ctx.method === 'HEAD') return routes(ctx, next);
    ctx.set('Allow', 'GET, HEAD');
    throw new Unreadable(405, `${ctx.path} takes GET, not ${ctx.method}`);
  };
}

function probes({ unready, metrics, description }: Front): Router {
  const router = new Router();
  router.get('/metrics', ctx => {
    ctx.type = 'text/plain; version=0.0.4; charset=utf-8';
    ctx.body = metrics();
  });
  router.get('/openapi.json', ctx => {
    ctx.type = 'application/json';
    ctx.body = description;
  });
  router.get('/healthz', ctx => {
    ctx.body = { status: 'alive' };
  });
  router.get('/readyz', ctx => {
    const reason = unready();
    if (reason !== undefined) throw new Unreadable(503, reason);
    ctx.body = { status: 'ready' };
  });
  router.get('/api/socket', ctx => {
    ctx.set('Upgrade', 'websocket');
    throw new Unreadable(426, 'this is a WebSocket; connect with one');
  });
  return router;
}

function page(folder: string): Koa.Middleware {
  // gochat's page asks at "/" where its proxy cuts the path off.
  const isPage = ({ method, path, search }: Koa.Context) =>
    (method === 'GET' || method === 'HEAD') &&
    ((path === '/' && !search.startsWith('?since=')) || path.startsWith('/assets/') || path === '/icon.svg');
  if (!existsSync(folder)) {
    return (ctx, next) => {
      if (isPage(ctx)) throw new Unreadable(404, 'the page is not built; "npm run build" builds it');
      return next();
    };
  }
  const setHeaders = (response: ServerResponse, path: string) => {
    const cached = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    for (const [name, value] of Object.entries({ ...SECURITY, 'Cache-Control': cached }))
      response.setHeader(name, value);
  };
  const serve = sirv(folder, { etag: true, gzip: true, brotli: true, setHeaders });
  return (ctx, next) => {
    if (!isPage(ctx)) return next();
    ctx.respond = false;
    serve(ctx.req, ctx.res, () => refuse(ctx.res, problem({ status: 404, detail: `there is nothing at ${ctx.path}` })));
    return Promise.resolve();
  };
}

function graph({ gate, live, streams, timing }: Front, from: (request: IncomingMessage) => string): Koa.Middleware {
  return async ctx => {
    const { req, res } = ctx;
    const request = await toRequest(req, from(req));
    const outcome = await gate.ask(request, id => res.once('close', () => gate.hangUp(id)));
    ctx.respond = false;
    if ('body' in outcome.answer && outcome.answer.subscription) streams.hold(res, outcome.answer.subscription);
    else if ('body' in outcome.answer && outcome.answer.wait)
      answer(res, await poll(gate, live, request, outcome, gone(res)), timing);
    else answer(res, outcome, timing);
  };
}

/** Aborts when the caller hangs up. */
function gone(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

function upgrade(
  { sockets, basePath, corsOrigins }: Front,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  from: string,
): void {
  below(basePath, request);
  const { host, origin } = request.headers;
  const ours = origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
  if (request.url?.split('?')[0] !== '/api/socket') refuseRaw(socket, 404, `there is no WebSocket at ${request.url}`);
  else if (!ours && allowed(corsOrigins, origin) === '')
    refuseRaw(socket, 403, `pages of ${origin} may not connect; allow it with CORS_ORIGINS`);
  else sockets.accept(request, socket, head, from);
}
