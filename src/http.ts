import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import cors from '@koa/cors';
import Router from '@koa/router';
import Koa from 'koa';
import type { Door } from './editor/door/door.ts';
import type { Gate } from './gate.ts';
import { addresses } from './http/address.ts';
import { answer, refuse, refuseRaw } from './http/answer.ts';
import { type Page, pageFiles } from './http/page.ts';
import { problem, Unreadable } from './http/problem.ts';
import { toRequest } from './http/request.ts';
import { httpServer } from './http/server.ts';
import { poll } from './live/poll.ts';
import type { Sockets } from './live/socket.ts';
import type { EventStreams } from './live/sse.ts';
import type { Live } from './live.ts';

export interface Front {
  readonly gate: Gate;
  readonly live: Live;
  readonly streams: EventStreams;
  readonly sockets: Sockets;
  /** Where editors connect; nothing where the server can't be edited. */
  readonly door?: Pick<Door, 'accept'> | undefined;
  readonly pages: readonly Page[];
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

/** Where editors connect. Some can name a path with a slash at its end only. */
const RUNTIME: readonly string[] = ['/runtime', '/runtime/'];

const HUNG_UP = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE']);

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
  for (const at of front.pages) app.use(page(at));
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

function probes({ unready, metrics, description, door }: Front): Router {
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
  for (const path of ['/api/socket', ...(door ? RUNTIME : [])]) {
    router.get(path, ctx => {
      ctx.set('Upgrade', 'websocket');
      throw new Unreadable(426, 'this is a WebSocket; connect with one');
    });
  }
  return router;
}

function page(at: Page): Koa.Middleware {
  const { owns, send } = pageFiles(at);
  const folder = at.at.slice(0, -1);
  return (ctx, next) => {
    if (ctx.path === folder && folder !== '') {
      ctx.status = 308;
      ctx.set('Location', `${folder.split('/').at(-1)}/`);
      return;
    }
    if (!owns(ctx.method, ctx.path, ctx.search)) return next();
    if (!send) throw new Unreadable(404, 'the page is not built; "npm run build" builds it');
    ctx.respond = false;
    send(ctx.req, ctx.res, () => refuse(ctx.res, problem({ status: 404, detail: `there is nothing at ${ctx.path}` })));
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
  { sockets, door, basePath, corsOrigins }: Front,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  from: string,
): void {
  below(basePath, request);
  const { host, origin } = request.headers;
  const ours = origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
  const path = request.url?.split('?')[0] ?? '';
  if (door && RUNTIME.includes(path)) door.accept(request, socket, head, from);
  else if (path !== '/api/socket') refuseRaw(socket, 404, `there is no WebSocket at ${path}`);
  else if (!ours && allowed(corsOrigins, origin) === '')
    refuseRaw(socket, 403, `pages of ${origin} may not connect; allow it with CORS_ORIGINS`);
  else sockets.accept(request, socket, head, from);
}
