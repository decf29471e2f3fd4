import type { Graph } from '../model/graph.ts';
import { atOnce, type Steps } from '../model/steps.ts';
import { type GraphTexts, writing } from './print.ts';
import { readTree } from './read.ts';

/** Changed lines beyond which two texts are taken to have nothing in common. */
const MOST = 400;

/**
 * Writes a graph as `write` does to a file that only we have written since somebody else did; `origin` is what it held
 * then. What is nearer to `origin` counts, so that what is done and undone leaves no trace. A comment that the file has now
 * is never lost by it, and where nothing has changed, no byte does.
 */
export function rewrite(graph: Graph, now: GraphTexts, origin: GraphTexts): GraphTexts {
  return atOnce(rewriting(graph, now, origin));
}

/** As `rewrite`, in steps. */
export function* rewriting(graph: Graph, now: GraphTexts, origin: GraphTexts): Steps<GraphTexts> {
  const made = yield* writing(graph, now);
  if (isSame(made, now) || isSame(now, origin) || origin.text === '') return made;
  const anew = yield* writing(graph, origin);
  yield;
  return distance(origin, anew) < distance(origin, made) && hasComments(anew.text, made.text) ? anew : made;
}

function isSame(one: GraphTexts, other: GraphTexts): boolean {
  return one.text === other.text && one.layout === other.layout;
}

/** How many lines differ, in both directions. */
function distance(from: GraphTexts, to: GraphTexts): number {
  return differing(linesOf(from.text), linesOf(to.text)) + differing(linesOf(from.layout), linesOf(to.layout));
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/);
}

/** Lines that have to go and to come, as Myers counts them: by the farthest that so many of them lead on each diagonal. */
function differing(from: readonly string[], to: readonly string[]): number {
  const farthest = new Map([[1, 0]]);
  const at = (diagonal: number) => farthest.get(diagonal) ?? -1;
  for (let count = 0; count <= MOST; count += 1) {
    for (let diagonal = -count; diagonal <= count; diagonal += 2) {
      let x = Math.max(at(diagonal + 1), at(diagonal - 1) + 1);
      while (x < from.length && x - diagonal < to.length && from[x] === to[x - diagonal]) x += 1;
      if (x >= from.length && x - diagonal >= to.length) return count;
      farthest.set(diagonal, x);
    }
  }
  return Number.POSITIVE_INFINITY;
}

/** Says whether a text has each comment of another as often. */
function hasComments(text: string, other: string): boolean {
  const there = Map.groupBy(commentsIn(text), comment => comment);
  const wanted = Map.groupBy(commentsIn(other), comment => comment);
  return [...wanted].every(([comment, all]) => all.length <= (there.get(comment)?.length ?? 0));
}

function commentsIn(text: string): readonly string[] {
  const { statements } = readTree(text).tree;
  const starts = [...statements.map(({ start }) => start), text.length];
  const between = starts.map((start, at) => text.slice(at === 0 ? 0 : statements[at - 1]!.end, start));
  return between.flatMap(gap => gap.match(/#[^\n\r\u2028\u2029]*/g) ?? []).map(comment => comment.trimEnd());
}
