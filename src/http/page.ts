import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import sirv from 'sirv';

const SECURITY = {
  'Content-Security-Policy': "default-src 'self'; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/** A page that was built, and where it is served. */
export interface Page {
  /** `/`, or a folder with slashes around it. */
  readonly at: string;
  /** Where it was built. */
  readonly folder: string;
}

/** How a page's files are found and sent. */
export interface PageFiles {
  /** Whether a request means this page or a file of it. */
  owns(method: string, path: string, search: string): boolean;
  /** Nothing where the page is not built. `missing` is called where it has no such file. */
  readonly send: ((request: IncomingMessage, response: ServerResponse, missing: () => void) => void) | undefined;
}

/** The files of a page, with what keeps strangers' scripts out of it. */
export function pageFiles({ at, folder }: Page): PageFiles {
  const owned = [`${at}assets/`, `${at}icon.svg`, `${at}index.html`];
  return {
    owns(method, path, search) {
      if (method !== 'GET' && method !== 'HEAD') return false;
      // gochat's page asks at "/" where its proxy cuts the path off.
      if (path === at) return !search.startsWith('?since=');
      return owned.some(start => path.startsWith(start));
    },
    send: existsSync(folder) ? sender(at, folder) : undefined,
  };
}

function sender(at: string, folder: string): PageFiles['send'] {
  const setHeaders = (response: ServerResponse, path: string) => {
    const cached = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    for (const [name, value] of Object.entries({ ...SECURITY, 'Cache-Control': cached })) {
      response.setHeader(name, value);
    }
  };
  const send = sirv(folder, { etag: true, gzip: true, brotli: true, setHeaders });
  return (request, response, missing) => {
    request.url = request.url?.replace(at, '/') ?? '/';
    send(request, response, missing);
  };
}
