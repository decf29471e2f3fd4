import type { Graph } from '../../model/graph.ts';
import { type Change, readChange } from '../../model/graph-commands.ts';
import { applyEdit, type EditResult } from '../../model/graph-edits.ts';
import { Absent } from '../../model/graph-lookup.ts';
import { type Payload, Refused } from '../../model/payload.ts';

/** Characters that a graph has at most as JSON, so that no editor can fill the memory. */
const MAX_CHARACTERS = 8 * 1024 * 1024;
/** How many nodes that are gone or are called otherwise now are remembered. */
const MAX_TOMBSTONES = 1000;

/** One change, as it is told. Metadata in it is whole: what it doesn't have, is not there any more. */
export interface GraphChange {
  readonly command: string;
  readonly payload: Payload;
}

/** A graph that editors change, command by command; each is done wholly or refused. */
export class GraphDraft {
  readonly id: string;
  #graph: Graph;
  #version = 0;
  /** Nothing where it has to be counted again; it may be too much, as what goes is not subtracted. */
  #letters: number | undefined;
  #tombstones = new Map<string, string>();

  constructor(id: string, graph: Graph) {
    this.id = id;
    this.#graph = graph;
  }

  /** As it is now; later changes don't reach it. */
  get graph(): Graph {
    return this.#graph;
  }

  /** Differs after each change. */
  get version(): number {
    return this.#version;
  }

  /** Applies a command, and returns what it changed in the order in which it is to be told. Throws Refused, and is as before then. */
  apply(command: string, payload: Payload): readonly GraphChange[] {
    return this.change(readChange(command, payload));
  }

  /** As `apply`, for a change that was read. */
  change(change: Change): readonly GraphChange[] {
    const { command } = change;
    const result = this.#tried(change);
    // What edits add has a place, too.
    const graph = result.graph as Graph;
    const target = command === 'clear' ? { id: this.id } : { graph: this.id };
    const changes = result.changes.map(({ command, payload }) => ({ command, payload: { ...payload, ...target } }));
    if (graph === this.#graph) return changes;
    if (/^(add|change)/.test(command)) this.#limit(graph, JSON.stringify(changes).length);
    for (const change of changes) this.#addTombstone(change);
    this.#take(graph);
    return changes;
  }

  /** The same draft once more, so that several changes can be tried in it. */
  copy(): GraphDraft {
    const copy = new GraphDraft(this.id, this.#graph);
    copy.#letters = this.#letters;
    copy.#tombstones = new Map(this.#tombstones);
    copy.#version = this.#version;
    return copy;
  }

  /** Becomes what was made of a copy. */
  become(copy: GraphDraft): void {
    this.#letters = copy.#letters;
    this.#tombstones = copy.#tombstones;
    if (copy.#graph !== this.#graph) this.#take(copy.#graph);
  }

  /** Becomes another graph. */
  replace(graph: Graph): void {
    this.#tombstones.clear();
    this.#letters = undefined;
    this.#take(graph);
  }

  #take(graph: Graph): void {
    this.#graph = graph;
    this.#version += 1;
  }

  #tried(edit: Change): EditResult {
    try {
      return applyEdit(this.#graph, edit);
    } catch (error) {
      const isGone = error instanceof Absent && error.what === 'node';
      const tombstone = isGone ? this.#tombstones.get(error.named) : undefined;
      throw tombstone === undefined ? error : new Refused(tombstone);
    }
  }

  #limit(graph: Graph, more: number): void {
    let letters = (this.#letters ?? JSON.stringify(this.#graph).length) + more;
    if (letters > MAX_CHARACTERS) letters = JSON.stringify(graph).length;
    if (letters > MAX_CHARACTERS) throw new Refused('this graph is as large as graphs may be; remove something first');
    this.#letters = letters;
  }

  /** What became of a node, for whoever names it later. */
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
