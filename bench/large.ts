import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '../src/serve.ts';
import { readSettings } from '../src/settings.ts';
import { type Ask, connect, SECRET } from './support/editor.ts';
import { unlimited } from './support/graph.ts';
import { judged, type Row } from './support/table.ts';
import { turnsOf } from './support/turns.ts';

export const title =
  'how long everybody waits while a large graph is edited: the longest turn of the event loop, in ms of its CPU';

const ROUNDS = 4;
const GOAL_MS = 50;
/** Time for follow-up work after a step, such as saving the draft. */
const AFTER_MS = 1000;
const POLL_MS = 100;

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

/** The steps with a graph, in order. */
function steps(nodes: number, ask: Ask, id: unknown, file: string): Readonly<Record<string, () => Promise<unknown>>> {
  const { build, remove } = chain(nodes);
  const flowchat = (command: string, payload: object = {}) => ask('flowchat', command, payload);
  const newest = async () => Number((await flowchat('revisions')).live);
  return {
    edit: () => flowchat('edit', { changes: build }),
    'graph, as JSON': () => flowchat('graph'),
    'source, for other editors': () => ask('component', 'getsource', { name: id }),
    'text, as .fbp': () => flowchat('text'),
    'parse it': async () => flowchat('parse', { text: (await flowchat('text')).text }),
    difference: () => flowchat('difference'),
    publish: () => flowchat('publish', { force: true }),
    'a dry run': () => flowchat('try', { request: { path: '/chat' } }),
    'a revision': async () => flowchat('revision', { number: await newest() }),
    'compare two': async () => flowchat('compare', { from: (await newest()) - 1, to: await newest() }),
    'save to the file': () => ask('network', 'persist', {}),
    'a change of the file by hand': async () => {
      const before = await newest();
      const text = readFileSync(file, 'utf8');
      const [found = '', rate] = /'(\d+)' -> RATE/.exec(text)!;
      writeFileSync(file, text.replace(found, `'${Number(rate) + 1}' -> RATE`));
      while ((await newest()) === before) await sleep(POLL_MS);
    },
    'take it back': () => flowchat('edit', { changes: remove }),
    discard: () => flowchat('discard'),
    'roll back': () => flowchat('rollback', { to: 1 }),
  };
}

async function longest(nodes: number): Promise<ReadonlyMap<string, number>> {
  const data = mkdtempSync(join(tmpdir(), 'flowchat-large-'));
  const file = unlimited({ STORE: 'memory:' });
  const env = { GRAPH: file, PORT: '0', DATA: data, EDITOR_SECRET: SECRET };
  const server = await serve(readSettings(env, []), () => {});
  const { ask, close } = await connect(server.url);
  const worst = new Map<string, number>();
  try {
    const { graph } = await ask('flowchat', 'open', { hold: true });
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [step, work] of Object.entries(steps(nodes, ask, graph, file))) {
        const cost = await turnsOf(work, AFTER_MS);
        // The first round runs uncompiled code.
        if (round > 0) worst.set(step, Math.max(worst.get(step) ?? 0, cost.longest));
      }
    }
  } finally {
    close();
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
  return worst;
}

export async function run(): Promise<readonly Row[]> {
  const [few, many] = [await longest(90), await longest(900)];
  return [...many].map(([step, ms]) => {
    const row = { step, '100 nodes': Math.round(few.get(step)!), '1,000 nodes': Math.round(ms) };
    return judged(row, { most: { '1,000 nodes': GOAL_MS } });
  });
}
