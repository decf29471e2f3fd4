import { readFileSync } from 'node:fs';
import { type Child, child } from './support/child.ts';
import { type Crowd, crowd, type Room, type Speech } from './support/crowd.ts';
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
/** Messages in a round that nobody hears, to learn what a post costs beside its deliveries. */
const POSTS = 100;
const WARM_UP = 500;
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
  /** Bytes of a connection that is silent. */
  memory: number;
}

/** What a round cost a server, in microseconds of CPU. */
interface Cost {
  readonly delivery: number;
  readonly post: number;
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
  const peer: Peer = { name, server, crowd: listeners, memory: 0 };
  await spent(peer, WARM_UP, 'attic');
  return peer;
}

/** CPU of the server while a message is told so many times, in microseconds, and how long each took to reach everybody. */
async function spent({ server, crowd: listeners }: Peer, times: number, room: Room) {
  const before = await server.cpu();
  const took = await listeners.tell(times, room);
  return { cpu: (await server.cpu()) - before, took };
}

async function grow(peer: Peer, from: number, to: number): Promise<void> {
  const before = await peer.server.memory();
  await peer.crowd.join(to);
  peer.memory = ((await peer.server.memory()) - before) / (to - from);
}

async function compare(peers: readonly Peer[], connections: number, times: number): Promise<Row[]> {
  const costs = new Map(peers.map(({ name }) => [name, [] as Cost[]]));
  const latencies = new Map(peers.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const peer of peers) {
      const post = (await spent(peer, POSTS, 'attic')).cpu / POSTS;
      const { cpu, took } = await spent(peer, times, 'lobby');
      // The first round warms the compiler up.
      if (round === 0) continue;
      costs.get(peer.name)!.push({ delivery: (cpu / times - post) / connections, post });
      latencies.get(peer.name)!.push(...took);
    }
  }
  const of = ({ name }: Peer, what: keyof Cost) => costs.get(name)!.map(cost => cost[what]);
  // Rounds next to each other share the machine's mood, so ratios are taken round by round.
  const ratio = (peer: Peer, to: string) => {
    const others = costs.get(to)!;
    return rounded(median(of(peer, 'delivery').map((cost, i) => cost / others[i]!.delivery)), 2);
  };
  return peers.map(peer => ({
    connections,
    peer: peer.name,
    'CPU µs a delivery': rounded(median(of(peer, 'delivery')), 2),
    'of bare ws': ratio(peer, 'bare ws'),
    'of Socket.IO': ratio(peer, 'Socket.IO'),
    'CPU µs a post': Math.round(median(of(peer, 'post'))),
    'ms to the last': rounded(median(latencies.get(peer.name)!)),
    'kB a connection': rounded(peer.memory / 1000),
  }));
}

export async function* run(): AsyncGenerator<readonly Row[]> {
  const peers: Peer[] = [];
  try {
    for (const [name, [script, speech]] of Object.entries(PEERS)) peers.push(await start(name, script, speech));
    let last = 0;
    for (const [connections, times] of SIZES) {
      if (connections + SPARE > mostFiles()) {
        const cure = `prlimit --pid $$ --nofile=${connections + SPARE}`;
        yield [{ connections, peer: `${mostFiles()} open files are too few for this; "${cure}" allows them` }];
        continue;
      }
      for (const peer of peers) await grow(peer, last, connections);
      last = connections;
      yield await compare(peers, connections, times);
    }
  } finally {
    for (const { server, crowd: listeners } of peers) {
      await listeners.stop();
      await server.stop();
    }
  }
}
