import { empty } from '../../fbp/empty.ts';
import { oneLine } from '../../fbp/place.ts';
import type { Graph } from '../../fbp.ts';
import { type Payload, Refused } from '../protocol/message.ts';
import { optionalText } from '../protocol/payload.ts';
import { addEdge, changeEdge, removeEdge } from './edges.ts';
import { addGroup, changeGroup, removeGroup, renameGroup } from './groups.ts';
import { addInitial, removeInitial } from './initials.ts';
import { addNode, changeNode, removeNode, renameNode } from './nodes.ts';
import { outerEdits } from './outers.ts';
import { Absent, type Change, type Edit, told } from './step.ts';

export type { Change } from './step.ts';

/** Characters that a graph has at most as JSON, so that no editor can fill the memory. */
const MOST_LETTERS = 8 * 1024 * 1024;
/** How many nodes that are gone or are called otherwise now are remembered. */
const MOST_FATES = 1000;

/** What a `graph:clear` may say of the graph, which stays its properties. */
const SAID = ['name', 'library', 'icon', 'description'] as const;

/** Empties the graph, but for what its properties say of where it runs. */
const clear: Edit = (graph, payload) => {
  const said = Object.fromEntries(
    SAID.flatMap(field => {
      const value = optionalText(payload, field);
      return value === undefined ? [] : [[field, oneLine(value.toWellFormed())]];
    }),
  );
  const main = typeof payload.main === 'boolean' ? { main: payload.main } : {};
  const after = { ...empty(graph.file), properties: { ...graph.properties, ...said } };
  return { graph: after, told: [told('clear', { ...said, ...main })] };
};

const inports = outerEdits('inports');
const outports = outerEdits('outports');

const EDITS: ReadonlyMap<string, Edit> = new Map([
  ['clear', clear],
  ['addnode', addNode],
  ['removenode', removeNode],
  ['renamenode', renameNode],
  ['changenode', changeNode],
  ['addedge', addEdge],
  ['removeedge', removeEdge],
  ['changeedge', changeEdge],
  ['addinitial', addInitial],
  ['removeinitial', removeInitial],
  ['addinport', inports.add],
  ['removeinport', inports.remove],
  ['renameinport', inports.rename],
  ['addoutport', outports.add],
  ['removeoutport', outports.remove],
  ['renameoutport', outports.rename],
  ['addgroup', addGroup],
  ['removegroup', removeGroup],
  ['renamegroup', renameGroup],
  ['changegroup', changeGroup],
]);

/** The commands of the graph protocol. */
export const COMMANDS: readonly string[] = [...EDITS.keys()];

/** A graph that editors change, command by command; each is done wholly or refused. */
export class Draft {
  readonly id: string;
  #graph: Graph;
  #version = 0;
  /** Nothing where it has to be counted again; it may be too much, as what goes is not subtracted. */
  #letters: number | undefined;
  #fates = new Map<string, string>();

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
  apply(command: string, payload: Payload): readonly Change[] {
    const edit = EDITS.get(command);
    if (!edit) throw new Refused(`the graph protocol has no command ${command}`);
    const { graph, told } = this.#tried(edit, payload);
    const target = command === 'clear' ? { id: this.id } : { graph: this.id };
    const changes = told.map(({ command, payload }) => ({ command, payload: { ...payload, ...target } }));
    if (graph === this.#graph) return changes;
    if (/^(add|change)/.test(command)) this.#limit(graph, JSON.stringify(changes).length);
    for (const change of changes) this.#remember(change);
    this.#take(graph);
    return changes;
  }

  /** The same draft once more, so that several changes can be tried in it. */
  copy(): Draft {
    const copy = new Draft(this.id, this.#graph);
    copy.#letters = this.#letters;
    copy.#fates = new Map(this.#fates);
    copy.#version = this.#version;
    return copy;
  }

  /** Becomes what was made of a copy. */
  become(copy: Draft): void {
    this.#letters = copy.#letters;
    this.#fates = copy.#fates;
    if (copy.#graph !== this.#graph) this.#take(copy.#graph);
  }

  /** Becomes another graph. */
  replace(graph: Graph): void {
    this.#fates.clear();
    this.#letters = undefined;
    this.#take(graph);
  }

  #take(graph: Graph): void {
    this.#graph = graph;
    this.#version += 1;
  }

  #tried(edit: Edit, payload: Payload) {
    try {
      return edit(this.#graph, payload);
    } catch (error) {
      const fate = error instanceof Absent ? this.#fates.get(error.node) : undefined;
      throw fate === undefined ? error : new Refused(fate);
    }
  }

  #limit(graph: Graph, more: number): void {
    let letters = (this.#letters ?? JSON.stringify(this.#graph).length) + more;
    if (letters > MOST_LETTERS) letters = JSON.stringify(graph).length;
    if (letters > MOST_LETTERS) throw new Refused('this graph is as large as graphs may be; remove something first');
    this.#letters = letters;
  }

  /** What became of a node, for whoever names it later. */
  #remember({ command, payload }: Change): void {
    if (command === 'addnode') this.#fates.delete(String(payload.id));
    if (command === 'removenode') this.#fates.set(String(payload.id), `node ${payload.id} was removed meanwhile`);
    if (command === 'renamenode') {
      this.#fates.delete(String(payload.to));
      this.#fates.set(String(payload.from), `node ${payload.from} is called ${payload.to} now`);
    }
    const [oldest] = this.#fates.keys();
    if (this.#fates.size > MOST_FATES && oldest !== undefined) this.#fates.delete(oldest);
  }
}
