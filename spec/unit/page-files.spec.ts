import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { exchange, retainEarlier } from '../../public/exchange.ts';
import { pageFiles } from '../../src/http/pages.ts';

const SCRIPT = `const x = 1;${' '.repeat(2000)}`;

/** A page as `npm run build` leaves it. */
function built(folder: string, script: string, text = SCRIPT): void {
  mkdirSync(join(folder, 'assets'), { recursive: true });
  for (const [name, content] of [
    ['index.html', `<script src="./assets/${script}"></script>`],
    [`assets/${script}`, text],
  ] as const) {
    writeFileSync(join(folder, name), content);
    writeFileSync(join(folder, `${name}.gz`), gzipSync(content));
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(content));
  }
}

describe('the files of a page', () => {
  let folder: string;
  let server: Server;
  let port: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'flowchat-page-'));
    built(folder, 'index-1.js');
    writeFileSync(join(folder, 'earlier.json'), '{}');
    const { owns, send } = pageFiles({ at: '/', folder });
    server = createServer((request, response) => {
      const path = request.url!.split('?')[0]!;
      const missing = () => response.writeHead(404).end('missing');
      if (owns(request.method!, path, '')) send!(request, response, missing);
      else missing();
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  /** The head of an answer, and how many bytes follow it. */
  const ask = (path: string, ...headers: readonly string[]) =>
    new Promise<{ status: number; head: string; length: number }>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      const chunks: Buffer[] = [];
      socket.on('data', chunk => chunks.push(chunk));
      socket.on('error', reject);
      socket.on('close', () => {
        const bytes = Buffer.concat(chunks);
        const end = bytes.indexOf('\r\n\r\n');
        const head = bytes.toString('latin1', 0, end);
        resolve({ status: Number(head.split(' ')[1]), head, length: bytes.length - end - 4 });
      });
      const [method = 'GET', url = path] = path.includes(' ') ? path.split(' ') : [];
      socket.write(`${[`${method} ${url} HTTP/1.1`, 'Host: a', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`);
    });

  it.each([
    'bytes=0-0',
    'bytes=10-5',
    'bytes=-5',
    'bytes=0-18446744073709551615',
    'bytes=99999-',
    'bytes=0-1,3-4',
    'items=0-3',
    'bytes=',
    'nonsense',
  ])('are sent whole, whatever range is asked for: %s', async range => {
    const { status, head, length } = await ask('/assets/index-1.js', `Range: ${range}`);
    expect([status, length]).toEqual([200, SCRIPT.length]);
    expect(head).not.toMatch(/content-range|accept-ranges/i);
  });

  it.each([
    ['br', 'br'],
    ['gzip', 'gzip'],
    ['gzip, br', 'br'],
    ['gzip;q=1.0, br;q=0.1', 'br'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0, gzip;q=0', undefined],
    ['identity', undefined],
    ['*', 'br'],
    ['*;q=0', undefined],
    ['br;q=0, *', 'gzip'],
    ['BR', 'br'],
    ['brotli', undefined],
    ['', undefined],
  ])('are compressed as their caller takes it: %s', async (accepted, coding) => {
    const { status, head, length } = await ask('/assets/index-1.js', `Accept-Encoding: ${accepted}`);
    expect(status).toBe(200);
    expect(/content-encoding: (\S+)/i.exec(head)?.[1]).toBe(coding);
    expect(length).toBe(Number(/content-length: (\d+)/i.exec(head)?.[1]));
    expect(head).toMatch(/vary: accept-encoding/i);
    expect(length === SCRIPT.length).toBe(coding === undefined);
  });

  it('are not sent again to who has them', async () => {
    const { head } = await ask('/');
    const tag = /etag: (\S+)/i.exec(head)![1]!;
    for (const known of [tag, `"x", ${tag}`, tag.slice(2)])
      expect(await ask('/', `If-None-Match: ${known}`)).toMatchObject({ status: 304, length: 0 });
    expect((await ask('/', 'If-None-Match: "x"')).status).toBe(200);
  });

  it('have their length told without them', async () => {
    const { head, length } = await ask('HEAD /assets/index-1.js');
    expect([length, /content-length: (\d+)/i.exec(head)?.[1]]).toEqual([0, String(SCRIPT.length)]);
  });

  it.each([
    '/assets/none.js',
    '/assets/',
    '/assets/../index.html',
    '/assets/index-1.js.br',
    '/earlier.json',
    '/icon.svg',
  ])('are nothing else: %s', async path => {
    expect((await ask(path)).status).toBe(404);
  });

  it('stay as they were when the server started, whole, while the page is built anew', async () => {
    built(folder, 'index-2.js', 'const longer = 22222;'.repeat(200));
    rmSync(join(folder, 'assets/index-1.js'));
    expect(await ask('/assets/index-1.js')).toMatchObject({ status: 200, length: SCRIPT.length });
    expect(await ask('/')).toMatchObject({ length: '<script src="./assets/index-1.js"></script>'.length });
    expect((await ask('/assets/index-2.js')).status).toBe(404);
  });
});

describe('building a page anew', () => {
  let place: string;
  const DAY = 86_400_000;
  const folder = () => join(place, 'chat');
  const assets = () => readdirSync(join(folder(), 'assets')).filter(name => name.endsWith('.js'));

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'flowchat-built-'));
  });
  afterEach(() => rmSync(place, { recursive: true }));

  const build = (script: string) => {
    const made = join(place, '.chat.1');
    built(made, script);
    retainEarlier(folder(), made);
    exchange(folder(), made);
  };

  it('puts the whole new one in place, and keeps what open pages still want', () => {
    build('index-1.js');
    build('index-2.js');
    build('index-3.js');
    expect(readFileSync(join(folder(), 'index.html'), 'utf8')).toContain('index-3.js');
    expect(assets()).toEqual(['index-1.js', 'index-2.js', 'index-3.js']);
    expect(readdirSync(place)).toEqual(['chat']);
    const page = pageFiles({ at: '/', folder: folder() });
    expect(page.send).toBeDefined();
  });

  it('forgets what was kept for a month', () => {
    build('index-1.js');
    build('index-2.js');
    const file = join(folder(), 'earlier.json');
    const earlier = JSON.parse(readFileSync(file, 'utf8'));
    const old = Object.fromEntries(Object.entries(earlier).map(([name]) => [name, Date.now() - 31 * DAY]));
    writeFileSync(file, JSON.stringify(old));
    build('index-3.js');
    expect(assets()).toEqual(['index-2.js', 'index-3.js']);
  });

  it('makes a file that comes again a part of the page again', () => {
    build('index-1.js');
    build('index-2.js');
    build('index-1.js');
    const earlier = JSON.parse(readFileSync(join(folder(), 'earlier.json'), 'utf8'));
    expect(Object.keys(earlier).sort()).toEqual(['index-2.js', 'index-2.js.br', 'index-2.js.gz']);
  });
});
