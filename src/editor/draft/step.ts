import { nearest } from '../../check/survey.ts';
import type { Graph, Node } from '../../fbp.ts';
import { type Payload, Refused } from '../protocol/message.ts';
import { nodeOf } from './graph.ts';

/** What an edit makes of a graph, and what is told of it; the payloads don't name the graph yet. */
export interface Step {
  readonly graph: Graph;
  readonly told: readonly Change[];
}

/** One change, as the graph protocol says it. Metadata in it is whole: what it doesn't have, is not there any more. */
export interface Change {
  readonly command: string;
  readonly payload: Payload;
}

/** A command of the graph protocol. Throws Refused where it can't be done; the graph is as it was then. */
export type Edit = (graph: Graph, payload: Payload) => Step;

/** A node that is named and not there; its draft may know why. */
export class Absent extends Refused {
  readonly node: string;

  constructor(node: string, sentence: string) {
    super(sentence);
    this.node = node;
  }
}

export function told(command: string, payload: Payload): Change {
  return { command, payload };
}

/** A node of this name. Throws Absent, with the nearest names, where there is none. */
export function present(graph: Graph, name: string): Node {
  const node = nodeOf(graph, name);
  if (node) return node;
  throw new Absent(name, `there is no node ${name}; ${hint(name, [...new Set(graph.nodes.map(({ name }) => name))])}`);
}

/** Refuses what would go beyond a limit. */
export function limit(count: number, most: number, what: string): void {
  if (count >= most) throw new Refused(`a graph has at most ${most.toLocaleString('en')} ${what}; remove some first`);
}

/** What may help whoever named something that is not there. */
export function hint(wanted: string, names: readonly string[]): string {
  const [near] = nearest(
    wanted,
    names.filter(({ length }) => length <= LONGEST),
    name => name,
  );
  return near === undefined ? 'it may have been removed or renamed meanwhile' : `did you mean ${near}?`;
}

/** To find how far names are apart that are longer than messages can have them, would take too long. */
const LONGEST = 1024;
