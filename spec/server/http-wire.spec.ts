import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { expectProblem, request, untouched } from '../support/server.ts';

// What comes over a connection and is no good HTTP: it leaves no trace in the store nor in the log.

const server = untouched();

const HI = '{"text":"hi"}';
const lines = (...all: readonly string[]) => `${all.join('\r\n')}\r\n`;
const post = (...headers: readonly string[]) =>
  request('POST /chat', ['Content-Type: application/json', ...headers], HI);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

const port = () => Number(new URL(server.origin).port);

/** A connection on which the server has answered one request and read what came with it. */
async function readBy(beginning: string | Uint8Array): Promise<Socket> {
  const socket = connect(port(), '127.0.0.1');
  socket.write(
    Buffer.concat([Buffer.from(lines('GET /healthz HTTP/1.1', 'Host: localhost', '')), Buffer.from(beginning)]),
  );
  await once(socket, 'data');
  return socket;
}

describe('what is no HTTP', () => {
  it.each([
    ['words', 'hello\r\n\r\n'],
    ['only ends of lines and then words', '\r\n\r\n\r\nhello\r\n\r\n'],
    ['bytes', Uint8Array.from({ length: 256 }, (_, i) => 255 - i)],
    ['the greeting of TLS', Uint8Array.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3, 3])],
    ['the greeting of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a version that is none', lines('GET /chat HTTP/9.9', 'Host: localhost', '')],
    ['a blank in the URL', lines('GET /ch at HTTP/1.1', 'Host: localhost', '')],
    ['U+0000 in the URL', lines('GET /ch\0at HTTP/1.1', 'Host: localhost', '')],
    ['U+0000 in a header', lines('GET /chat HTTP/1.1', 'Host: localhost', 'X: a\0b', '')],
    ['a header without a colon', lines('GET /chat HTTP/1.1', 'Host: localhost', 'nothing', '')],
    ['a blank before the colon', lines('GET /chat HTTP/1.1', 'Host : a', '')],
    ['a header without a name', lines('GET /chat HTTP/1.1', 'Host: localhost', ': b', '')],
    ['a length that is none', lines('POST /chat HTTP/1.1', 'Host: localhost', 'Content-Length: -1', '')],
    ['a chunk without a length', text(post('Transfer-Encoding: chunked')).replace(/Content-Length.*\r\n/, '')],
  ])('is refused: %s', async (_, bytes) => expectProblem(await server.raw(bytes), 400));

  it.each([
    ['two lengths', post('Content-Length: 5')],
    ['twice the same length', post('Content-Length: 13')],
    ['a length and chunks', post('Transfer-Encoding: chunked')],
    ['chunks that are not the last coding', post('Transfer-Encoding: chunked, gzip')],
    ['no host', lines('GET /chat HTTP/1.1', 'Connection: close', '')],
    ['two hosts', request('GET /chat', ['Host: other.example'])],
  ])('is refused where it can be read in two ways: %s', async (_, bytes) =>
    expectProblem(await server.raw(bytes), 400),
  );

  it('is refused where chunks are packed', async () => {
    const packed = gzipSync(HI);
    const head = ['Content-Type: application/json', 'Transfer-Encoding: gzip, chunked'];
    const chunk = [`${packed.length.toString(16)}\r\n`, packed, '\r\n0\r\n\r\n'];
    expectProblem(await server.raw(request('POST /chat', head), ...chunk), 400, 415, 501);
  });

  it('is refused where it expects what nobody can do', async () =>
    expectProblem(await server.raw(post('Expect: wonders')), 417));
});

describe('a header', () => {
  const x = 'x'.repeat(100_000);

  it.each([
    ['one field of 100 kB', request('GET /chat', [`X-Big: ${x}`])],
    [
      '10,000 fields',
      request(
        'GET /chat',
        Array.from({ length: 10_000 }, (_, i) => `X-${i}: 0`),
      ),
    ],
    ['a name of 100 kB', request('GET /chat', [`${x}: 0`])],
    ['a URL of 100 kB', request(`GET /chat?${x}`)],
    ['a key of 100 kB', post(`Idempotency-Key: ${x}`)],
  ])('is refused with %s', async (_, bytes) => expectProblem(await server.raw(bytes), 414, 431));
});

describe('a method', () => {
  it.each(['FOO', 'get', 'GETS', 'CHAT', '__proto__', 'constructor'])(
    'is refused where there is none: %s',
    async method => expectProblem(await server.raw(request(`${method} /chat`)), 400, 501),
  );

  it.each(['PROPFIND', 'TRACE', 'PUT', 'DELETE', 'SEARCH', 'M-SEARCH', 'PURGE'])(
    'is refused with those that there are: %s',
    async method => {
      for (const path of ['/chat', '/gochat/chat', '/', '/api/rooms/lobby/messages']) {
        const said = await server.raw(request(`${method} ${path}`));
        expectProblem(said, 405);
        expect(said[0]?.headers.get('Allow')).toBe('GET, HEAD, POST');
      }
    },
  );

  it('is told to whoever asks with OPTIONS', async () => {
    for (const [path, methods] of [
      ['/chat', 'GET, HEAD, POST'],
      ['/api/rooms', 'GET, HEAD, POST'],
      ['/healthz', 'GET, HEAD'],
      ['*', 'GET, HEAD, POST'],
    ]) {
      const [said] = await server.raw(request(`OPTIONS ${path}`));
      expect([path, said?.status, said?.headers.get('Allow')]).toEqual([path, 204, methods]);
    }
    expectProblem(await server.raw(request('OPTIONS /nowhere')), 404);
  });

  it('is refused where it wants a tunnel: CONNECT', async () => {
    const said = await server.raw(request('CONNECT elsewhere.example:443'));
    expectProblem(said, 405);
    expect(said[0]?.headers.has('Allow')).toBe(true);
  });

  it('takes an absolute URL as one of its own, and never goes to other servers', async () => {
    const [said] = await server.raw(request('GET http://elsewhere.example/chat'));
    expect(said).toMatchObject({ status: 200, body: expect.stringMatching(/^\[/) });
    expectProblem(await server.raw(request('POST http://elsewhere.example/elsewhere', [], 'text=hi')), 404, 415);
  });
});

describe('a connection', () => {
  const whole = text(post());

  it.each([
    ['a line', 'GET /ch'],
    ['a header', lines('GET /chat HTTP/1.1', 'Host: localhost')],
    ['a body', whole.slice(0, -3)],
    ['chunks', lines('POST /chat HTTP/1.1', 'Host: localhost', 'Transfer-Encoding: chunked', '', '5', '{"te')],
  ])('can end in the middle of %s', async (_, half) => {
    const socket = await readBy(half);
    socket.end();
    await once(socket.resume(), 'close');
  });

  it.each([
    ['a line', 'GET /ch'],
    ['a header', lines('GET /chat HTTP/1.1', 'Host: localhost')],
    ['a body', whole.slice(0, -3)],
    ['chunks', lines('POST /chat HTTP/1.1', 'Host: localhost', 'Transfer-Encoding: chunked', '', '5', '{"te')],
    ['an answer', lines('GET /chat HTTP/1.1', 'Host: localhost', '')],
  ])('can be torn in the middle of %s', async (_, half) => {
    (await readBy(half)).resetAndDestroy();
  });

  it('can be opened and closed without a word', async () => {
    const socket = connect(port(), '127.0.0.1').end();
    await once(socket.resume(), 'close');
  });

  it('can bring many requests at once, and gets the answers in their order', async () => {
    const ask = (path: string) => lines(`GET ${path} HTTP/1.1`, 'Host: localhost', '');
    const wrong = lines(
      'POST /chat HTTP/1.1',
      'Host: localhost',
      'Content-Type: text/plain',
      'Content-Length: 13',
      '',
      HI,
    );
    const said = await server.raw(
      [ask('/chat'), ask('/healthz'), ask('/nowhere'), wrong.slice(0, -2), ask('/%'), ask('/chat')].join(''),
      request('GET /chat?since=%'),
    );
    expect(said.map(({ status }) => status)).toEqual([200, 200, 404, 415, 400, 200, 400]);
  });

  it('gets the answers to what came before something that is no request', async () => {
    const said = await server.raw(`${lines('GET /chat HTTP/1.1', 'Host: localhost', '')}hello\r\n\r\n`);
    expect(said.map(({ status }) => status)).toEqual([200, 400]);
  });

  it('gets one refusal of what is no request, however much of it comes while an answer is due', async () => {
    const socket = connect(port(), '127.0.0.1');
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on('warning', warned);
    socket.setEncoding('latin1').write(lines('GET /api/rooms/a/messages?wait=1 HTTP/1.1', 'Host: localhost', ''));
    let said = '';
    socket.on('data', text => {
      said += text;
    });
    for (let i = 0; i < 15; i++) {
      await sleep(10);
      socket.write('hello\r\n\r\n');
    }
    await once(socket, 'close');
    process.off('warning', warned);
    expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    expect(warnings).toEqual([]);
  });

  it('brings no requests in a body that is refused', async () => {
    const hidden = lines('GET /chat HTTP/1.1', 'Host: localhost', '').repeat(3000);
    expectProblem(await server.raw(request('POST /chat', ['Content-Type: application/json'], hidden)), 413);
    expectProblem(await server.raw(request('POST /chat', ['Content-Type: text/plain'], hidden.slice(0, 999))), 415);
  });
});
