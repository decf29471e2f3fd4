import { GraphDraft } from '../src/editor/draft/graph-draft.ts';
import { emptyGraph } from '../src/model/graph.ts';
import type { Payload } from '../src/model/payload.ts';
import { judged, type Row, rounded } from './support/table.ts';

export const title = 'what an edit costs: microseconds in a graph of 1,000 nodes against one of 10';

const ROUNDS = 2000;
const wire = { src: { node: 'n1', port: 'out' }, tgt: { node: 'n5', port: 'other' } };
const setting = { src: { data: 5 }, tgt: { node: 'n5', port: 'other' } };

/** Pairs of edits; the second undoes the first. */
const EDITS: Readonly<Record<string, readonly (readonly [command: string, payload: Payload])[]>> = {
  node: [
    ['addnode', { id: 'more', component: 'core/Drop', metadata: { x: 1, y: 1 } }],
    ['removenode', { id: 'more' }],
  ],
  name: [
    ['renamenode', { from: 'n3', to: 'other' }],
    ['renamenode', { from: 'other', to: 'n3' }],
  ],
  place: [
    ['changenode', { id: 'n5', metadata: { x: 3 } }],
    ['changenode', { id: 'n5', metadata: { x: 4 } }],
  ],
  wire: [
    ['addedge', wire],
    ['removeedge', wire],
  ],
  setting: [
    ['addinitial', setting],
    ['removeinitial', setting],
  ],
};

/** A chain of nodes. */
function chain(nodes: number): GraphDraft {
  const draft = new GraphDraft('chat/bench', emptyGraph('bench.fbp'));
  for (let i = 0; i < nodes; i += 1) {
    draft.apply('addnode', { id: `n${i}`, component: 'core/Repeat', metadata: { x: i, y: 0 } });
    const end = { src: { node: `n${i - 1}`, port: 'out' }, tgt: { node: `n${i}`, port: 'in' } };
    if (i > 0) draft.apply('addedge', end);
  }
  return draft;
}

export async function run(): Promise<readonly Row[]> {
  const drafts = [chain(10), chain(999)];
  return Object.entries(EDITS).map(([edit, both]) => {
    const rounds = (draft: GraphDraft) => {
      for (let round = 0; round < ROUNDS; round += 1) for (const one of both) draft.apply(...one);
    };
    drafts.forEach(rounds);
    const [few = 0, many = 0] = drafts.map(draft => {
      // Other processes' CPU time doesn't count.
      const start = process.cpuUsage();
      rounds(draft);
      return process.cpuUsage(start).user / ROUNDS / both.length;
    });
    const row = { edit, '10 nodes': rounded(few), '1,000 nodes': rounded(many), times: rounded(many / few) };
    return judged(row, { most: { times: 2 } });
  });
}
