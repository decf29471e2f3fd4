import { type EditableGraph, editable, listed } from '../../model/editable-graph.ts';
import { type BareNode, emptyGraph, type Graph } from '../../model/graph.ts';
import { type Change, readChange } from '../../model/graph-commands.ts';
import { applyEdit, type EditResult } from '../../model/graph-edits.ts';
import { Absent, nodeOf } from '../../model/graph-lookup.ts';
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
  readonly #file: string;
  #editable: EditableGraph;
  /** Undefined until somebody asks for it. */
  #graph: Graph | undefined;
  #version = 0;
  /** Undefined if it has to be counted again; it may be too much, as what goes is not subtracted. */
  #letters: number | undefined;
  #tombstones = new Map<string, string>();

  constructor(id: string, graph: Graph) {
    this.id = id;
    this.#file = graph.file;
    this.#graph = graph;
    this.#editable = editable(graph);
  }

  /** As it is now; later changes don't reach it. */
  get graph(): Graph {
    // What edits add has a place, too.
    this.#graph ??= { ...listed(this.#editable), file: this.#file } as Graph;
    return this.#graph;
  }

  /** One of its nodes; undefined if there is none of this name. */
  node(name: string): BareNode | undefined {
    return nodeOf(this.#editable, name);
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
    const { graph, changes: made } = this.#tried(change);
    const target = command === 'clear' ? { id: this.id } : { graph: this.id };
    const changes = made.map(({ command, payload }) => ({ command, payload: { ...payload, ...target } }));
    if (graph === this.#editable) return changes;
    if (/^(add|change)/.test(command)) this.#limit(graph, JSON.stringify(changes).length);
    for (const change of changes) this.#addTombstone(change);
    this.#take(graph);
    return changes;
  }

  /** The same draft once more, so that several changes can be tried in it. */
  copy(): GraphDraft {
    const copy = new GraphDraft(this.id, emptyGraph(this.#file));
    copy.become(this);
    return copy;
  }

  /** Becomes what was made of a copy. */
  become(copy: GraphDraft): void {
    this.#letters = copy.#letters;
    this.#tombstones = new Map(copy.#tombstones);
    if (copy.#editable !== this.#editable) this.#take(copy.#editable, copy.#graph);
  }

  /** Becomes another graph. */
  replace(graph: Graph): void {
    this.#tombstones.clear();
    this.#letters = undefined;
    this.#take(editable(graph), graph);
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
    const counted = (graph: EditableGraph) => JSON.stringify(listed(graph)).length;
    let letters = (this.#letters ?? counted(this.#editable)) + more;
    if (letters > MAX_CHARACTERS) letters = counted(graph);
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
