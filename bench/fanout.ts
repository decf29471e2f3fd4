import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, child } from './support/child.ts';
import { type Crowd, crowd, type Speech } from './support/crowd.ts';
import { unlimited } from './support/graph.ts';
import { type Native, native } from './support/native.ts';
import { offer } from './support/offer.ts';
import { judged, median, type Row, rounded } from './support/table.ts';

export const title =
  'what it costs to tell many: posts at a steady rate, the part of the deliveries that came within a second, and CPU of the server a delivery with all that a post costs, of chat.fbp against a bare ws loop that frames once and keeps nothing, Socket.IO and, where they are installed, nchan and mosquitto';

interface Load {
  readonly connections: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** Goals of flowchat by column. */
  readonly most: Readonly<Record<string, number>>;
}

/** For 1,000 subscribers, 200 a second is more than one write per delivery can achieve. */
const LOADS: readonly Load[] = [
  { connections: 100, perSecond: 200, seconds: 4, most: { 'of bare ws': 1.15, 'p99 ms': 300 } },
  { connections: 1000, perSecond: 20, seconds: 5, most: { 'of bare ws': 1.15, 'p99 ms': 300 } },
  { connections: 1000, perSecond: 200, seconds: 5, most: { 'of bare ws': 0.4, 'of nchan': 0.5, 'p99 ms': 300 } },
  { connections: 10_000, perSecond: 20, seconds: 5, most: { 'of bare ws': 0.5 } },
];
/** kB of an idle connection over SSE. */
const MEMORY_KB = 15;
const ROUNDS = 3;
/** A delivery that takes longer counts as late. */
const IN_TIME_MS = 1000;
/** Milliseconds after the last post until missing deliveries are given up. */
const PATIENCE_MS = 8000;
/** Files that a process opens besides connections. */
const SPARE = 300;

const PEERS: Readonly<Record<string, readonly [script: string, speech: Speech]>> = {
  'bare ws': ['ws', 'ws'],
  'flowchat, WebSocket': ['flowchat', 'flowchat'],
  'flowchat, SSE': ['flowchat', 'sse'],
  'Socket.IO': ['socketio', 'socket.io'],
};
const NATIVE: Readonly<Record<Native, Speech>> = { nchan: 'ws', mosquitto: 'mqtt' };

interface Peer {
  readonly name: string;
  readonly server: Child;
  readonly speech: Speech;
  readonly crowd: Crowd;
  /** Bytes of an idle connection. */
  memory: number;
}

/** Result of a round: the fraction of timely deliveries, and the times of all that arrived. */
interface Round {
  readonly inTime: number;
  readonly cpu: number;
  readonly half: number;
  readonly slowest: number;
}

/** The most files that a process may have open; Node raises it as far as it may. */
function mostFiles(): number {
  return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
}

/** Milliseconds in which a fraction of the deliveries arrived; missing ones count as infinite. */
function within(times: readonly number[], part: number, expected: number): number {
  let sum = 0;
  for (const [ms, count] of times.entries()) {
    sum += count;
    if (sum >= part * expected) return ms;
  }
  return Number.POSITIVE_INFINITY;
}

const total = (times: readonly number[]) => times.reduce((sum, count) => sum + count, 0);

async function measure(
  { server, speech, crowd: listeners }: Peer,
  { connections, perSecond, seconds }: Load,
): Promise<Round> {
  const posts = perSecond * seconds;
  const expected = posts * connections;
  await listeners.heard();
  const before = await server.cpu();
  const failed = await offer({ port: server.port, speech, room: 'lobby', perSecond, posts }, PATIENCE_MS);
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end && (await listeners.count()) < expected - failed * connections) await sleep(50);
  const cpu = (await server.cpu()) - before;
  const times = await listeners.heard();
  return {
    inTime: total(times.slice(0, IN_TIME_MS)) / expected,
    cpu: cpu / total(times),
    half: within(times, 0.5, expected),
    slowest: within(times, 0.99, expected),
  };
}

async function started(): Promise<Peer[]> {
  const peers: Peer[] = [];
  const add = (name: string, server: Child, speech: Speech) =>
    peers.push({ name, server, speech, crowd: crowd(server.port, speech), memory: 0 });
  for (const [name, [script, speech]] of Object.entries(PEERS))
    add(name, await child(script, { GRAPH: unlimited(), TIMING: 'off' }), speech);
  for (const [name, speech] of Object.entries(NATIVE)) {
    const server = await native(name as Native);
    if (server) add(name, server, speech);
  }
  return peers;
}

async function grow(peer: Peer, from: number, to: number): Promise<void> {
  const before = await peer.server.memory();
  await peer.crowd.join(to);
  peer.memory = ((await peer.server.memory()) - before) / (to - from);
}

async function compare(peers: readonly Peer[], load: Load): Promise<Row[]> {
  const found = new Map(peers.map(({ name }) => [name, [] as Round[]]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const peer of peers) {
      const result = await measure(peer, load);
      // The first round warms the compiler up.
      if (round > 0) found.get(peer.name)!.push(result);
    }
  }
  return peers.map(peer => rowOf(peer, load, found));
}

function rowOf(
  { name, speech, memory }: Peer,
  { connections, perSecond, most }: Load,
  found: ReadonlyMap<string, readonly Round[]>,
): Row {
  const rounds = found.get(name)!;
  const figure = (which: keyof Round) => median(rounds.map(round => round[which]));
  // Consecutive rounds have similar conditions, so ratios are computed per round.
  const ratio = (to: string) => {
    const others = found.get(to);
    return others ? rounded(median(rounds.map(({ cpu }, i) => cpu / others[i]!.cpu)), 2) : '';
  };
  const row = {
    connections,
    'a second': perSecond,
    peer: name,
    'CPU µs a delivery': rounded(figure('cpu'), 2),
    'of bare ws': ratio('bare ws'),
    'of nchan': ratio('nchan'),
    'in time %': rounded(100 * figure('inTime')),
    'p50 ms': figure('half'),
    'p99 ms': figure('slowest'),
    'kB a connection': rounded(memory / 1000),
  };
  if (!name.startsWith('flowchat')) return row;
  const memoryGoal = speech === 'sse' && { 'kB a connection': MEMORY_KB };
  return judged(row, { most: { ...most, ...memoryGoal }, least: { 'in time %': 100 } });
}

export async function* run(): AsyncGenerator<readonly Row[]> {
  const peers = await started();
  try {
    let last = 0;
    for (const load of LOADS) {
      const { connections } = load;
      if (connections + SPARE > mostFiles()) {
        const cure = `prlimit --pid $$ --nofile=${connections + SPARE}`;
        yield [{ connections, peer: `${mostFiles()} open files are too few for this; "${cure}" allows them` }];
        continue;
      }
      if (connections > last) for (const peer of peers) await grow(peer, last, connections);
      last = connections;
      yield await compare(peers, load);
    }
  } finally {
    for (const { server, crowd: listeners } of peers) {
      await listeners.stop();
      await server.stop();
    }
  }
}
