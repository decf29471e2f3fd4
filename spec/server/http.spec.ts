import { describe, expect, it } from '@jest/globals';
import { fresh, post, request, texts } from '../support/server.ts';

const { serving } = fresh();

describe('the HTTP front end', () => {
  it('answers HEAD as GET, without a body', async () => {
    const { ask, raw } = await serving();
    await ask('/chat', post({ text: 'hi' }));
    for (const path of ['/chat', '/api/rooms', '/api/rooms/lobby/messages', '/healthz', '/readyz']) {
      const expected = await ask(path);
      const length = Buffer.byteLength(await expected.text());
      const [said] = await raw(request(`HEAD ${path}`));
      expect(said).toMatchObject({ status: 200, body: '' });
      expect(said?.headers.get('Content-Type')).toBe(expected.headers.get('Content-Type'));
      expect(said?.headers.get('Content-Length')).toBe(String(length));
    }
    expect(await raw(request('HEAD /nowhere'))).toMatchObject([{ status: 404, body: '' }]);
  });

  it.each([
    ['/chat', 'PUT', 'GET, POST'],
    ['/gochat/chat', 'DELETE', 'GET, POST'],
    ['/', 'PATCH', 'GET, POST'],
    ['/api/rooms', 'DELETE', 'GET, POST'],
    ['/api/rooms/lobby/messages', 'DELETE', 'GET, POST'],
    ['/healthz', 'POST', 'GET'],
    ['/readyz', 'DELETE', 'GET'],
  ])('says which methods %s takes to whoever tries %s', async (path, method, allowed) => {
    const { ask } = await serving();
    const answer = await ask(path, { method });
    expect(answer.status).toBe(405);
    const allow = answer.headers.get('Allow')?.split(/, */) ?? [];
    expect(allow).toEqual(expect.arrayContaining(allowed.split(', ')));
    expect(allow).not.toContain(method);
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
  });

  it('shows a problem as a page to a browser, with the room that its address may mean', async () => {
    const { ask } = await serving();
    const browser = { headers: { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' } };
    for (const [path, href] of [
      ['/garden', './#/garden'],
      ['/rooms/garden', '../#/garden'],
      ['/a/b/%3Cscript%3E', '../../'],
      ['/api/rooms/lobby/messages?limit=0', '../../../'],
    ] as const) {
      const answer = await ask(path, browser);
      expect(answer.status).toBe(path.startsWith('/api') ? 422 : 404);
      expect(answer.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('Vary')).toContain('Accept');
      expect(answer.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
      const html = await answer.text();
      expect(html).toContain(`href="${href}"`);
      expect(html).not.toContain('<script');
      for (const headers of [{}, { Accept: '*/*' }, { Accept: 'application/json' }])
        expect((await ask(path, { headers })).headers.get('Content-Type')).toBe('application/problem+json');
    }
    expect((await ask('/chat', { method: 'PUT', ...browser })).headers.get('Content-Type')).toBe(
      'application/problem+json',
    );
  });

  it('tells a problem with the node that refused and the id of the request', async () => {
    const { ask } = await serving();
    const problems: Record<string, unknown>[] = [];
    for (const [path, init, status, code, node] of [
      ['/nowhere', {}, 404, 'not-found', 'router'],
      ['/chat', { method: 'PUT' }, 405, 'method-not-allowed', 'router'],
      ['/chat', post({ author: 'ann' }), 422, 'text-missing', 'sender'],
      ['/chat', post({ author: 'x'.repeat(65), text: 'hi' }), 422, 'author-too-long', 'check'],
      ['/api/rooms/lobby/messages?limit=0', {}, 422, 'parameter-invalid', 'controller'],
    ] as const) {
      const answer = await ask(path, init);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
      const problem = (await answer.json()) as Record<string, unknown>;
      expect(problem).toEqual({
        title: expect.stringMatching(/^[A-Z]/),
        status,
        code,
        detail: expect.stringMatching(/\w/),
        node,
        request: expect.stringMatching(/^\S+$/),
      });
      problems.push(problem);
    }
    expect(new Set(problems.map(({ request }) => request)).size).toBe(problems.length);
  });

  it('keeps browsers from guessing types, and other sites from using it, with every kind of answer', async () => {
    const { ask, raw } = await serving({ CORS_ORIGINS: 'https://a.example', BASE_PATH: '/talk' });
    const preflight = { Origin: 'https://a.example', 'Access-Control-Request-Method': 'POST' };
    const events = new AbortController();
    const answers = await Promise.all([
      ask('/chat'),
      ask('/chat', post({ text: 'hi' })),
      ask('/chat', post({})),
      ask('/nowhere'),
      ask('/%'),
      ask('/chat', { method: 'PUT' }),
      ask('/chat', { method: 'OPTIONS', headers: preflight }),
      ...['/', '/assets/nowhere.js', '/editor', '/editor/', '/healthz', '/readyz', '/metrics', '/openapi.json'].map(
        path => ask(path),
      ),
      ask('/talk'),
      ask('/api/socket'),
      ask('/api/rooms/lobby/events', { signal: events.signal }),
      ask('/chat', { ...post({ text: 'hi' }), headers: { Origin: 'https://evil.example' } }),
    ]);
    const said = [
      ...(await raw('nonsense\r\n\r\n')),
      ...(await raw(request('CONNECT elsewhere.example:443'))),
      ...(await raw(request('GET /chat', ['Expect: wonders']))),
      ...(await raw('GET /chat HTTP/1.1\r\nConnection: close\r\n\r\n')),
      ...(await raw(request('GET /api/socket', ['Upgrade: websocket']).toString().replace('close', 'upgrade'))),
    ];
    expect(said.length).toBeGreaterThanOrEqual(4);
    for (const { status, headers } of [...answers, ...said]) {
      expect([status, headers.get('X-Content-Type-Options')]).toEqual([status, 'nosniff']);
      expect([status, headers.get('Cross-Origin-Resource-Policy')]).toEqual([status, 'same-origin']);
      expect([status, headers.get('Cross-Origin-Opener-Policy')]).toEqual([status, 'same-origin']);
    }
    events.abort();
  });

  it('answers the probes', async () => {
    const { ask } = await serving();
    for (const path of ['/healthz', '/readyz']) {
      const answer = await ask(path);
      expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, 'application/json; charset=utf-8']);
      expect(await answer.json()).toMatchObject({ status: expect.any(String) });
    }
  });

  it('tells the milliseconds at each node with TIMING on, for refusals too', async () => {
    const { ask } = await serving({ TIMING: 'on' });
    const timed = async (path: string, init?: RequestInit) => {
      const entries = (await ask(path, init)).headers.get('Server-Timing')?.split(', ') ?? [];
      for (const entry of entries) expect(entry).toMatch(/^[\w-]+;dur=\d+\.\d+$/);
      return entries.map(entry => entry.split(';')[0]);
    };
    expect(await timed('/chat')).toEqual(['admit', 'router', 'controller', 'storage', 'responder']);
    expect(await timed('/chat', post({ text: 'hi' }))).toEqual([
      ...['admit', 'router', 'sender', 'check', 'limit', 'storage', 'responder'],
    ]);
    expect(await timed('/chat', post({}))).toEqual(['admit', 'router', 'sender', 'responder']);
    expect(await timed('/api/rooms')).toEqual(['admit', 'router', 'rooms', 'responder']);
  });

  it('tells nothing of its nodes with TIMING off', async () => {
    const { ask } = await serving({ TIMING: 'off' });
    for (const path of ['/chat', '/nowhere']) expect((await ask(path)).headers.has('Server-Timing')).toBe(false);
  });
});

describe('BASE_PATH', () => {
  it('is cut off where the proxy keeps it, and not missed where the proxy cuts it off', async () => {
    const { ask } = await serving({ BASE_PATH: '/gochat' });
    expect((await ask('/gochat/chat', post({ text: 'kept' }))).status).toBe(201);
    expect((await ask('/chat', post({ text: 'cut' }))).status).toBe(201);
    expect(await texts(ask('/gochat/chat?since=0'))).toEqual(['kept', 'cut']);
    expect(await texts(ask('/chat?since=0'))).toEqual(['kept', 'cut']);
    for (const path of ['/gochat/healthz', '/gochat/api/rooms', '/healthz', '/api/rooms']) {
      expect((await ask(path)).status).toBe(200);
    }
  });

  it('can be the path of the chat itself', async () => {
    const { ask } = await serving({ BASE_PATH: '/gochat/chat' });
    expect((await ask('/gochat/chat', post({ text: 'exact' }))).status).toBe(201);
    expect((await ask('/', post({ text: 'cut' }))).status).toBe(201);
    expect(await texts(ask('/gochat/chat?since=0'))).toEqual(['exact', 'cut']);
    expect(await texts(ask('/?since=0'))).toEqual(['exact', 'cut']);
  });

  it('is followed by a slash where the page is: its addresses are relative', async () => {
    const { ask } = await serving({ BASE_PATH: '/talk' });
    const answer = await ask('/talk');
    expect([answer.status, answer.headers.get('Location')]).toEqual([308, '/talk/']);
  });

  it('is no part of a longer word', async () => {
    const { ask } = await serving({ BASE_PATH: '/talk' });
    expect((await ask('/talkative')).status).toBe(404);
    expect((await ask('/talkchat')).status).toBe(404);
  });
});

describe('CORS_ORIGINS', () => {
  const asked = (origin: string): RequestInit => ({ headers: { Origin: origin } });
  const PREFLIGHT = {
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'content-type,idempotency-key',
  };

  it('lets no other site in where there are none', async () => {
    const { ask } = await serving();
    const answer = await ask('/chat', asked('https://a.example'));
    expect([answer.status, answer.headers.has('Access-Control-Allow-Origin')]).toEqual([200, false]);
  });

  it('lets the pages of these origins read and write, and of no other', async () => {
    const { ask } = await serving({ CORS_ORIGINS: 'https://a.example, https://b.example:8443' });
    for (const origin of ['https://a.example', 'https://b.example:8443']) {
      for (const path of ['/chat', '/nowhere', '/chat%', '/healthz']) {
        const { headers } = await ask(path, asked(origin));
        expect(headers.get('Access-Control-Allow-Origin')).toBe(origin);
        expect(headers.get('Vary')).toMatch(/\bOrigin\b/);
        expect(headers.has('Access-Control-Allow-Credentials')).toBe(false);
      }
      const preflight = await ask('/chat', { method: 'OPTIONS', headers: { Origin: origin, ...PREFLIGHT } });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('Access-Control-Allow-Origin')).toBe(origin);
      expect(preflight.headers.get('Access-Control-Allow-Methods')).toBe('POST');
      expect(Number(preflight.headers.get('Access-Control-Max-Age'))).toBeGreaterThan(0);
      expect((await ask('/chat', asked(origin))).headers.get('Access-Control-Expose-Headers')).toMatch(/Retry-After/);
      expect((await ask('/metrics', asked(origin))).headers.has('Access-Control-Allow-Origin')).toBe(false);
      expect(preflight.headers.get('Access-Control-Allow-Headers')).toBe('content-type,idempotency-key');
    }
    for (const origin of ['https://c.example', 'http://a.example', 'https://b.example', 'null']) {
      const { headers } = await ask('/chat', asked(origin));
      expect(headers.has('Access-Control-Allow-Origin')).toBe(false);
      expect(headers.get('Vary')).toMatch(/\bOrigin\b/);
      const preflight = await ask('/chat', { method: 'OPTIONS', headers: { Origin: origin, ...PREFLIGHT } });
      expect(preflight.headers.has('Access-Control-Allow-Origin')).toBe(false);
    }
  });

  it('lets everybody in with *', async () => {
    const { ask } = await serving({ CORS_ORIGINS: '*' });
    const { headers } = await ask('/chat', asked('https://a.example'));
    expect(headers.get('Access-Control-Allow-Origin')).toBe('*');
  });
});
