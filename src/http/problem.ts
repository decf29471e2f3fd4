import { createHash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
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
