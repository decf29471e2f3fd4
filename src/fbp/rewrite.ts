import type { Graph } from '../model/graph.ts';
import { atOnce, type Steps } from '../model/steps.ts';
import { type GraphTexts, writing } from './print.ts';
import { readTree } from './read.ts';

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
  const isNearer = isSame(anew, origin) || distance(origin, anew) < distance(origin, made);
  return isNearer && lacking(commentsIn(made.text), commentsIn(anew.text)) === 0 ? anew : made;
}

function isSame(one: GraphTexts, other: GraphTexts): boolean {
  return one.text === other.text && one.layout === other.layout;
}

/** How many lines go and come from one to the other. */
function distance(from: GraphTexts, to: GraphTexts): number {
  const lines = ({ text, layout }: GraphTexts) => `${text}\n${layout}`.split(/\r\n|\n|\r/);
  return lacking(lines(from), lines(to)) + lacking(lines(to), lines(from));
}

/** How many of some texts are not among others; what is there twice counts twice. */
function lacking(some: readonly string[], others: readonly string[]): number {
  const there = Map.groupBy(others, text => text);
  return some.filter(text => there.get(text)?.pop() === undefined).length;
}

function commentsIn(text: string): readonly string[] {
  const { statements } = readTree(text).tree;
  const starts = [...statements.map(({ start }) => start), text.length];
  const between = starts.map((start, at) => text.slice(at === 0 ? 0 : statements[at - 1]!.end, start));
  return between.flatMap(gap => gap.match(/#[^\n\r\u2028\u2029]*/g) ?? []).map(comment => comment.trimEnd());
}
