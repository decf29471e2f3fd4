import { type EditableGraph, toBare, toEditable } from '../../model/editable-graph.ts';
import { type BareNode, emptyGraph, type Graph } from '../../model/graph.ts';
import { type Change, readChange } from '../../model/graph-commands.ts';
import { applyEdit, type EditResult } from '../../model/graph-edits.ts';
import { Absent, nodeOf } from '../../model/graph-lookup.ts';
import type { Payload } from '../../model/payload.ts';
import { Refused } from '../../model/refused.ts';

/** Limit of a graph as JSON, in characters, to bound memory. */
const MAX_CHARACTERS = 8 * 1024 * 1024;
/** Limit of remembered removed or renamed nodes. */
const MAX_TOMBSTONES = 1000;

/** One change to announce. Its metadata is complete: missing keys were deleted. */
export interface GraphChange {
  readonly command: string;
  readonly payload: Payload;
}

/** The effect of an edit of the draft. */
export interface DraftChange {
  /** Whether only the appearance changed. */
  readonly isCosmetic: boolean;
  /** Whether a subgraph changed, whose ports may differ now. */
  readonly isInSubgraph: boolean;
}

/** A graph that editors change by commands; each is applied completely or refused. */
export class GraphDraft {
  readonly id: string;
  readonly #file: string;
  #editable: EditableGraph;
  /** Undefined until first use. */
  #graph: Graph | undefined;
  #version = 0;
  /** The size; undefined to be counted again. It may be too large, since removals are not subtracted. */
  #letters: number | undefined;
  #tombstones = new Map<string, string>();

  constructor(id: string, graph: Graph) {
    this.id = id;
    this.#file = graph.file;
    this.#graph = graph;
    this.#editable = toEditable(graph);
  }

  /** An immutable snapshot of the graph. */
  get graph(): Graph {
    // Parts that edits added have a place, too.
    this.#graph ??= { ...toBare(this.#editable), file: this.#file } as Graph;
    return this.#graph;
  }

  /** One of its nodes; undefined if there is none of this name. */
  node(name: string): BareNode | undefined {
    return nodeOf(this.#editable, name);
  }

  /** Changes with every edit. */
  get version(): number {
    return this.#version;
  }

  /**
   * Applies a command, and returns its changes in the order to be announced. Throws Refused without changing anything.
   */
  apply(command: string, payload: Payload): readonly GraphChange[] {
    return this.change(readChange(command, payload));
  }

  /** As `apply`, for a parsed change. */
  change(change: Change): readonly GraphChange[] {
    const { command } = change;
    const { graph, changes: made } = this.#tried(change);
    const target = command === 'clear' ? { id: this.id } : { graph: this.id };
    const changes = made.map(({ command, payload }) => ({ command, payload: { ...payload, ...target } }));
    if (graph === this.#editable) return changes;
    if (/^(add|change)/.test(command)) this.#limit(graph, JSON.stringify(changes).length);
    for (const change of changes) this.#addTombstone(change);
    this.#take(graph);
    return changes;
  }

  /** A copy, to try several changes. */
  copy(): GraphDraft {
    const copy = new GraphDraft(this.id, emptyGraph(this.#file));
    copy.become(this);
    return copy;
  }

  /** Takes over the state of a copy. */
  become(copy: GraphDraft): void {
    this.#letters = copy.#letters;
    this.#tombstones = new Map(copy.#tombstones);
    if (copy.#editable !== this.#editable) this.#take(copy.#editable, copy.#graph);
  }

  /** Replaces the graph. */
  replace(graph: Graph): void {
    this.#tombstones.clear();
    this.#letters = undefined;
    this.#take(toEditable(graph), graph);
  }

  #take(graph: EditableGraph, given?: Graph): void {
    this.#editable = graph;
    this.#graph = given;
    this.#version += 1;
  }

  #tried(edit: Change): EditResult {
    try {
      return applyEdit(this.#editable, edit);
    } catch (error) {
      const isGone = error instanceof Absent && error.what === 'node';
      const tombstone = isGone ? this.#tombstones.get(error.named) : undefined;
      throw tombstone === undefined ? error : new Refused(tombstone);
    }
  }

  #limit(graph: EditableGraph, more: number): void {
    const counted = (graph: EditableGraph) => JSON.stringify(toBare(graph)).length;
    let letters = (this.#letters ?? counted(this.#editable)) + more;
    if (letters > MAX_CHARACTERS) letters = counted(graph);
    if (letters > MAX_CHARACTERS) throw new Refused('this graph is as large as graphs may be; remove something first');
    this.#letters = letters;
  }

  /** Remembers a removed or renamed node, for later commands that name it. */
  #addTombstone({ command, payload }: GraphChange): void {
    if (command === 'addnode') this.#tombstones.delete(String(payload.id));
    if (command === 'removenode') this.#tombstones.set(String(payload.id), `node ${payload.id} was removed meanwhile`);
    if (command === 'renamenode') {
      this.#tombstones.delete(String(payload.to));
      this.#tombstones.set(String(payload.from), `node ${payload.from} is called ${payload.to} now`);
    }
    const [oldest] = this.#tombstones.keys();
    if (this.#tombstones.size > MAX_TOMBSTONES && oldest !== undefined) this.#tombstones.delete(oldest);
  }
}
