import type { Fault, Graph, Reading } from '../model/graph.ts';
import { atOnce, type Steps } from '../model/steps.ts';
import { type GraphTexts, writing } from './print.ts';
import { readGraph, readTree } from './read.ts';

/** A graph's file with its sidecar. The graph is parsed once, on first use. Immutable. */
export class GraphDocument implements GraphTexts {
  readonly file: string;
  readonly text: string;
  /** Empty without a sidecar. */
  readonly layout: string;
  #reading: Reading | undefined;

  constructor(file: string, text: string, layout = '') {
    this.file = file;
    this.text = text;
    this.layout = layout;
  }

  /** The graph, with its faults and warnings. */
  get reading(): Reading {
    this.#reading ??= readGraph(this.file, this.text, this.layout);
    return this.#reading;
  }

  get graph(): Graph {
    return this.reading.graph;
  }

  /** Faults of the text. */
  get faults(): readonly Fault[] {
    return this.reading.faults;
  }

  /** Whether both have the same text and layout. */
  isSame({ text, layout }: GraphTexts): boolean {
    return text === this.text && layout === this.layout;
  }

  /**
   * This document with a changed graph, printed with the smallest difference; returns itself if the graph is the same.
   * `origin` is the file's contents before the server first wrote to it: undone changes leave no trace.
   */
  with(graph: Graph, origin: GraphTexts = this): GraphDocument {
    return atOnce(this.printing(graph, origin));
  }

  /** As `with`, in steps. */
  *printing(graph: Graph, origin: GraphTexts): Steps<GraphDocument> {
    const texts = yield* rewriting({ ...graph, file: this.file }, this, origin);
    return this.isSame(texts) ? this : new GraphDocument(this.file, texts.text, texts.layout);
  }
}

/**
 * Writes a graph as `write` does, for a file that only this program has written since `origin`. Picks the result that
 * is nearer to `origin`, so that undone changes leave no trace. Comments in the present file are never lost, and an
 * unchanged graph changes no byte.
 */
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

/** The number of removed and added lines between two documents. */
function distance(from: GraphTexts, to: GraphTexts): number {
  const lines = ({ text, layout }: GraphTexts) => `${text}\n${layout}`.split(/\r\n|\n|\r/);
  return lacking(lines(from), lines(to)) + lacking(lines(to), lines(from));
}

/** The number of texts that are missing in another list, counting duplicates. */
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
