import type { Fault, Graph, Reading } from '../model/graph.ts';
import { atOnce, type Steps } from '../model/steps.ts';
import { type GraphTexts, writing } from './print.ts';
import { readGraph, readTree } from './read.ts';

/** A graph's file with its sidecar. The graph in it is read once, when it is first asked for. Immutable. */
export class GraphDocument implements GraphTexts {
  readonly file: string;
  readonly text: string;
  /** '' if there is no sidecar. */
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

  /** What can't be read. */
  get faults(): readonly Fault[] {
    return this.reading.faults;
  }

  /** Whether both have the same text and layout. */
  isSame({ text, layout }: GraphTexts): boolean {
    return text === this.text && layout === this.layout;
  }

  /**
   * This document with another graph, printed with the smallest difference; returns itself if the graph is the same.
   * `origin` is what the file had before the server first wrote to it: changes that are undone leave no trace.
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
 * Writes a graph as `write` does to a file that only we have written since somebody else did; `origin` is what it held
 * then. What is nearer to `origin` counts, so that what is done and undone leaves no trace. A comment that the file has now
 * is never lost by it, and where nothing has changed, no byte does.
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
