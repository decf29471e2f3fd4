import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { GraphDocument } from '../../src/fbp/document.ts';
import { connections, Histogram, labels, Metrics, metricsServer } from '../../src/http/metrics.ts';
import { authority, listen } from '../../src/http/server.ts';
import { type Running, serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { folder, start } from '../support/server.ts';
import { ROOT } from '../support/source.ts';

// However busy the machine is.
jest.setTimeout(60_000);

const { path: place, remove } = folder();
const CHAT = readFileSync(join(ROOT, 'graphs/chat.fbp'), 'utf8').replaceAll("'sqlite:history.db'", "'memory:metrics'");
const FILE = join(place, 'chat.fbp');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

let running: Running | undefined;
let log: string[] = [];

async function serving(given: Readonly<Record<string, string>> = {}): Promise<Running> {
  writeFileSync(FILE, CHAT);
  log = [];
  running = await serve(readSettings({ PORT: '0', GRAPH: FILE, DATA: place, ...given }, []), line => log.push(line));
  return running;
}

const ask = (path: string, init?: RequestInit) => fetch(running!.url + path, init);
const post = (path: string, text: string) => ask(path, { method: 'POST', body: new URLSearchParams({ text }) });

/** Values by name and labels, as they stand in the text. Throws where a line is not as Prometheus has it. */
function read(text: string): Readonly<Record<string, number>> {
  expect(text).toMatch(/\n$/);
  const types = new Map<string, string>();
  const values: Record<string, number> = {};
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (?:HELP (\w+) \S.*|TYPE (\w+) (counter|gauge|histogram|summary))$/.exec(line);
    if (comment?.[2]) types.set(comment[2], comment[3]!);
    if (comment) continue;
    const [, series = '', name = '', value = ''] =
      /^(([a-z_]+)(?:\{[a-z]+="(?:[^"\\]|\\.)*"(?:,[a-z]+="(?:[^"\\]|\\.)*")*\})?) (\S+)$/.exec(line) ?? [];
    const family = [...types.keys()].at(-1)!;
    const suffixes = { counter: '', gauge: '', histogram: '(_bucket|_sum|_count)', summary: '(_sum|_count)' };
    const expected = new RegExp(`^${family}${suffixes[types.get(family) as keyof typeof suffixes]}$`);
    expect([line, name]).toEqual([line, expect.stringMatching(expected)]);
    expect([series, values[series]]).toEqual([series, undefined]);
    expect([series, value]).toEqual([series, expect.stringMatching(/^[\d.e+-]+$/)]);
    values[series] = Number(value);
  }
  return values;
}

async function metrics(): Promise<Readonly<Record<string, number>>> {
  const answer = await ask('metrics');
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return read(await answer.text());
}

/** Asks for the metrics until they are as they should be. */
async function settled(expected: Readonly<Record<string, unknown>>): Promise<void> {
  const patience = performance.now() + 20_000;
  for (;;) {
    const found = await metrics();
    if (performance.now() > patience) return expect(found).toMatchObject(expected);
    if (Object.entries(expected).every(([name, value]) => found[name] === value)) return;
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

afterEach(async () => {
  await running?.stop();
  running = undefined;
});
afterAll(remove);

describe('METRICS', () => {
  it('puts the metrics at an address of their own, or nowhere', async () => {
    const place = folder();
    for (const METRICS of ['127.0.0.1:0', 'off']) {
      const server = await start(place.path, { METRICS });
      expect((await server.ask('/metrics')).status).toBe(404);
      await server.stop();
    }
    place.remove();
    const server = metricsServer({ host: '127.0.0.1', port: 0 }, [], () => 'flowchat_ready 1\n');
    await listen(server, { host: '127.0.0.1', port: 0 }, 'METRICS');
    const url = `http://${authority('127.0.0.1', server)}`;
    expect(await (await fetch(`${url}/metrics`)).text()).toBe('flowchat_ready 1\n');
    expect((await fetch(`${url}/chat`)).status).toBe(404);
    await server.end(0);
  });
});

describe('/metrics', () => {
  it('tells of a server that has done nothing yet', async () => {
    await serving();
    expect(await metrics()).toMatchObject({
      flowchat_questions_total: 0,
      flowchat_waiting: 0,
      flowchat_answer_seconds_count: 0,
      flowchat_ready: 1,
      flowchat_revision: 1,
      flowchat_revision_swaps_total: 0,
      flowchat_connections: expect.any(Number),
      flowchat_backlog_bytes: 0,
      process_resident_memory_bytes: expect.any(Number),
      process_cpu_seconds_total: expect.any(Number),
      [`flowchat_info${labels({ version, node: process.versions.node })}`]: 1,
    });
  });

  it('counts questions, answers by status, and refusals by node', async () => {
    await serving();
    const { flowchat_store_commit_seconds_count: commits = Number.NaN } = await metrics();
    for (const path of ['chat', 'chat', 'nowhere', 'api/rooms/lobby/messages?limit=0', 'chat%']) await ask(path);
    await post('chat', 'hi');
    await post('chat', '');
    expect(await metrics()).toMatchObject({
      flowchat_questions_total: 6,
      'flowchat_answers_total{status="200"}': 2,
      'flowchat_answers_total{status="201"}': 1,
      'flowchat_answers_total{status="404"}': 1,
      'flowchat_answers_total{status="422"}': 2,
      'flowchat_refusals_total{node="router",status="404"}': 1,
      'flowchat_refusals_total{node="controller",status="422"}': 1,
      'flowchat_refusals_total{node="sender",status="422"}': 1,
      'flowchat_unreadable_total{status="400"}': 1,
      flowchat_answer_seconds_count: 6,
      'flowchat_answer_seconds_bucket{le="+Inf"}': 6,
      flowchat_store_commit_seconds_count: commits + 1,
    });
  });

  it('tells the time at each node with TIMING on, and nothing of it with TIMING off', async () => {
    await serving({ TIMING: 'on' });
    await ask('chat');
    await post('chat', 'hi');
    const timed = await metrics();
    for (const [node, count] of Object.entries({ router: 2, controller: 1, sender: 1, storage: 2, responder: 2 })) {
      expect(timed[`flowchat_node_seconds_count{node="${node}"}`]).toBe(count);
      expect(timed[`flowchat_node_seconds_sum{node="${node}"}`]).toBeGreaterThan(0);
    }
    await running?.stop();
    await serving({ TIMING: 'off' });
    await ask('chat');
    expect(Object.keys(await metrics()).filter(name => name.includes('node_seconds'))).toEqual([]);
  });

  it('counts those who are turned away, expire or hang up, answers that nobody wants, and what nodes let out', async () => {
    const { gate } = await serving({ DEADLINE: '0.05' });
    gate.answer({ id: 'nobody', status: 200, body: '' });
    gate.open({ post: ({ id }) => gate.reached({ id }, 'hung') });
    expect((await ask('chat')).status).toBe(504);
    gate.open(undefined);
    expect((await ask('chat')).status).toBe(503);
    await metrics();
    running?.onUncaught(new Error('no'));
    await settled({
      'flowchat_answers_total{status="503"}': 1,
      'flowchat_answers_total{status="504"}': 1,
      'flowchat_refusals_total{node="hung",status="504"}': 1,
      'flowchat_node_errors_total{node="flowchat"}': 1,
      flowchat_expired_total: 1,
      flowchat_turned_away_total: 1,
      flowchat_unwanted_total: 1,
    });
    expect(log).toEqual([expect.stringMatching(/^flowchat let an error go uncaught: Error: no\n/)]);
  });

  it('counts who waits, and who hangs up', async () => {
    const { gate } = await serving({ DEADLINE: '60' });
    const asked = new Promise<void>(resolve => gate.open({ post: () => resolve() }));
    const caller = new AbortController();
    const answer = ask('chat', { signal: caller.signal }).catch(() => {});
    await asked;
    await settled({ flowchat_waiting: 1, flowchat_hung_up_total: 0 });
    caller.abort();
    await answer;
    await settled({ flowchat_waiting: 0, flowchat_hung_up_total: 1, 'flowchat_answers_total{status="499"}': 1 });
  });

  it('counts streams, sockets, subscriptions and deliveries', async () => {
    const { url } = await serving();
    const leaving = new AbortController();
    await ask('api/rooms/a/events', { signal: leaving.signal });
    const socket = new WebSocket(`${url.replace('http', 'ws')}api/socket`);
    await new Promise(resolve => socket.addEventListener('open', resolve));
    socket.send('{"type":"subscribe","room":"a"}');
    socket.send('{"type":"subscribe","room":"b"}');
    await settled({ flowchat_streams: 1, flowchat_sockets: 1, flowchat_subscriptions: 3 });
    await post('api/rooms/a/messages', 'hi');
    await settled({ flowchat_deliveries_total: 2, flowchat_cut_total: 0 });
    leaving.abort();
    socket.close();
    await settled({ flowchat_streams: 0, flowchat_sockets: 0, flowchat_subscriptions: 0 });
  });

  it('tells the live revision, its swaps, and graphs that could not be one', async () => {
    const { runtime } = await serving();
    await runtime.publish(new GraphDocument(FILE, CHAT.replace("'100' -> BURST", "'99' -> BURST")));
    await settled({ flowchat_revision: 2, flowchat_revision_swaps_total: 1, flowchat_revisions_refused_total: 0 });
    writeFileSync(FILE, 'router(\n');
    await settled({ flowchat_revision: 2, flowchat_revision_swaps_total: 1, flowchat_revisions_refused_total: 1 });
    expect(log.join('\n')).toMatch(/chat\.fbp:1:\d+: .*\nrevision 2 stays live$/);
  });

  it('tells how late the event loop was since somebody asked last', async () => {
    await serving();
    await metrics();
    await new Promise(resolve => setTimeout(resolve, 120));
    const until = performance.now() + 500;
    while (performance.now() < until);
    await new Promise(resolve => setTimeout(resolve, 120));
    expect((await metrics())['flowchat_event_loop_lag_seconds{of="max"}']).toBeGreaterThan(0.3);
    expect((await metrics())['flowchat_event_loop_lag_seconds{of="max"}']).toBeLessThan(0.3);
  });
});

describe('metrics', () => {
  it('put a label in quotes, and what would end it out of its way', () => {
    expect(labels({ node: 'a "b"\\\n', status: 404 })).toBe('{node="a \\"b\\"\\\\\\n",status="404"}');
    expect(labels({})).toBe('');
  });

  it('sort times into buckets, each of which has what the one before it has', () => {
    const histogram = new Histogram();
    for (const seconds of [0.0001, 0.0002, 0.7, 11, 100]) histogram.note(seconds);
    const values = Object.fromEntries(
      histogram.samples({ node: 'a' }).map(([suffix, label, value]) => [suffix + label, value]),
    );
    expect(values).toMatchObject({
      '_bucket{node="a",le="0.0001"}': 1,
      '_bucket{node="a",le="0.0005"}': 2,
      '_bucket{node="a",le="0.5"}': 2,
      '_bucket{node="a",le="1"}': 3,
      '_bucket{node="a",le="10"}': 3,
      '_bucket{node="a",le="+Inf"}': 5,
      '_count{node="a"}': 5,
    });
    expect(values['_sum{node="a"}']).toBeCloseTo(111.7003);
  });

  it('cost less than a microsecond an answer where nothing is timed', () => {
    const counting = new Metrics();
    const outcome = { answer: { id: 'a', status: 200, body: '' }, spans: [] };
    const times = Array.from({ length: 20 }, () => {
      const start = performance.now();
      for (let i = 0; i < 10_000; i++) counting.answered(outcome, 0.05);
      return (performance.now() - start) / 10;
    });
    expect(Math.min(...times)).toBeLessThan(1);
  });

  it('add up what the peers of open connections have not taken yet', async () => {
    const server = createServer((_, response) => response.end(Buffer.alloc(32e6)));
    const open = connections(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    while (open().backlog < 1e6) await new Promise(resolve => setTimeout(resolve, 5));
    expect(open()).toEqual({ open: 1, backlog: expect.any(Number) });
    socket.destroy();
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
    while (open().open > 0) await new Promise(resolve => setTimeout(resolve, 5));
    expect(open()).toEqual({ open: 0, backlog: 0 });
  });
});
