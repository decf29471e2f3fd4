import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { serve } from '../src/serve.ts';
import { readSettings } from '../src/settings.ts';
import { unlimited } from './support/graph.ts';

export const title =
  'how long everybody waits while a large graph is edited: the longest pause of the event loop (goal: 100 ms)';

const SECRET = 'a secret of benchmarks';
const ROUNDS = 3;

type Row = Readonly<Record<string, string | number>>;
type Ask = (protocol: string, command: string, payload: object) => Promise<Readonly<Record<string, unknown>>>;

async function connect(origin: string): Promise<{ ask: Ask; close(): void }> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/runtime`, 'noflo');
  const waiting = new Map<string, (payload: Readonly<Record<string, unknown>>) => void>();
  socket.on('message', data => {
    const { responseTo, payload } = JSON.parse(String(data));
    waiting.get(responseTo)?.(payload);
  });
  await once(socket, 'open');
  let count = 0;
  const ask: Ask = (protocol, command, payload) =>
    new Promise(resolve => {
      const requestId = String(++count);
      waiting.set(requestId, resolve);
      socket.send(JSON.stringify({ protocol, command, payload, requestId, secret: SECRET }));
    });
  return { ask, close: () => socket.close() };
}

/** A chain of nodes beside the graph, as the changes that make it and take it away again. */
function chain(nodes: number) {
  const name = (index: number) => `extra${index}`;
  const ids = Array.from({ length: nodes }, (_, index) => name(index));
  const add = ids.map(id => ({
    command: 'addnode',
    payload: { id, component: 'core/Repeat', metadata: { x: 0, y: 0 } },
  }));
  const wires = ids.slice(1).map((id, index) => ({
    command: 'addedge',
    payload: { src: { node: name(index), port: 'out' }, tgt: { node: id, port: 'in' }, metadata: {} },
  }));
  const end = {
    command: 'addedge',
    payload: { src: { node: ids.at(-1), port: 'out' }, tgt: { node: 'drop', port: 'in' } },
  };
  const drop = { command: 'addnode', payload: { id: 'drop', component: 'core/Drop', metadata: { x: 0, y: 0 } } };
  const remove = [...ids, 'drop'].map(id => ({ command: 'removenode', payload: { id } }));
  return { build: [...add, ...wires, drop, end], remove };
}

/** The longest pause, in milliseconds, while something is done. */
async function pause(work: () => Promise<unknown>): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await work();
  await sleep(1500);
  delays.disable();
  return delays.max / 1e6;
}

async function row(nodes: number, ask: Ask): Promise<Row> {
  const { build, remove } = chain(nodes);
  const steps: Readonly<Record<string, () => Promise<unknown>>> = {
    edit: () => ask('flowchat', 'edit', { changes: build }),
    difference: () => ask('flowchat', 'difference', {}),
    publish: () => ask('flowchat', 'publish', { force: true }),
    'take back': () => ask('flowchat', 'edit', { changes: remove }),
  };
  const worst: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [step, work] of Object.entries(steps)) worst[step] = Math.max(worst[step] ?? 0, await pause(work));
    await ask('flowchat', 'publish', { force: true });
  }
  return { nodes, ...Object.fromEntries(Object.entries(worst).map(([step, ms]) => [`${step}, ms`, Math.round(ms)])) };
}

export async function* run(): AsyncGenerator<readonly Row[]> {
  const data = mkdtempSync(join(tmpdir(), 'flowchat-large-'));
  const env = { GRAPH: unlimited({ STORE: 'memory:' }), PORT: '0', DATA: data, EDITOR_SECRET: SECRET };
  const server = await serve(readSettings(env, []), () => {});
  const { ask, close } = await connect(server.url.replace(/\/$/, ''));
  try {
    await ask('flowchat', 'open', { hold: true });
    for (const nodes of [100, 300, 900]) yield [await row(nodes, ask)];
  } finally {
    close();
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
}
