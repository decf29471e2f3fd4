import type { Fault, Graph, Reading } from '../model/graph.ts';
import { atOnce, type Steps } from '../model/steps.ts';
import type { GraphTexts } from './print.ts';
import { readGraph } from './read.ts';
import { rewriting } from './rewrite.ts';

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
