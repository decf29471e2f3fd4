import { once } from 'node:events';
import { type Child, child } from './support/child.ts';
import { unlimited } from './support/graph.ts';
import { load } from './support/load.ts';

export const title =
  'what it costs that packets can be watched: CPU per request against EDITOR=off (goal: at most 1.02 with no editor, at most 1.15 with one that watches an edge)';

const ROUNDS = 9;
const CONNECTIONS = 32;
const ROUND_MS = 1000;
/** Rounds until the compiler has seen enough. */
const WARM_UP = 4;
const SECRET = 'bench-secret-of-an-editor';

const head = (line: string) => `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n`;
const body = JSON.stringify({ author: 'ann', text: 'Who is watching? Let us see.' });

/** Each with the edge that its questions take: the cheapest request there is, and one that is like most. */
const REQUESTS = [
  {
    name: 'read, nothing there',
    request: `${head('GET /api/rooms/empty/messages')}\r\n`,
    edge: { src: { node: 'router', port: 'show' }, tgt: { node: 'controller', port: 'in' } },
  },
  {
    name: 'post',
    request: `${head('POST /api/rooms/posts/messages')}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    edge: { src: { node: 'router', port: 'send' }, tgt: { node: 'sender', port: 'in' } },
  },
];

/** An editor's connection, and how many packets it has been told of. */
interface Editor {
  readonly told: number;
  watch(edge: object): void;
  close(): void;
}

async function connect({ port }: Child): Promise<Editor> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/runtime`, 'noflo');
  await once(socket, 'open');
  const send = (protocol: string, command: string, payload: object) =>
    socket.send(JSON.stringify({ protocol, command, payload, secret: SECRET }));
  let told = 0;
  const graph = new Promise<string>((resolve, reject) => {
    socket.addEventListener('message', ({ data }) => {
      const { command, payload } = JSON.parse(String(data));
      if (command === 'data') told += 1;
      if (command === 'runtime') resolve(payload.graph);
      if (command === 'error') reject(new Error(payload.message));
    });
  });
  send('runtime', 'getruntime', {});
  const id = await graph;
  return {
    get told() {
      return told;
    },
    watch: edge => send('network', 'edges', { graph: id, edges: [edge] }),
    close: () => socket.close(),
  };
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

export async function run(): Promise<Record<string, string | number>[]> {
  const env = { GRAPH: unlimited({ STORE: 'memory:' }), TIMING: 'off', EDITOR_SECRET: SECRET };
  const peers = {
    'EDITOR=off': await child('flowchat', { ...env, EDITOR: 'off' }),
    'no editor': await child('flowchat', { ...env, EDITOR: 'on' }),
    'one editor watches an edge': await child('flowchat', { ...env, EDITOR: 'on' }),
  };
  try {
    const editor = await connect(peers['one editor watches an edge']);
    const rows = [];
    for (const { name, request, edge } of REQUESTS) {
      editor.watch(edge);
      const { told } = editor;
      rows.push(...(await compare(name, request, peers)));
      if (editor.told === told) throw new Error(`no packet of "${name}" was told of`);
    }
    editor.close();
    return rows;
  } finally {
    for (const peer of Object.values(peers)) await peer.stop();
  }
}

async function compare(name: string, request: string, peers: Readonly<Record<string, Child>>) {
  const costs = new Map<string, number[]>(Object.keys(peers).map(peer => [peer, []]));
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [peer, { port, cpu }] of Object.entries(peers)) {
      const before = await cpu();
      const { requests, failed } = await load(port, request, CONNECTIONS, ROUND_MS);
      if (failed > 0) throw new Error(`${failed} requests to ${peer} failed`);
      if (round >= 0) costs.get(peer)!.push(((await cpu()) - before) / requests);
    }
  }
  const off = costs.get('EDITOR=off')!;
  return [...costs].map(([peer, figures]) => ({
    request: name,
    server: peer,
    'CPU µs': Number(median(figures).toFixed(1)),
    // Rounds next to each other share the machine's mood, so ratios are taken round by round.
    'of EDITOR=off': Number(median(figures.map((figure, i) => figure / off[i]!)).toFixed(3)),
  }));
}
