import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { gunzipSync } from 'node:zlib';

const securityFor = ({ framedBy = [] }: StaticPage) => ({
  'Content-Security-Policy': `default-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors ${framedBy.join(' ') || "'none'"}; base-uri 'none'`,
  'Referrer-Policy': 'no-referrer',
});

/** A built page and where it is served. */
export interface StaticPage {
  /** `/`, or a path that begins and ends with a slash. */
  readonly at: string;
  /** The build's folder. */
  readonly folder: string;
  /** Origins whose pages may show it in a frame. */
  readonly framedBy?: readonly string[];
}

interface PageFiles {
  /** Whether a request is for this page or one of its files. */
  owns(method: string, path: string, search: string): boolean;
  /** Undefined if the page is not built. Calls `missing` if it has no such file. */
  readonly send: ((request: IncomingMessage, response: ServerResponse, missing: () => void) => void) | undefined;
}

/** A page's file as read at startup, in each available encoding. */
interface PageFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly etag: string;
  /** The uncompressed file; rarely requested, so it is decompressed on demand where possible. */
  plain(): Buffer;
  /** Compressed forms by encoding, the smallest first. */
  readonly coded: readonly (readonly [coding: string, bytes: Buffer])[];
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html;charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};
const CODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/**
 * A page's files and security headers. They are read once, so a rebuilt page is served only after a restart, never half
 * old and half new.
 */
export function pageFiles(page: StaticPage): PageFiles {
  const { at } = page;
  const owned = [`${at}assets/`, `${at}icon.svg`, `${at}index.html`];
  const files = readPage(page);
  return {
    owns(method, path, search) {
      if (method !== 'GET' && method !== 'HEAD') return false;
      // gochat's page asks at "/" if its proxy strips the path.
      if (path === at) return !search.startsWith('?since=');
      return owned.some(start => path.startsWith(start));
    },
    send:
      files &&
      ((request, response, missing) => {
        const [path = ''] = (request.url ?? '').split('?', 1);
        const file = files.get(path.slice(at.length) || 'index.html');
        if (file) sendFile(file, request, response);
        else missing();
      }),
  };
}

/** Undefined if the page is not built. */
function readPage(page: StaticPage): ReadonlyMap<string, PageFile> | undefined {
  const { folder } = page;
  if (!existsSync(join(folder, 'index.html'))) return;
  const security = securityFor(page);
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const names = new Set(paths.map(path => path.replaceAll(sep, '/')));
  const files = [...names].filter(name => Object.hasOwn(TYPES, extname(name)));
  return new Map(files.map(name => [name, readFile(folder, name, names, security)]));
}

function readFile(folder: string, name: string, names: ReadonlySet<string>, security: PageFile['headers']): PageFile {
  const read = (end: string) => readFileSync(join(folder, name + end));
  const coded = CODINGS.filter(([, end]) => names.has(name + end)).map(([coding, end]) => [coding, read(end)] as const);
  const zipped = coded.find(([coding]) => coding === 'gzip')?.[1];
  const kept = zipped ?? read('');
  return {
    plain: zipped ? () => gunzipSync(zipped) : () => kept,
    etag: `W/"${createHash('sha256').update(kept).digest('base64url').slice(0, 22)}"`,
    coded,
    headers: {
      ...security,
      'Content-Type': TYPES[extname(name)]!,
      'Cache-Control': name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      ...(coded.length > 0 && { Vary: 'Accept-Encoding' }),
    },
  };
}

/** Sends a whole file; ranges are optional (RFC 9110, 14.2). */
function sendFile({ headers, etag, plain, coded }: PageFile, request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries({ ...headers, ETag: etag })) response.setHeader(name, value);
  const known = request.headers['if-none-match'] ?? '';
  if (known.split(',').some(tag => tag.trim().replace(/^(W\/)?/, 'W/') === etag)) {
    response.writeHead(304).end();
    return;
  }
  const takes = codingsOf(request.headers['accept-encoding']);
  const [coding, bytes] = coded.find(([coding]) => takes(coding)) ?? [undefined, plain()];
  if (coding !== undefined) response.setHeader('Content-Encoding', coding);
  response.writeHead(200, { 'Content-Length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** Which encodings a caller accepts; weight 0 means no (RFC 9110, 12.5.3). */
function codingsOf(accepted: string | string[] = ''): (coding: string) => boolean {
  const weights = new Map(
    String(accepted)
      .toLowerCase()
      .split(',')
      .map(part => {
        const [coding = '', ...parameters] = part.split(';').map(text => text.trim());
        const weight = parameters.find(parameter => parameter.startsWith('q='))?.slice(2);
        return [coding, weight === undefined ? 1 : Number(weight)] as const;
      }),
  );
  return coding => (weights.get(coding) ?? weights.get('*') ?? 0) > 0;
}
