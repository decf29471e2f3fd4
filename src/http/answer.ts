import { createHash } from 'node:crypto';
import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Outcome } from '../gate/gate.ts';
import type { Refusal } from '../model/packets.ts';

/** What a refusal looks like to a caller: RFC 9457, with the node that refused, failed or hung, and the request's id. */
export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly node?: string;
  readonly request?: string;
}

/** The problem that a refusal is; `node` is the one that made it. */
export function problem({ id, status, detail }: Omit<Refusal, 'id'> & { id?: string }, node?: string): Problem {
  return {
    title: STATUS_CODES[status] ?? 'Refused',
    status,
    detail,
    ...(node !== undefined && { node }),
    ...(id !== undefined && { request: id }),
  };
}

/** Thrown where a request can't even become a question. The message is for the caller. */
export class Unreadable extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.name = 'Unreadable';
    this.status = status;
  }
}

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 34rem; margin: 15vh auto 0; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
p { overflow-wrap: anywhere; }
small { opacity: .75; }
`;

/** Nothing may be loaded or run by the page but its own style. */
export const PROBLEM_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; frame-ancestors 'none'`;

/** Whether whoever asks is a person with a browser, which names HTML by itself; programs take anything, or name JSON. */
export const wantsPage = (accept: string | undefined): boolean => /\btext\/html\b/i.test(accept ?? '');

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, character => ENTITIES[character]!);

/** The room that an address below the chat's seems to mean: /garden, /rooms/garden, /room/garden. */
const ROOM = /^\/(?:rooms?\/)?([a-z0-9][a-z0-9-]{0,63})\/?$/;

/** A problem as a page for people. `path` is what was asked for, below BASE_PATH. */
export function problemPage({ title, status, detail, request }: Problem, path: string): string {
  // Relative, since a proxy may have put the chat below a path of its own.
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

/** What every answer has, as a graph may give whatever it likes: no browser guesses a type, and no other site makes use of it. */
const GUARDED: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

/** The responses of a server. Where `isLast` says so, the connection ends with the response, which says it. */
export function responses(isLast: (response: ServerResponse) => boolean): typeof ServerResponse {
  class Response extends ServerResponse {
    override writeHead(status: number, ...rest: unknown[]): this {
      if (isLast(this)) this.shouldKeepAlive = false;
      const [message, headers] = typeof rest[0] === 'string' ? rest : [undefined, rest[0]];
      const all = headers ? { ...GUARDED, ...(headers as OutgoingHttpHeaders) } : GUARDED;
      return message === undefined ? super.writeHead(status, all) : super.writeHead(status, message as string, all);
    }
  }
  return Response as typeof ServerResponse;
}

const PROBLEM_TYPE = 'application/problem+json';
const PAGE_TYPE = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

/** Gives a caller the outcome of its question; with `timing`, how long each node took as well. */
export function answer(response: ServerResponse, { answer, node, spans }: Outcome, timing: boolean): void {
  if (response.destroyed) return;
  if (timing && spans.length > 0) response.setHeader('Server-Timing', serverTiming(spans));
  if ('detail' in answer) {
    const { Allow } = answer.headers ?? {};
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
  if (etag !== undefined) response.setHeader('ETag', etag);
  response.setHeader('Cache-Control', etag === undefined ? 'no-store' : 'private, no-cache');
  if (etag !== undefined && hasTag(response.req.headers['if-none-match'] ?? '', etag)) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/** Whether one of the tags that a caller has is this one; proxies that compress make weak ones of them (RFC 9110, 13.1.2). */
function hasTag(known: string, etag: string): boolean {
  return known.split(',').some(tag => tag.trim().replace(/^W\//, '') === etag);
}

/** Each node's time in milliseconds, as a Server-Timing header field. */
function serverTiming(spans: Outcome['spans']): string {
  return spans.map(({ node, ms }) => `${node.replaceAll(/[^\w-]/g, '-')};dur=${ms.toFixed(3)}`).join(', ');
}

/** The methods that a graph takes, and HEAD, which is answered as GET. */
export function allowed(methods: string): string {
  const all = methods.split(/[\s,]+/).filter(method => method !== '' && method !== 'HEAD');
  return all.flatMap(method => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
}

/** Answers OPTIONS. */
export function sendAllowed(response: ServerResponse, methods: string): void {
  response.writeHead(204, { Allow: allowed(methods) }).end();
}

/** Answers with a problem: as JSON, or as a page where a browser asks for one. */
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

/** Answers with a problem where there is no response to write to, and closes the connection. */
export function sendRawProblem(
  socket: Duplex,
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (!socket.writable) return;
  // Who hangs up before hearing it does not want to hear it.
  socket.on('error', () => {});
  const body = JSON.stringify(problem({ status, detail }));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${PROBLEM_TYPE}\r\n` +
      Object.entries({ ...GUARDED, ...headers })
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('') +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** The version of WebSocket that there is. */
const VERSION = '13';

/** Why what looks like a handshake comes without `Upgrade`, and what to do about it. */
export const UPGRADE_LOST =
  'a proxy leaves Upgrade out; in nginx, proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade and ' +
  'proxy_set_header Connection "upgrade" pass it on';

/** Answers a handshake that can't become a WebSocket with a problem; hears `wsClientError` of a WebSocket server. */
export function refuseHandshake({ message }: Error, socket: Duplex, { headers }: IncomingMessage): void {
  const version = headers['sec-websocket-version'];
  if (version === VERSION || version === undefined)
    sendRawProblem(socket, 400, `this is no handshake of a WebSocket: ${message}`);
  else
    sendRawProblem(socket, 426, `WebSockets have version ${VERSION} here, not ${version}`, {
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': VERSION,
    });
}
