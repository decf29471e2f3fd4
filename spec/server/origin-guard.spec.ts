import { readFileSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { type Guarding, OriginGuard, type Unwelcome } from '../../src/http/origins.ts';
import { CODES } from '../../src/model/codes.ts';
import { folder, graph, type Server, start } from '../support/server.ts';

const LOOPBACK: Guarding = { host: '127.0.0.1', trustProxy: false, allowedHosts: [], corsOrigins: [] };
const FRIEND = 'https://friend.example';
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'];
const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'TRACE'];

const statusOf = (fault: Unwelcome | undefined) => fault && CODES[fault.code][0];
const status = (given: Partial<Guarding>, method: string, headers: IncomingHttpHeaders) =>
  statusOf(new OriginGuard({ ...LOOPBACK, ...given }).fault({ method, headers } as IncomingMessage));
const socketStatus = (given: Partial<Guarding>, headers: IncomingHttpHeaders) =>
  statusOf(new OriginGuard({ ...LOOPBACK, ...given }).socketFault(headers));

/** What comes with a request, and whether it may change something, besides being answered at all. */
const PAGES: readonly [whose: string, headers: IncomingHttpHeaders, mayPost: boolean, given: Partial<Guarding>][] = [
  ['a program', {}, true, {}],
  ['a page of ours', { origin: 'http://localhost:9090', 'sec-fetch-site': 'same-origin' }, true, {}],
  ['a page of ours over http in a network', { origin: 'http://localhost:9090' }, true, {}],
  ['an old page of ours', { 'sec-fetch-site': 'same-origin' }, true, {}],
  ['who typed the address', { 'sec-fetch-site': 'none' }, true, {}],
  [
    'a page behind a proxy with TLS that changes Host',
    { origin: 'https://chat.example', 'sec-fetch-site': 'same-origin' },
    true,
    {},
  ],
  ['a stranger', { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' }, false, {}],
  ['a stranger over http in a network', { origin: 'http://evil.example' }, false, {}],
  ['a stranger who says no origin', { 'sec-fetch-site': 'cross-site' }, false, {}],
  ['another port of this machine', { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' }, false, {}],
  ['another port, over http in a network', { origin: 'http://localhost:3000' }, false, {}],
  ['another scheme of the same name', { origin: 'https://localhost', 'sec-fetch-site': 'same-site' }, false, {}],
  ['a page of no origin', { origin: 'null', 'sec-fetch-site': 'cross-site' }, false, {}],
  ['a page of no origin, over http in a network', { origin: 'null' }, false, {}],
  ['an odd origin', { origin: 'http://localhost:9090/' }, false, {}],
  ['two origins', { origin: 'http://localhost:9090, http://evil.example' }, false, {}],
  [
    'an odd Sec-Fetch-Site',
    { origin: 'http://localhost:9090', 'sec-fetch-site': 'same-origin, cross-site' },
    false,
    {},
  ],
  ['a friend', { origin: FRIEND, 'sec-fetch-site': 'cross-site' }, true, { corsOrigins: [FRIEND] }],
  ['a friend over http in a network', { origin: FRIEND }, true, { corsOrigins: [FRIEND] }],
  ['a stranger where there is a friend', { origin: 'https://evil.example' }, false, { corsOrigins: [FRIEND] }],
  ['anybody', { origin: 'null', 'sec-fetch-site': 'cross-site' }, true, { corsOrigins: ['*'] }],
];

describe('the guard of origins', () => {
  it.each(PAGES)('lets %s read, and change something if that is well', (_, headers, mayPost, given) => {
    const asked = { host: 'localhost:9090', ...headers };
    for (const method of ['GET', 'HEAD', 'OPTIONS']) expect(status(given, method, asked)).toBeUndefined();
    for (const method of UNSAFE)
      expect([method, status(given, method, asked)]).toEqual([method, mayPost ? undefined : 403]);
  });

  it.each(PAGES)('lets %s open a socket if it may change something', (_, headers, mayPost, given) => {
    expect(socketStatus(given, { host: 'localhost:9090', ...headers })).toBe(
      mayPost || isOddlyOurs(headers) ? undefined : 403,
    );
  });

  /** Of a WebSocket only the Origin header counts, as browsers differ in the other headers. */
  const isOddlyOurs = ({ origin }: IncomingHttpHeaders) => origin === 'http://localhost:9090';

  it('takes the one name by which people are signed in, and those of this machine, where they have accounts', () => {
    const given = { allowedHosts: ['chat.example'], onlyAllowedHosts: true, host: '0.0.0.0' };
    const asked = (host: string) => status(given, 'GET', { host });
    for (const host of ['chat.example', 'CHAT.example:443', 'localhost:9090', '127.0.0.1:9090', '[::1]:9090'])
      expect([host, asked(host)]).toEqual([host, undefined]);
    for (const host of [
      'evil.example',
      'chat.example.evil.example',
      'a.chat.example',
      '192.0.2.1',
      'x.localhost',
      '0.0.0.0',
    ])
      expect([host, asked(host)]).toEqual([host, 421]);
    expect(socketStatus(given, { host: 'evil.example', origin: 'http://evil.example' })).toBe(421);
    // At loopback nobody has to say a name, and a proxy that is trusted makes no other one ours.
    const behind = { onlyAllowedHosts: true, trustProxy: true, host: '127.0.0.2' };
    expect(status(behind, 'GET', { host: '127.0.0.2:9090' })).toBeUndefined();
    expect(status(behind, 'GET', { host: 'evil.example' })).toBe(421);
    expect(new OriginGuard({ ...LOOPBACK, ...behind }).hostFault({ host: 'evil.example' })!.detail).toContain('ORIGIN');
  });

  it('knows its own host with and without the port that the scheme means', () => {
    const given = { host: '0.0.0.0' };
    for (const [host, origin] of [
      ['chat.example', 'https://chat.example'],
      ['chat.example:443', 'https://chat.example'],
      ['chat.example:80', 'http://chat.example'],
      ['CHAT.example', 'http://chat.example'],
      ['[2001:db8::1]:9090', 'http://[2001:db8::1]:9090'],
    ] as const)
      expect([host, status(given, 'POST', { host, origin })]).toEqual([host, undefined]);
    for (const [host, origin] of [
      ['chat.example:443', 'http://chat.example'],
      ['chat.example', 'http://chat.example:9090'],
      ['', 'http://chat.example'],
    ] as const)
      expect([host, status(given, 'POST', { host, origin })]).toEqual([host, 403]);
  });

  it('believes a proxy that is trusted what it was asked itself', () => {
    const asked = { host: '127.0.0.1:9090', 'x-forwarded-host': 'chat.example', origin: 'http://chat.example' };
    expect(status({ trustProxy: true }, 'POST', asked)).toBeUndefined();
    expect(socketStatus({ trustProxy: true }, asked)).toBeUndefined();
    expect(status({}, 'POST', asked)).toBe(403);
    expect(status({ trustProxy: true }, 'POST', { ...asked, origin: 'http://evil.example' })).toBe(403);
  });

  it('tells how to allow a page, and how to mend a proxy that has changed the Host', () => {
    const headers = { host: '127.0.0.1:9090', origin: 'http://chat.example' };
    const { detail } = new OriginGuard(LOOPBACK).socketFault(headers)!;
    for (const named of ['http://chat.example', '127.0.0.1:9090', 'CORS_ORIGINS', 'proxy_set_header Host'])
      expect(detail).toContain(named);
  });
});

describe('at loopback', () => {
  const OURS = [
    'localhost',
    'localhost:9090',
    'LOCALHOST:1',
    'a.b.localhost',
    'localhost.',
    '127.0.0.1:9090',
    '127.1.2.3',
    '[::1]:9090',
    '192.0.2.7',
  ];
  const STRANGE = [
    'evil.example:9090',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evillocalhost',
    '',
    'a b',
    '[::1',
  ];

  it.each(OURS)('%s is a name of ours', host => {
    for (const given of [{}, { host: 'localhost' }, { host: '::1' }])
      for (const method of METHODS) expect(status(given, method, { host })).toBeUndefined();
    expect(socketStatus({}, { host })).toBeUndefined();
  });

  it.each(STRANGE)('%j is none, whatever is asked and whoever asks', host => {
    for (const headers of [{}, { origin: `http://${host}` }, { 'sec-fetch-site': 'same-origin' }]) {
      for (const method of METHODS) expect(status({ corsOrigins: ['*'] }, method, { host, ...headers })).toBe(421);
      expect(socketStatus({}, { host, ...headers })).toBe(421);
    }
  });

  it('a name can be allowed, alone or with all below it', () => {
    const allowedHosts = ['chat.example', '*.lan.example'];
    for (const host of [
      'chat.example',
      'Chat.Example:9090',
      'a.lan.example',
      'a.b.lan.example.',
      'localhost',
      '192.0.2.7',
    ])
      expect([host, status({ allowedHosts }, 'GET', { host })]).toEqual([host, undefined]);
    for (const host of ['evil.example', 'a.chat.example', 'lan.example', 'xlan.example'])
      expect([host, status({ allowedHosts }, 'GET', { host })]).toEqual([host, 421]);
    expect(status({ allowedHosts: ['*'] }, 'GET', { host: 'evil.example' })).toBeUndefined();
  });

  it('every name is taken from a proxy that is trusted, and a program need not name one', () => {
    expect(status({ trustProxy: true }, 'GET', { host: 'chat.example' })).toBeUndefined();
    expect(status({}, 'GET', {})).toBeUndefined();
  });
});

describe('where others can reach it', () => {
  it('every name is taken, unless some are named', () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.7', 'chat.example']) {
      expect(status({ host }, 'GET', { host: 'any.example' })).toBeUndefined();
      expect(status({ host, allowedHosts: ['chat.example'] }, 'GET', { host: 'any.example' })).toBe(421);
    }
  });

  it('the name may be told by a proxy that is trusted', () => {
    const given = { host: '0.0.0.0', trustProxy: true, allowedHosts: ['chat.example'] };
    expect(status(given, 'GET', { host: 'upstream', 'x-forwarded-host': 'chat.example' })).toBeUndefined();
    expect(status(given, 'GET', { host: 'upstream' })).toBe(421);
  });
});

describe('every door', () => {
  const { path: place, remove } = folder();
  let server: Server;
  beforeAll(async () => {
    const GRAPH = graph(join(place, 'graphs'), { BURST: '100000' });
    const more = `made(chat/Route) MATCH -> IN sender\n'POST /made/by/hand' -> PATTERN made\nmade ELSE -> IN admit\n`;
    writeFileSync(GRAPH, `${readFileSync(GRAPH, 'utf8').replace('INPORT=admit.IN', 'INPORT=made.IN')}\n${more}`);
    server = await start(join(place, 'data'), { GRAPH, CORS_ORIGINS: FRIEND, EDITOR_ORIGINS: FRIEND });
  });
  afterAll(async () => {
    await server.stop();
    remove();
  });

  const ask = (method: string, path: string, headers: Record<string, string>) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(server.origin + path, {
        method,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      });
      sent
        .on('response', resolve)
        .on('error', reject)
        .end(UNSAFE.includes(method) ? 'text=x' : undefined);
    });

  const PATHS = [
    '/chat',
    '/gochat/chat',
    '/?since=0',
    '/api/rooms/lobby/messages',
    '/made/by/hand',
    '/nowhere',
    '/healthz',
    '/metrics',
    '/editor/',
    '/runtime',
    '/api/socket',
    '/assets/x.js',
  ];
  /** Who asks, and how all are refused who must not; 0 for who is welcome. */
  const CASES: readonly [whose: string, headers: Record<string, string>, refused: number][] = [
    ['a program', {}, 0],
    ['a page of ours', { Origin: 'OWN' }, 0],
    ['a friend', { Origin: FRIEND, 'Sec-Fetch-Site': 'cross-site' }, 0],
    ['a stranger', { Origin: 'http://evil.example', 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['a page of no origin', { Origin: 'null' }, 403],
    ['another port of this machine', { Origin: 'http://127.0.0.1:1', 'Sec-Fetch-Site': 'same-site' }, 403],
    ['a rebound name', { Host: 'evil.example', Origin: 'http://evil.example' }, 421],
  ];

  /** The number of the newest message. */
  const newest = async () => {
    const page = (await (await server.ask('/api/rooms/lobby/messages')).json()) as { cursor: string };
    return Number(page.cursor.split(':')[1]);
  };

  const own = (headers: Record<string, string>) =>
    headers.Origin === 'OWN' ? { ...headers, Origin: server.origin } : headers;

  it.each(CASES)('is open or closed alike for %s, by every method', async (_, headers, refused) => {
    const before = await newest();
    for (const path of PATHS) {
      for (const method of METHODS) {
        const answer = await ask(method, path, own(headers));
        const said = await text(answer);
        const isRefused = refused === 421 || (refused === 403 && UNSAFE.includes(method));
        const about = [method, path, answer.statusCode];
        if (isRefused) expect(about).toEqual([method, path, refused]);
        else expect([403, 421]).not.toContain(answer.statusCode);
        if (isRefused && method !== 'HEAD') {
          expect(answer.headers['content-type']).toBe('application/problem+json');
          expect(JSON.parse(said).detail).toMatch(refused === 403 ? /CORS_ORIGINS/ : /ALLOWED_HOSTS/);
        }
      }
    }
    expect((await newest()) > before).toBe(refused === 0);
  });

  it.each(CASES)('is open or closed alike for the sockets of %s', async (_, headers, refused) => {
    for (const path of ['/api/socket', '/runtime']) {
      const socket = new WebSocket(server.origin.replace('http', 'ws') + path, { headers: own(headers) });
      const got = await new Promise<number>(resolve => {
        socket.on('open', () => resolve(101)).on('error', () => {});
        socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode!));
      });
      socket.terminate();
      // Any page of this machine may edit, as it may be a noflo-ui, if it has the secret.
      const isLocal = path === '/runtime' && headers.Origin === 'http://127.0.0.1:1';
      expect([path, got]).toEqual([path, isLocal ? 101 : refused || 101]);
    }
  });
});
