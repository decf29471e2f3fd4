import { read } from '../../fbp.ts';
import type { Source } from '../../flow.ts';
import type { Kept, Revisions } from '../../revisions.ts';
import { difference } from '../difference/difference.ts';
import { type Merge, merge } from '../merge/merge.ts';
import type { LastEnd } from './kept-live.ts';
import type { RollBack } from './live.ts';
import type { Stuck } from './stuck.ts';
import { written } from './written.ts';

/** What a start begins with. */
export interface Start {
  readonly source: Source;
  /** What was live last and got stuck, so that `source` is one from before it. */
  readonly failed?: { readonly source: Source; tell(revision: number): RollBack };
}

/** The last live revision that did not fail. One that got stuck is only taken where nothing was before it. */
export function startOf(last: LastEnd, revisions: Revisions, stuck: Stuck | undefined): Start {
  const { source, revision: failed } = last;
  const rolledBack = revisions.get(failed)?.rolledBack;
  if (stuck?.revision !== failed && rolledBack === undefined) return { source };
  const good = revisions.lastGood(source);
  if (!good) return { source };
  const { node } = stuck ?? {};
  const why = rolledBack ?? 'it got stuck';
  return {
    source: sourceOf(good),
    failed: {
      source,
      tell: revision => rollBackTo(good, { failed, why, revision, ...(node !== undefined && { node }) }),
    },
  };
}

/** What was live together with what was changed in the graph's file since; undefined where nothing was, or it can't be read. */
export function withFile(
  live: Source,
  base: Source,
  found: Source,
): { readonly source: Source; readonly conflicts: readonly string[] } | undefined {
  const theirs = read(found.file, found.text, found.layout);
  const isSame = found.text === base.text && (found.layout ?? '') === (base.layout ?? '');
  if (isSame || theirs.faults.length > 0) return;
  const [before, ours] = [base, live].map(({ file, text, layout }) => read(file, text, layout).graph);
  if (difference(before!, ours!).length === 0) return { source: found, conflicts: [] };
  const { graph, conflicts } = merge(before!, ours!, theirs.graph);
  return { source: written(graph, found, found), conflicts };
}

/** Merges what two made of the same text. */
export function mergeSources(base: Source, ours: Source, theirs: Source): Merge {
  const [before, one, other] = [base, ours, theirs].map(({ text, layout }) => read(theirs.file, text, layout).graph);
  return merge(before!, one!, other!);
}

function sourceOf({ file, text, layout }: Kept): Source {
  return { file, text, layout };
}

function rollBackTo(good: Kept, { failed, why, revision, node }: Omit<RollBack, 'to' | 'sentence'>): RollBack {
  const cure = `npm run revisions -- back ${failed} brings it back`;
  const sentence = `revision ${failed} was taken back: ${why}; the graph of revision ${good.number} runs as revision ${revision}; ${cure}`;
  return { failed, why, to: good.number, revision, sentence, ...(node !== undefined && { node }) };
}
