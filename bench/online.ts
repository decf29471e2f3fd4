import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, child } from './support/child.ts';
import { type Crowd, clock, crowd, stamped } from './support/crowd.ts';
import { unlimited } from './support/graph.ts';
import { poll } from './support/pollers.ts';
import { judged, median, type Row, rounded } from './support/table.ts';

/** People online, who are all in the lobby. */
const PEOPLE = 200;
/** Milliseconds between two posts. */
const POSTING = 500;
/** Milliseconds between two questions of one who polls, as gochat's page does it. */
const POLLING = 200;
/** They alternate, so that both have similar conditions; a minute for each in total. */
const ROUNDS = 5;
const POSTS = 24;
/** Posts, and milliseconds between two of them, until the compiler has seen enough. */
const WARM_UP = [2500, 4] as const;

export const title = `what it costs that ${PEOPLE} people are online for a minute and hear two posts a second: server CPU with all of them on SSE against polling gochat's API every ${POLLING} ms`;

interface Cost {
  /** Microseconds of the server. */
  readonly cpu: number;
  /** The fraction of messages that arrived. */
  readonly heard: number;
}

/** Posts so many messages, one at a time. */
async function post(port: number, count: number, every: number): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  const start = performance.now();
  for (let i = 1; i <= count; i++) {
    await sleep(Math.max(0, start + i * every - performance.now()));
    const response = await fetch(`http://127.0.0.1:${port}/api/rooms/lobby/messages`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ author: 'ann', text: stamped(clock()) }),
    });
    if (response.status !== 201) throw new Error(`a post was answered with ${response.status}`);
    await response.arrayBuffer();
  }
}

async function measure({ port, cpu }: Child, listen: (ms: number) => Promise<number>): Promise<Cost> {
  const before = await cpu();
  // Pollers get the last post later than others.
  const [heard] = await Promise.all([listen(POSTS * POSTING + 2 * POLLING), post(port, POSTS, POSTING)]);
  return { cpu: (await cpu()) - before, heard: heard / POSTS / PEOPLE };
}

function row(peer: string, costs: readonly Cost[], others: readonly Cost[]): Row {
  return {
    peer,
    'CPU ms a second': rounded(median(costs.map(({ cpu }) => cpu)) / POSTS / POSTING, 2),
    'of polling': rounded(median(costs.map(({ cpu }, i) => cpu / others[i]!.cpu)), 3),
    'heard %': rounded(100 * median(costs.map(({ heard }) => heard))),
  };
}

async function compare(streaming: Child, polling: Child, people: Crowd): Promise<Row[]> {
  const streamed: Cost[] = [];
  const polled: Cost[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    streamed.push(await measure(streaming, ms => sleep(ms).then(() => people.count())));
    polled.push(await measure(polling, ms => poll(polling.port, PEOPLE, POLLING, ms)));
  }
  const goals = { most: { 'of polling': 0.05 }, least: { 'heard %': 100 } };
  return [judged(row('all on SSE', streamed, polled), goals), row('all polling', polled, polled)];
}

export async function run(): Promise<readonly Row[]> {
  const servers: Child[] = [];
  const start = async () => {
    const server = await child('flowchat', { GRAPH: unlimited(), TIMING: 'off' });
    servers.push(server);
    return server;
  };
  const [streaming, polling] = [await start(), await start()];
  const people = crowd(streaming.port, 'sse');
  try {
    await people.join(PEOPLE);
    const [posts, every] = WARM_UP;
    await Promise.all([
      post(streaming.port, posts, every),
      post(polling.port, posts, every),
      poll(polling.port, PEOPLE, POLLING, posts * every),
    ]);
    await people.heard();
    return await compare(streaming, polling, people);
  } finally {
    await people.stop();
    for (const server of servers) await server.stop();
  }
}
