import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BehaviourDatabase } from '../../src/behaviour/database.ts';
import { type NewDelivery, pauseAfter } from '../../src/behaviour/delivery.ts';
import { setOutbound } from '../../src/behaviour/outbound.ts';
import { WebhookOutbox } from '../../src/behaviour/outbox.ts';
import { open } from '../../src/store/open.ts';
import { until } from '../support/chat.ts';
import { ROOT } from '../support/source.ts';

let server: Server;
let origin: string;
let folder: string;
let database: BehaviourDatabase;
let outbox: WebhookOutbox;
const got: string[] = [];
const ids: unknown[] = [];
const warned: string[] = [];
/** How the server answers; 200 unless another way is set. */
let answer: (response: ServerResponse, body: string) => void;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    got.push(`${request.url} ${body}`);
    ids.push(request.headers['webhook-id']);
    answer(response, body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  setOutbound(['127.0.0.1']);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  setOutbound([]);
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbox-'));
  answer = response => response.end();
  openAgain();
});
afterEach(async () => {
  await end();
  rmSync(folder, { recursive: true });
  for (const list of [got, ids, warned]) list.length = 0;
});

/** As a server that is started again does. */
function openAgain(): void {
  database = new BehaviourDatabase(join(folder, 'behaviour.db'));
  outbox = new WebhookOutbox(database, sentence => warned.push(sentence));
  outbox.start();
}
async function end(): Promise<void> {
  await outbox.close(0);
  database.close();
}

const add = (body: string, given: Partial<NewDelivery> = {}) =>
  outbox.add({
    node: 'hook',
    url: `${origin}/a`,
    body,
    type: 'text/plain',
    hops: 1,
    packet: undefined,
    retries: 12,
    ...given,
  });
const status =
  (code: number, headers = {}) =>
  (response: ServerResponse) =>
    response.writeHead(code, headers).end();

describe('WebhookOutbox', () => {
  it('delivers to one URL in order, to others meanwhile', async () => {
    const waiting: ServerResponse[] = [];
    answer = (response, body) => void (body === '1' ? waiting.push(response) : response.end());
    await Promise.all([add('1'), add('2'), add('3', { url: `${origin}/b` })]);
    await until(() => waiting.length === 1 && got.includes('/b 3'));
    expect(got.toSorted()).toEqual(['/a 1', '/b 3']);
    waiting[0]!.end();
    await until(() => got.length === 3);
    expect(got.at(-1)).toBe('/a 2');
    await until(() => outbox.counts().waiting === 0);
  });

  it('tries again under the same id, with those behind it waiting, also after a start', async () => {
    answer = status(503);
    await Promise.all([add('1'), add('2')]);
    await until(() => outbox.list(9).some(({ attempts }) => attempts === 1));
    const [first, second] = outbox.list(9).toSorted((a, b) => a.seq - b.seq);
    expect(first).toMatchObject({
      node: 'hook',
      host: new URL(origin).host,
      attempts: 1,
      why: expect.stringMatching(/answers 503$/),
    });
    expect(Date.parse(first!.due!)).toBeGreaterThan(Date.now());
    expect(second).toMatchObject({ attempts: 0 });
    await end();
    answer = response => response.end();
    openAgain();
    expect(outbox.retry([first!.seq])).toBe(1);
    await until(() => outbox.counts().waiting === 0);
    expect(got).toEqual(['/a 1', '/a 1', '/a 2']);
    expect([ids[0] === ids[1], ids[1] === ids[2]]).toEqual([true, false]);
  });

  it('goes on after a start with what was cut off', async () => {
    answer = () => {};
    await add('1');
    await until(() => got.length === 1);
    await end();
    answer = response => response.end();
    openAgain();
    await until(() => outbox.counts().waiting === 0);
    expect(got).toEqual(['/a 1', '/a 1']);
  });

  it('has on disk what it took, when the process is killed', async () => {
    const module = (name: string) => JSON.stringify(join(ROOT, 'src/behaviour', name));
    const code = `
      const { BehaviourDatabase } = await import(${module('database.ts')});
      const { WebhookOutbox } = await import(${module('outbox.ts')});
      const outbox = new WebhookOutbox(new BehaviourDatabase(${JSON.stringify(join(folder, 'behaviour.db'))}));
      await outbox.add({ node: 'hook', url: '${origin}/a', body: 'kept', type: 'text/plain', hops: 1, retries: 3 });
      process.kill(process.pid, 'SIGKILL');`;
    await end();
    const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
    expect([signal, stderr]).toEqual(['SIGKILL', '']);
    openAgain();
    await until(() => got.includes('/a kept'));
  });

  it.each([
    [
      'will not be taken at any time',
      status(422),
      12,
      'hook gave a webhook up after it was tried once: HOST answers 422',
    ],
    ['has no attempt left', status(500), 0, 'hook gave a webhook up after it was tried once: HOST answers 500'],
    [
      'is redirected',
      status(302, { location: '/b' }),
      0,
      'hook gave a webhook up after it was tried once: HOST answers 302',
    ],
  ])('gives up what %s, and tells its node and the operator', async (_, answers, retries, sentence) => {
    answer = answers;
    const told: unknown[] = [];
    const stop = outbox.listen('hook', { sent: () => {}, failed: (packet, why) => told.push([packet, why]) });
    await add('1', { retries, packet: { id: 'q1' } });
    await until(() => told.length === 1);
    const { host } = new URL(origin);
    expect(warned).toEqual([sentence.replace('HOST', host)]);
    expect(told).toEqual([[{ id: 'q1' }, sentence.replace(/.*: /, '').replace('HOST', host)]]);
    expect(outbox.counts()).toEqual({ waiting: 0, failed: 1 });
    stop();
    answer = response => response.end();
    expect(outbox.retry(outbox.list(9).map(({ seq }) => seq))).toBe(1);
    await until(() => outbox.counts().failed + outbox.counts().waiting === 0);
  });

  it.each([
    ['without end', (response: ServerResponse) => void response.write('x'.repeat(100_000))],
    [
      'that is compressed',
      (response: ServerResponse) => void response.writeHead(200, { 'content-encoding': 'br' }).end('x'),
    ],
  ])('takes a good status for success, whatever follows it: a body %s', async (_, answers) => {
    answer = answers;
    await add('1');
    await until(() => got.length === 1 && outbox.counts().waiting === 0);
    expect(outbox.counts().failed).toBe(0);
  });

  it('gives up by hand', async () => {
    answer = status(503);
    await add('1');
    await until(() => outbox.list(1)[0]?.attempts === 1);
    expect(outbox.drop([outbox.list(1)[0]!.seq, 99])).toBe(1);
    expect(outbox.list(9)).toEqual([]);
    answer = response => response.end();
    await add('2');
    await until(() => got.includes('/a 2'));
  });

  it('refuses when it is full, and tells the operator once', async () => {
    answer = () => {};
    const adding = Array.from({ length: 10_000 }, () => add('x'));
    await Promise.all(adding);
    const { host } = new URL(origin);
    const sentence = `the outbox is full: 10,000 webhooks wait for ${host}; see to the server that they are for, or give them up`;
    for (const _ of [1, 2]) await expect(add('y')).rejects.toThrow(sentence);
    expect(warned).toEqual([sentence]);
    await add('z', { url: `${origin}/b` });
  });

  it('waits as long as it is asked to, and longer after each attempt', async () => {
    answer = status(429, { 'retry-after': '3600' });
    await add('1');
    await until(() => outbox.list(1)[0]?.attempts === 1);
    expect(Date.parse(outbox.list(1)[0]!.due!) - Date.now()).toBeGreaterThan(3_500_000);
    const pauses = Array.from({ length: 12 }, (_, attempts) => pauseAfter(attempts));
    expect(pauses[0]).toBeLessThan(6000);
    expect(pauses.reduce((sum, pause) => sum + pause, 0) / 86_400_000).toBeGreaterThan(2);
    expect(Math.max(...pauses)).toBeLessThan(50_000_000);
  });

  it('forgets what tells of a message that is removed', async () => {
    answer = status(503);
    const store = open('memory:outbox');
    const { message } = await store.append({ room: 'lobby', author: 'ann', text: 'oh', from: 'x' } as never);
    await add('oh', { about: message.id });
    await add('other', { url: `${origin}/b` });
    await store.change({ room: 'lobby', kind: 'remove', about: message.id, text: '', bypassesOwnership: true });
    expect(outbox.list(9).map(({ attempts, ...each }) => each.node)).toEqual(['hook']);
    await store.close();
  });
});
