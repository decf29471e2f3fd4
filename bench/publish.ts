import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '../src/serve.ts';
import { readSettings } from '../src/settings.ts';
import { connect, SECRET } from './support/editor.ts';
import { unlimited } from './support/graph.ts';
import { judged, median, type Row } from './support/table.ts';
import { type Cost, turnsOf } from './support/turns.ts';

export const title = 'what it costs to publish a large graph of which one setting was changed, in ms of CPU';

const ROUNDS = 5;
/** Time for follow-up work after a publish. */
const AFTER = 1000;

/** A chain of nodes, ten in a line. */
function chain(nodes: number): string {
  const lines = Array.from({ length: nodes / 10 }, (_, line) => {
    const ids = Array.from({ length: 11 }, (_, index) => `extra${line * 10 + index}`);
    return ids.map(id => `${id}(core/Repeat)`).join(' -> ');
  });
  return `\n${lines.join('\n')} -> drop(core/Drop)\n`;
}

async function row(nodes: number): Promise<Row> {
  const data = mkdtempSync(join(tmpdir(), 'flowchat-publish-'));
  const graph = unlimited({ STORE: 'memory:' });
  appendFileSync(graph, chain(nodes));
  const env = { GRAPH: graph, PORT: '0', DATA: data, EDITOR_SECRET: SECRET };
  const server = await serve(readSettings(env, []), () => {});
  const { ask, close } = await connect(server.url);
  const costs: Cost[] = [];
  try {
    const { graph: id } = await ask('flowchat', 'open', { hold: true });
    const to = { node: 'limit', port: 'rate' };
    for (let round = 0; round <= ROUNDS; round += 1) {
      await ask('graph', 'removeinitial', { graph: id, tgt: to });
      await ask('graph', 'addinitial', { graph: id, tgt: to, src: { data: 1_000_000 + round } });
      const cost = await turnsOf(() => ask('flowchat', 'publish', { force: true }), AFTER);
      // The first round runs uncompiled code.
      if (round > 0) costs.push(cost);
    }
  } finally {
    close();
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
  const figure = (of: keyof Cost) => median(costs.map(cost => cost[of]));
  const row = {
    nodes,
    'longest turn, ms': Math.round(figure('longest')),
    'all turns, ms': Math.round(figure('total')),
  };
  return judged(row, { most: { 'longest turn, ms': nodes > 1000 ? 200 : 50 } });
}

export async function* run(): AsyncGenerator<readonly Row[]> {
  for (const nodes of [100, 900, 4500]) yield [await row(nodes)];
}
