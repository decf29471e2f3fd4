import { once } from 'node:events';
import { type Child, child } from './support/child.ts';
import { compare } from './support/compare.ts';
import { unlimited } from './support/graph.ts';
import { judged, type Row } from './support/table.ts';

export const title = 'what it costs that packets can be watched: CPU per request against FLOW_EDITOR=off';

const SECRET = 'bench-secret-of-an-editor';

/** Goals by peer, of the CPU without an editor's half. */
const GOALS: Readonly<Record<string, number>> = { 'no editor': 1.02, 'one editor watches an edge': 1.15 };

const head = (line: string) => `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n`;
const body = JSON.stringify({ author: 'ann', text: 'Who is watching? Let us see.' });

/** Requests, each with the edge that its question takes: the cheapest one, and a typical one. */
const REQUESTS = [
  {
    name: 'read, nothing there',
    text: `${head('GET /api/rooms/empty/messages')}\r\n`,
    edge: { src: { node: 'router', port: 'show' }, tgt: { node: 'controller', port: 'in' } },
  },
  {
    name: 'post',
    text: `${head('POST /api/rooms/posts/messages')}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
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

export async function run(): Promise<readonly Row[]> {
  const env = { GRAPH: unlimited({ STORE: 'memory:' }), TIMING: 'off', EDITOR_SECRET: SECRET };
  const peers = {
    'FLOW_EDITOR=off': await child('flowchat', { ...env, FLOW_EDITOR: 'off' }),
    'no editor': await child('flowchat', { ...env, FLOW_EDITOR: 'on' }),
    'one editor watches an edge': await child('flowchat', { ...env, FLOW_EDITOR: 'on' }),
  };
  try {
    const editor = await connect(peers['one editor watches an edge']);
    const rows = [];
    for (const { name, text, edge } of REQUESTS) {
      editor.watch(edge);
      const { told } = editor;
      for (const row of await compare({ name, text }, peers)) {
        const goal = GOALS[row.server!];
        rows.push(goal === undefined ? row : judged(row, { most: { 'of FLOW_EDITOR=off': goal } }));
      }
      if (editor.told === told) throw new Error(`no packet of "${name}" was told of`);
    }
    editor.close();
    return rows;
  } finally {
    for (const peer of Object.values(peers)) await peer.stop();
  }
}
