import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { until } from '../support/chat.ts';
import { folder } from '../support/server.ts';
import { ROOT } from '../support/source.ts';
import { Line, Wire } from '../support/wire.ts';

// However busy the machine is.
jest.setTimeout(60_000);

/** Milliseconds in which a test asks what it wants to; when it has no connection left, the server does not wait. */
const GRACE = 30_000;

const { path: data, remove } = folder();
const wires: Wire[] = [];
afterEach(() => {
  for (const { socket } of wires.splice(0)) socket.destroy();
});
afterAll(remove);

async function serving() {
  const env = { PORT: '0', GRAPH: join(ROOT, 'graphs/chat.fbp'), DATA: data };
  const running = await serve(readSettings(env, []), () => {});
  const { origin, port } = new URL(running.url);
  const ask = (...lines: string[]) => {
    const wire = new Wire(Number(port), ...lines);
    wires.push(wire);
    return wire;
  };
  return { running, origin, ask };
}

const get = (path: string) => [`GET ${path} HTTP/1.1`, 'Host: localhost'];
const answers = ({ text }: Wire) => text.match(/HTTP\/1\.1 \d+/g);

describe('a server that ends', () => {
  it('gives who waits for a message the empty page and its cursor, and ends the connection with it', async () => {
    const { running, ask } = await serving();
    const poll = ask(...get('/api/rooms/lobby/messages?wait=30'));
    const late = ask(...get('/healthz'));
    await late.says('alive');
    const stopped = running.stop(GRACE);
    await poll.says(/^HTTP\/1\.1 200 .*\r\nConnection: close\r\n.*\{"messages":\[\],"cursor":"\w+:0","gap":false\}$/s);
    await poll.closed();
    late.socket.write([...get('/api/rooms/lobby/messages?wait=30'), '', ''].join('\r\n'));
    await late.closed();
    expect(answers(late)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503']);
    await stopped;
  });

  it('still answers who asks on a connection that was kept, or on a new one, and says that it ends', async () => {
    const { running, ask } = await serving();
    // As long as it is there, the server waits for more; who is answered came later, so that it is known by then.
    const silent = ask('GET /chat HTTP/1.1');
    const kept = [get('/chat'), get('/readyz'), get('/')].map(lines => ({ lines, wire: ask(...get('/healthz')) }));
    for (const { wire } of kept) await wire.says('alive');
    const stopped = running.stop(GRACE);
    for (const { lines, wire } of kept) {
      wire.socket.write([...lines, '', ''].join('\r\n'));
      await wire.closed();
      expect(wire.text).toMatch(/Connection: close/);
      if (lines === kept[0]?.lines) expect(wire.text).toContain('the server ends');
      expect(answers(wire)).toEqual(['HTTP/1.1 200', lines === kept[2]?.lines ? expect.any(String) : 'HTTP/1.1 503']);
    }
    const ready = ask(...get('/readyz'));
    await ready.closed();
    expect(ready.text).toMatch(/^HTTP\/1\.1 503 .*the server ends/s);
    const alive = ask(...get('/healthz'));
    await alive.closed();
    expect(alive.text).toMatch(/^HTTP\/1\.1 200 .*Connection: close/s);
    silent.socket.destroy();
    await stopped;
  });

  it('loses no answer of many who post and read on connections that they keep', async () => {
    const { running, origin, ask } = await serving();
    // While there is a connection, the server waits for more.
    ask('GET /chat HTTP/1.1');
    let isOver = false;
    const statuses = new Set<number>();
    const broken: string[] = [];
    const talk = async (author: string) => {
      while (!isOver) {
        const init = { method: 'POST', body: new URLSearchParams({ author, text: 'hi' }) };
        try {
          const response = await fetch(`${origin}/api/rooms/${author}/messages`, init);
          await response.text();
          statuses.add(response.status);
          if (response.status === 503) isOver = true;
        } catch (error) {
          broken.push(String((error as Error).cause));
        }
      }
    };
    const talking = Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(talk));
    await until(() => statuses.has(201));
    await Promise.all([talking, running.stop(1000)]);
    expect(broken).toEqual([]);
    expect([...statuses].sort()).toEqual([201, 503]);
  });

  it('says goodbye to streams and sockets, and waits for nobody who says nothing', async () => {
    const { running, origin, ask } = await serving();
    const stream = ask(...get('/api/rooms/lobby/events'));
    await stream.says(':\n\n');
    const line = await Line.open(origin);
    ask('GET /chat HTTP/1.1');
    await sleep(10);
    await running.stop();
    await stream.closed();
    expect(stream.text).toMatch(/0\r\n\r\n$/);
    expect(await line.closed()).toMatchObject({ code: 1001 });
  });
});
