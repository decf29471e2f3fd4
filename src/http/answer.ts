import { createHash } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AccountReply } from '../accounts/accounts.ts';
import type { Outcome } from '../gate/gate.ts';
import type { Problem } from '../model/chat.ts';
import { CODES, codeOf, type RefusalCode } from '../model/codes.ts';
import type { Refusal } from '../model/packets.ts';

// Not imported, as an import of node:http also loads Node's fetch: an eighth of a start, and 13 MB.
const http = process.getBuiltinModule('node:http');

/** The problem of a refusal by `node`. */
export function problem({ id, status, code, detail }: Omit<Refusal, 'id'> & { id?: string }, node?: string): Problem {
  return {
    title: http.STATUS_CODES[status] ?? 'Refused',
    status,
    code: codeOf({ status, code }),
    detail,
    ...(node !== undefined && { node }),
    ...(id !== undefined && { request: id }),
  };
}

/** The problem of a refusal by the server itself. */
export const ownProblem = (code: RefusalCode, detail: string): Problem =>
  problem({ status: CODES[code][0], code, detail });

/** Thrown if a request is refused before it becomes a question. The message is for the caller. */
export class RefusalError extends Error {
  override readonly name = 'RefusalError';
  readonly code: RefusalCode;

  constructor(code: RefusalCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 34rem; margin: 15vh auto 0; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
p { overflow-wrap: anywhere; }
small { opacity: .75; }
`;

/** A content security policy that allows nothing but the page's own style. */
const PROBLEM_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; frame-ancestors 'none'`;

/** Whether the client is a browser: only browsers ask for HTML; programs accept anything or ask for JSON. */
const wantsPage = (accept: string | undefined): boolean => /\btext\/html\b/i.test(accept ?? '');

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, character => ENTITIES[character]!);

/** The room that an unknown URL probably means: /garden, /rooms/garden, /room/garden. */
const ROOM = /^\/(?:rooms?\/)?([a-z0-9][a-z0-9-]{0,63})\/?$/;

/** Renders a problem as an HTML page. `path` is the requested one, below BASE_PATH. */
function problemPage({ title, status, detail, request }: Problem, path: string): string {
  // Relative, as a proxy may serve the chat below a path of its own.
  const home = '../'.repeat(Math.max(0, path.split('/').length - 2)) || './';
  const room = status === 404 ? ROOM.exec(path)?.[1] : undefined;
  const lead = room
    ? `<p>Looking for a room? <a href="${home}#/${room}">Open #${room}</a></p>`
    : `<p><a href="${home}">Go to the chat</a></p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p>${escaped(detail)}</p>
${lead}
<p><small>Status ${status}${request === undefined ? '' : `, request ${escaped(request)}`}</small></p>
</body>
</html>
`;
}

/**
 * Headers of every answer: as a graph may answer anything, browsers must not guess the type, nor let other sites use
 * it.
 */
const GUARDED: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

/** As a list, which Node processes faster. */
const GUARDED_LIST: readonly string[] = Object.entries(GUARDED).flat();

/** The response class of a server. If `isLast` returns true, the response closes its connection and says so. */
export function responses(isLast: (response: ServerResponse) => boolean): typeof ServerResponse {
  class Response extends http.ServerResponse {
    override writeHead(status: number, ...rest: unknown[]): this {
      if (isLast(this)) this.shouldKeepAlive = false;
      const [message, headers] = typeof rest[0] === 'string' ? rest : [undefined, rest[0]];
      const all = Array.isArray(headers)
        ? [...GUARDED_LIST, ...headers]
        : { ...GUARDED, ...(headers as OutgoingHttpHeaders | undefined) };
      return message === undefined ? super.writeHead(status, all) : super.writeHead(status, message as string, all);
    }
  }
  return Response as typeof ServerResponse;
}

const PROBLEM_TYPE = 'application/problem+json';
const PAGE_TYPE = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

/** Sends the outcome of a question; with `timing`, including each node's time. */
export function answer(response: ServerResponse, { answer, node, spans }: Outcome, timing: boolean): void {
  if (response.destroyed) return;
  const timed = timing && spans.length > 0 ? ['Server-Timing', serverTiming(spans)] : [];
  if ('detail' in answer) {
    const { Allow } = answer.headers ?? {};
    if (timed.length > 0) response.setHeader(timed[0]!, timed[1]!);
    if (answer.status === 405 && Allow !== undefined && response.req.method === 'OPTIONS') {
      sendAllowed(response, Allow);
      return;
    }
    for (const [name, value] of Object.entries(answer.headers ?? {}))
      response.setHeader(name, name.toLowerCase() === 'allow' ? allowed(value) : value);
    sendProblem(response, problem(answer, node));
    return;
  }
  const { status, type = JSON_TYPE, body, etag } = answer;
  // In one call and as a list: Node validates and stores each header that is set separately, and copies objects.
  const headers = ['Cache-Control', etag === undefined ? 'no-store' : 'private, no-cache', ...timed];
  if (etag !== undefined) headers.push('ETag', etag);
  if (etag !== undefined && hasTag(response.req.headers['if-none-match'] ?? '', etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  const length = Buffer.byteLength(body);
  headers.push('Content-Type', type, 'Content-Length', String(length));
  // Copying ASCII costs a fraction of encoding UTF-8.
  response.writeHead(status, headers).end(body, length === body.length ? 'latin1' : 'utf8');
}

/** Sends a reply of the accounts. */
export function sendAccountReply(response: ServerResponse, reply: AccountReply | Omit<Refusal, 'id'>): void {
  if (response.destroyed) return;
  if ('detail' in reply) {
    for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
    sendProblem(response, problem(reply));
    return;
  }
  const { status, body, cookies = [], location } = reply;
  response.writeHead(status, {
    'Cache-Control': 'no-store',
    ...(cookies.length > 0 && { 'Set-Cookie': [...cookies] }),
    ...(location !== undefined && { Location: location }),
    ...(body && { 'Content-Type': JSON_TYPE }),
  });
  response.end(body && JSON.stringify(body));
}

/** Whether `etag` is among a caller's tags. Compares weakly, as proxies that compress make tags weak (RFC 9110, 13.1.2). */
export function hasTag(known: string, etag: string): boolean {
  return known.split(',').some(tag => tag.trim().replace(/^W\//, '') === etag);
}

/** Each node's milliseconds as a Server-Timing header. */
function serverTiming(spans: Outcome['spans']): string {
  return spans.map(({ node, ms }) => `${node.replaceAll(/[^\w-]/g, '-')};dur=${ms.toFixed(3)}`).join(', ');
}

/** The Allow header for the graph's methods, and HEAD, which is answered like GET. */
export function allowed(methods: string): string {
  const all = methods.split(/[\s,]+/).filter(method => method !== '' && method !== 'HEAD');
  return all.flatMap(method => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
}

export function sendAllowed(response: ServerResponse, methods: string): void {
  response.writeHead(204, { Allow: allowed(methods) }).end();
}

/** Sends a problem as JSON, or as a page if a browser asks for one. */
export function sendProblem(response: ServerResponse, content: Problem): void {
  const { method, url = '/', headers } = response.req;
  const isPage = (method === 'GET' || method === 'HEAD') && wantsPage(headers.accept);
  const body = isPage ? problemPage(content, url.replace(/\?.*/s, '')) : JSON.stringify(content);
  if (isPage) response.setHeader('Content-Security-Policy', PROBLEM_POLICY);
  response.appendHeader('Vary', 'Accept');
  response.writeHead(content.status, {
    'Content-Type': isPage ? PAGE_TYPE : PROBLEM_TYPE,
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Sends a problem where there is no response object, and closes the connection. */
export function sendRawProblem(
  socket: Duplex,
  code: RefusalCode,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (!socket.writable) return;
  // A caller who has disconnected needs no answer.
  socket.on('error', () => {});
  const [status] = CODES[code];
  const body = JSON.stringify(ownProblem(code, detail));
  socket.end(
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nContent-Type: ${PROBLEM_TYPE}\r\n` +
      Object.entries({ ...GUARDED, ...headers })
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('') +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** The only WebSocket version there is. */
const VERSION = '13';

/** Detail and cure for a handshake that arrives without `Upgrade`. */
export const UPGRADE_LOST =
  'a proxy leaves Upgrade out; in nginx, proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade and ' +
  'proxy_set_header Connection "upgrade" pass it on';

/** Answers an invalid handshake with a problem. Listener of a WebSocket server's `wsClientError`. */
export function refuseHandshake({ message }: Error, socket: Duplex, { headers }: IncomingMessage): void {
  const version = headers['sec-websocket-version'];
  if (version === VERSION || version === undefined)
    sendRawProblem(socket, 'handshake-invalid', `this is no handshake of a WebSocket: ${message}`);
  else
    sendRawProblem(socket, 'websocket-version', `WebSockets have version ${VERSION} here, not ${version}`, {
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': VERSION,
    });
}
