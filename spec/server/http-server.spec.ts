import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { limitConnections } from '../../src/http/connections.ts';
import { Advice } from '../../src/http/origins.ts';
import { HttpServer } from '../../src/http/server.ts';
import { until } from '../support/chat.ts';
import { Wire } from '../support/wire.ts';

// However busy the machine is.
jest.setTimeout(60_000);

let server: HttpServer;
const wires: Wire[] = [];
afterEach(async () => {
  for (const { socket } of wires.splice(0)) socket.destroy();
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
});

/** Starts a server that keeps what it is asked, and answers when a test says so. */
async function serving(): Promise<{ asked: [IncomingMessage, ServerResponse][]; answer(): void }> {
  const asked: [IncomingMessage, ServerResponse][] = [];
  server = new HttpServer(
    () => false,
    (request, response) => asked.push([request, response]),
  );
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    asked,
    answer() {
      const [request, response] = asked.shift()!;
      request.resume();
      response.end(request.url);
    },
  };
}

function open(...lines: readonly string[]): Wire {
  const wire = new Wire((server.address() as AddressInfo).port, ...lines);
  wires.push(wire);
  return wire;
}

const get = (path: string | number) => `GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const post = (path: string | number) =>
  `POST /${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(1000)}`;

describe('a connection that sends much without waiting for answers', () => {
  it.each([
    ['reads', get],
    ['posts', post],
  ] as const)('has 16 %s worked on at a time, and all in their order', async (_, request) => {
    const { asked, answer } = await serving();
    const wire = open();
    wire.socket.write(Array.from({ length: 100 }, (_, i) => request(i)).join(''));
    for (let i = 0; i < 100; i++) {
      await until(() => asked.length === Math.min(16, 100 - i));
      answer();
    }
    await wire.says(/\r\n\/99$/);
    expect([...wire.text.matchAll(/\r\n\r\n\/(\d+)/g)].map(([, path]) => Number(path))).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
  });

  it.each([
    ['reads', get],
    ['posts', post],
  ] as const)('is not read from until there is an answer: %s', async (_, request) => {
    const { asked, answer } = await serving();
    const taken = new Promise<Socket>(resolve => server.once('connection', resolve));
    const wire = open();
    const many = request('x').repeat(Math.ceil(8_000_000 / request('x').length));
    const socket = await taken;
    wire.socket.write(many);
    await until(() => asked.length === 16);
    // As much as a few reads bring at once, however much there is and however often an answer lets one more in.
    for (let i = 0; i < 50; i++) {
      answer();
      await until(() => asked.length === 16);
    }
    expect(socket.bytesRead).toBeLessThan(1_000_000);
  });

  it('keeps nobody else waiting', async () => {
    const { asked, answer } = await serving();
    open().socket.write(get('hog').repeat(1000));
    await until(() => asked.length === 16);
    open().socket.write(get('other'));
    await until(() => asked.length === 17);
    expect(asked[16]?.[0].url).toBe('/other');
    answer();
  });

  it('is forgotten with all that waits when it breaks off', async () => {
    const { asked, answer } = await serving();
    const wire = open();
    wire.socket.write(get('x').repeat(100));
    await until(() => asked.length === 16);
    wire.socket.resetAndDestroy();
    // It is not read from, so that it is known to be gone when an answer can't be written.
    for (let i = 0; i < 3; i++) answer();
    await until(() => asked.every(([, response]) => response.destroyed));
    open().socket.write(get('next'));
    await until(() => asked.some(([{ url }]) => url === '/next'));
    expect(asked.length).toBeLessThan(20);
  });
});

describe('a server', () => {
  it('keeps a connection longer than a proxy does, and waits for a slow request less long', async () => {
    await serving();
    expect(server.keepAliveTimeout).toBeGreaterThan(60_000);
    expect(server.headersTimeout).toBeLessThanOrEqual(server.requestTimeout);
    expect(server.requestTimeout).toBeLessThan(60_000);
  });

  it('takes so many connections of one address and so many in all, and says once how to have more', async () => {
    await serving();
    const said: string[] = [];
    const limits = { connections: 3, connectionsPerAddress: 2, trustProxy: false };
    limitConnections(server, limits, new Advice(sentence => said.push(sentence)));
    const { port } = server.address() as AddressInfo;
    const from = (localAddress: string) =>
      new Promise<Socket | undefined>(resolve => {
        const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => {});
        wires.push({ socket } as Wire);
        socket.resume().once('close', () => resolve(undefined));
        // Who is closed at once can write, but hears nothing.
        socket.once('data', () => resolve(socket));
        socket.write('no request\r\n\r\n');
      });
    const silent = (localAddress: string) =>
      new Promise<Socket>(resolve => {
        const socket = connect({ port, host: '127.0.0.1', localAddress }, () => resolve(socket)).on('error', () => {});
        wires.push({ socket } as Wire);
      });
    const first = await silent('127.0.0.1');
    await silent('127.0.0.1');
    expect(await from('127.0.0.1')).toBeUndefined();
    expect(await from('127.0.0.1')).toBeUndefined();
    await silent('127.0.0.2');
    expect(await from('127.0.0.3')).toBeUndefined();
    expect(said).toEqual([
      expect.stringContaining('CONNECTIONS_PER_ADDRESS'),
      expect.stringMatching(/^3 connections.*CONNECTIONS /),
    ]);
    first.destroy();
    // As soon as one has left, there is a place.
    let next: Socket | undefined;
    while (!next) next = await from('127.0.0.1');
  });
});
