import { createHmac, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import cors from '@koa/cors';
import Router from '@koa/router';
import Koa from 'koa';
import sirv from 'sirv';
import type { Gate, Outcome } from './gate.ts';
import { PROBLEM_TYPE, type Problem, problem, Unreadable } from './problem.ts';
import { toRequest } from './request.ts';

export interface Front {
  readonly gate: Gate;
  /** Where the built pages are. */
  readonly pages: string;
  readonly basePath: string;
  readonly corsOrigins: readonly string[];
  readonly trustProxy: boolean;
  /** Whether answers say how long each node took. */
  readonly timing: boolean;
  /** Why the server can't do its work at the moment; nothing while it can. */
  ready(): string | undefined;
  failed(error: Error): void;
}

const SECURITY = {
  'Content-Security-Policy': "default-src 'self'; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/** The HTTP front end: pages and probes are answered here, every other request is a question to the graph. */
export function createFront(front: Front): Server {
  const app = new Koa({ proxy: front.trustProxy, maxIpsCount: 1 });
  app.on('error', front.failed);
  app.use(refuseUnreadable);
  if (front.corsOrigins.length > 0) app.use(cors({ origin: allowed(front.corsOrigins) }));
  app.use(only(probes(front)));
  app.use(pages(front));
  app.use(graph(front));

  const handle = app.callback();
  const server = createServer((request, response) => {
    if (below(front.basePath, request)) void handle(request, response);
    else response.writeHead(308, { Location: `${front.basePath}/`, 'Content-Length': 0 }).end();
  });
  server.on('clientError', refuseRaw);
  server.on('connect', (_, socket) => refuseRaw({ code: 'CONNECT' }, socket));
  return server;
}

/** Cuts BASE_PATH off a URL, as far as the proxy has left it there. False for the page without its slash. */
function below(basePath: string, request: IncomingMessage): boolean {
  const url = request.url ?? '/';
  if (basePath === '' || !url.startsWith(basePath)) return true;
  const rest = url.slice(basePath.length);
  if (rest === '' && request.method === 'GET') return false;
  if (rest === '' || rest[0] === '/' || rest[0] === '?') request.url = rest[0] === '/' ? rest : `/${rest}`;
  return true;
}

const refuseUnreadable: Koa.Middleware = async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const { status, message } = error;
    if (!ctx.req.complete) ctx.set('Connection', 'close');
    ctx.req.resume();
    write(ctx.res, problem({ status, detail: message }));
    ctx.respond = false;
  }
};

function allowed(origins: readonly string[]): (ctx: Koa.Context) => string {
  return ctx => {
    if (origins.includes('*')) return '*';
    const origin = ctx.get('Origin');
    return origins.includes(origin) ? origin : '';
  };
}

/** Asks a router only for the paths that it has: to find that it has none costs as much as a question to the graph. */
function only(router: Router): Koa.Middleware {
  const paths = new Set(router.stack.map(({ path }) => path));
  const routes = router.routes() as unknown as Koa.Middleware;
  return (ctx, next) => (paths.has(ctx.path) ? routes(ctx, next) : next());
}

function probes({ ready }: Front): Router {
  const router = new Router();
  router.get('/healthz', ctx => {
    ctx.body = { status: 'alive' };
  });
  router.get('/readyz', ctx => {
    const reason = ready();
    if (reason === undefined) ctx.body = { status: 'ready' };
    else {
      ctx.respond = false;
      write(ctx.res, problem({ status: 503, detail: reason }));
    }
  });
  return router;
}

function pages({ pages: folder }: Front): Koa.Middleware {
  // gochat's page asks at "/" where its proxy cuts the path off.
  const isPage = ({ method, path, search }: Koa.Context) =>
    (method === 'GET' || method === 'HEAD') &&
    ((path === '/' && !search.startsWith('?since=')) || path.startsWith('/assets/'));
  if (!existsSync(folder)) {
    return (ctx, next) => {
      if (isPage(ctx)) throw new Unreadable(404, 'the page is not built; "npm run build" builds it');
      return next();
    };
  }
  const serve = sirv(folder, {
    etag: true,
    gzip: true,
    setHeaders: (response: ServerResponse, path: string) => {
      for (const [name, value] of Object.entries(SECURITY)) response.setHeader(name, value);
      response.setHeader(
        'Cache-Control',
        path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    },
  });
  return (ctx, next) => {
    if (!isPage(ctx)) return next();
    return new Promise<void>((resolve, reject) => {
      ctx.respond = false;
      ctx.res.once('close', resolve);
      serve(ctx.req, ctx.res, () => {
        ctx.respond = true;
        next().then(resolve, reject);
      });
    });
  };
}

function graph({ gate, timing }: Front): Koa.Middleware {
  const from = addresses();
  return async ctx => {
    const request = await toRequest(ctx.req, from(ctx));
    const outcome = await gate.ask(request, id => ctx.res.once('close', () => gate.hangUp(id)));
    ctx.respond = false;
    answer(ctx.res, outcome, timing);
  };
}

/** The caller's address as a keyed hash, worked out once for each connection. */
function addresses(): (ctx: Koa.Context) => string {
  const key = randomBytes(32);
  const hash = (address: string) => createHmac('sha256', key).update(address).digest('base64url').slice(0, 16);
  const known = new WeakMap<object, string>();
  return ctx => {
    if (ctx.app.proxy) return hash(ctx.ip);
    let from = known.get(ctx.socket);
    if (from === undefined) {
      from = hash(ctx.ip);
      known.set(ctx.socket, from);
    }
    return from;
  };
}

function answer(response: ServerResponse, outcome: Outcome, timing: boolean): void {
  if (response.destroyed) return;
  const { answer: given, node } = outcome;
  if (timing && outcome.way.length > 0) response.setHeader('Server-Timing', serverTiming(outcome.way));
  if ('detail' in given) {
    for (const [name, value] of Object.entries(given.headers ?? {})) response.setHeader(name, value);
    write(response, problem(given, node));
    return;
  }
  const { status, type = 'application/json; charset=utf-8', body } = given;
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}

function serverTiming(way: Outcome['way']): string {
  return way.map(({ node, ms }) => `${node.replaceAll(/[^\w-]/g, '-')};dur=${ms.toFixed(3)}`).join(', ');
}

function write(response: ServerResponse, content: Problem): void {
  response.statusCode = content.status;
  response.setHeader('Content-Type', PROBLEM_TYPE);
  response.end(JSON.stringify(content));
}

/** What Node's parser could not make a request of, or nobody may ask of a server that is no proxy. */
function refuseRaw({ code }: { code?: string }, socket: Duplex): void {
  if (!socket.writable) return;
  const [status, detail] = RAW[code ?? ''] ?? [400, 'this is no HTTP request'];
  const body = JSON.stringify(problem({ status, detail }));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${PROBLEM_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

const RAW: Readonly<Record<string, [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the header has more than 16 kB'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request took too long to arrive'],
  HPE_INVALID_METHOD: [400, 'there is no such method'],
  CONNECT: [405, 'this server is no proxy'],
};
