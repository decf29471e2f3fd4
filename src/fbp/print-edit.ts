import type { Graph } from '../fbp.ts';
import type { Steps } from '../model/steps.ts';
import { detoursOf } from './print-detour.ts';
import { Insertion } from './print-insertion.ts';
import type { Change } from './print-mention.ts';
import { planOf } from './print-plan.ts';
import { renames } from './print-rename.ts';
import { Rows, withEdits } from './print-rows.ts';
import { Surgery } from './print-surgery.ts';
import { printGraph } from './print-text.ts';
import { renamed } from './renamed.ts';
import type { Dissected } from './text.ts';

/** A text changed so that it says a graph, which is in the text's words, in steps; see `detoursOf` for `detours`. */
export function* edited(
  { text, statements, graph }: Dissected & { text: string },
  meant: Graph,
  detours: boolean,
): Steps<string> {
  const rows = new Rows(text, statements);
  if (statements.length === 0) {
    const lines = printGraph(meant).map(line => line + rows.eol);
    return rows.text + lines.join('');
  }
  const names = renames(graph, meant);
  const mended = renamed(graph, names);
  yield;
  const plan = planOf(mended, meant);
  yield;
  const change: Change = {
    said: graph,
    renamed: mended,
    meant,
    names,
    plan,
    detours: detours ? detoursOf(mended, plan) : new Map(),
  };
  yield;
  const insertion = new Insertion(rows, statements, change);
  yield;
  const surgery = new Surgery(rows, change, insertion.mentions);
  for (const statement of statements) {
    surgery.change(statement);
    yield;
  }
  insertion.put();
  yield;
  const made = withEdits(rows.text, [...surgery.edits, ...rows.edits(surgery.removed)]);
  return rows.text !== text && made.endsWith(rows.eol) ? made.slice(0, -rows.eol.length) : made;
}
