import { readFileSync } from 'node:fs';
import { type Child, child } from './support/child.ts';
import { type Crowd, crowd, type Speech } from './support/crowd.ts';
import { unlimited } from './support/graph.ts';

export const title =
  'what it costs to tell many: server CPU per delivery of chat.fbp against a bare ws loop that frames once (goal: 1.3 or less) and Socket.IO (goal: 0.6 or less); resident memory per idle connection (goal over SSE: 15 kB or less)';

/** Connections, and messages in a round. */
const SIZES: readonly (readonly [number, number])[] = [
  [100, 200],
  [1000, 50],
  [10_000, 10],
];
const ROUNDS = 5;
/** Messages without anybody who hears them, to learn what a post costs. */
const POSTS = 300;
/** Files that a process has open beside the connections. */
const SPARE = 200;

type Row = Readonly<Record<string, string | number>>;

const PEERS: Readonly<Record<string, readonly [script: string, speech: Speech]>> = {
  'bare ws': ['ws', 'ws'],
  'flowchat, WebSocket': ['flowchat', 'flowchat'],
  'flowchat, SSE': ['flowchat', 'sse'],
  'Socket.IO': ['socketio', 'socket.io'],
};

interface Peer {
  readonly name: string;
  readonly server: Child;
  readonly crowd: Crowd;
  /** CPU of a post that nobody hears, in microseconds. */
  post: number;
  /** Bytes of a connection that is silent. */
  memory: number;
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
const rounded = (value: number, digits = 1) => Number(value.toFixed(digits));

/** The most files that a process may have open; Node raises it as far as it may. */
function mostFiles(): number {
  return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
}

async function start(name: string, script: string, speech: Speech): Promise<Peer> {
  const server = await child(script, { GRAPH: unlimited(), TIMING: 'off' });
  const listeners = crowd(server.port, speech);
  await listeners.join(0);
  const peer: Peer = { name, server, crowd: listeners, post: 0, memory: 0 };
  // Once for the compiler, once to be measured.
  for (let i = 0; i < 2; i++) peer.post = (await spent(peer, POSTS)).cpu / POSTS;
  return peer;
}

/** CPU of the server while a message is told so many times, in microseconds, and how long each took to reach everybody. */
async function spent({ server, crowd: listeners }: Peer, times: number) {
  const before = await server.cpu();
  const took = await listeners.tell(times);
  return { cpu: (await server.cpu()) - before, took };
}

async function grow(peer: Peer, from: number, to: number): Promise<void> {
  const before = await peer.server.memory();
  await peer.crowd.join(to);
  peer.memory = ((await peer.server.memory()) - before) / (to - from);
}

async function compare(peers: readonly Peer[], connections: number, times: number): Promise<Row[]> {
  const costs = new Map(peers.map(({ name }) => [name, [] as number[]]));
  const latencies = new Map(peers.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const peer of peers) {
      const { cpu, took } = await spent(peer, times);
      // The first round warms the compiler up.
      if (round === 0) continue;
      costs.get(peer.name)!.push(cpu / times / connections);
      latencies.get(peer.name)!.push(...took);
    }
  }
  // Rounds next to each other share the machine's mood, so ratios are taken round by round.
  const ratio = (peer: Peer, to: string) => {
    const other = peers.find(({ name }) => name === to)!;
    const alone = (of: Peer, i: number) => costs.get(of.name)![i]! - of.post / connections;
    return rounded(median(costs.get(peer.name)!.map((_, i) => alone(peer, i) / alone(other, i))), 2);
  };
  return peers.map(peer => ({
    connections,
    peer: peer.name,
    'CPU µs a delivery': rounded(median(costs.get(peer.name)!), 2),
    'without the post': rounded(median(costs.get(peer.name)!) - peer.post / connections, 2),
    'of bare ws': ratio(peer, 'bare ws'),
    'of Socket.IO': ratio(peer, 'Socket.IO'),
    'ms to the last': rounded(median(latencies.get(peer.name)!)),
    'kB a connection': rounded(peer.memory / 1000),
    'CPU µs a post': rounded(peer.post),
  }));
}

export async function run(): Promise<readonly Row[]> {
  const peers: Peer[] = [];
  try {
    for (const [name, [script, speech]] of Object.entries(PEERS)) peers.push(await start(name, script, speech));
    const rows: Row[] = [];
    let last = 0;
    for (const [connections, times] of SIZES) {
      if (connections + SPARE > mostFiles()) {
        const cure = `prlimit --pid $$ --nofile=${connections + SPARE}`;
        rows.push({ connections, peer: `${mostFiles()} open files are too few for this; "${cure}" allows them` });
        continue;
      }
      for (const peer of peers) await grow(peer, last, connections);
      last = connections;
      rows.push(...(await compare(peers, connections, times)));
    }
    return rows;
  } finally {
    for (const { server, crowd: listeners } of peers) await Promise.all([server.stop(), listeners.stop()]);
  }
}
