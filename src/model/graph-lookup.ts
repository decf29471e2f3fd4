import type { Edge, End, Graph, InitialPacket, Node } from './graph.ts';
import { boundedJson, kind, type Payload, Refused, record } from './payload.ts';
import { called, excerpt, nearest } from './words.ts';

type Site = Pick<End, 'node' | 'port' | 'index'>;

/** Where in a file something stands that stands in no file yet. */
export const NOWHERE = { line: 1, column: 1 };

/** The nodes by name, each as it is where it was declared more than once: what a later declaration gives, counts. */
export function declared({ nodes }: Graph): Map<string, Node> {
  const found = new Map<string, Node>();
  for (const node of nodes) found.set(node.name, overlaid(found.get(node.name), node));
  return found;
}

/** One of the nodes; nothing where there is none of this name. */
export function nodeOf({ nodes }: Graph, name: string): Node | undefined {
  return nodes.reduce<Node | undefined>(
    (found, node) => (node.name === name ? overlaid(found, node) : found),
    undefined,
  );
}

/** What has nothing to say of its look has no metadata at all, as if it were read from a file. */
export function looking(metadata: Payload): { metadata?: Payload } {
  return Object.keys(metadata).length > 0 ? { metadata } : {};
}

/** `router OUT[1] -> IN check`. */
export function wire({ from, to }: { from: Site; to: Site }): string {
  return `${called(from)} -> ${portText(to)} ${to.node}`;
}

/** `IN[1]`. */
export function portText({ port, index }: Pick<Site, 'port' | 'index'>): string {
  return `${port.toUpperCase()}${index === undefined ? '' : `[${index}]`}`;
}

/** An end as messages have it. */
export function site({ node, port, index }: Site): Payload {
  return index === undefined ? { node, port } : { node, port, index };
}

/** Whether two ends are the same port; ports of a graph that is case sensitive too. */
export function isAt(end: Site, wanted: Site): boolean {
  return isAtPort(end, wanted) && end.index === wanted.index;
}

/** Whether two ends are the same port, or places of the same array port where `wanted` has no index. */
export function isAround(end: Site, wanted: Site): boolean {
  return isAtPort(end, wanted) && (wanted.index === undefined || end.index === wanted.index);
}

/** A text that two ends share where they are the same port. */
export function keyOf({ node, port, index }: Site): string {
  return JSON.stringify([node, port.toLowerCase(), index]);
}

/** A text that two edges share where they are the same. */
export function edgeIdentity({ from, to }: Edge): string {
  return keyOf(from) + keyOf(to);
}

/** Initial packets by where they go, in the order in which they arrive there. */
export function initialsByPort({ initials }: Graph): Map<string, readonly InitialPacket[]> {
  return Map.groupBy(initials, ({ to }) => keyOf(to));
}

/** Data as a sentence shows it: `'50'` is a text, `50` a number. */
export function shown(data: unknown): string {
  return typeof data === 'string' ? `'${excerpt(data)}'` : excerpt(JSON.stringify(data) ?? 'nothing');
}

function isAtPort(end: Site, wanted: Site): boolean {
  return end.node === wanted.node && end.port.toLowerCase() === wanted.port.toLowerCase();
}

function overlaid(before: Node | undefined, node: Node): Node {
  if (!before) return node;
  const isGiven = Object.keys(node.metadata).length > 0;
  return {
    ...before,
    ...(node.component && { component: node.component }),
    ...(isGiven && { metadata: node.metadata }),
  };
}

/** The types that the graph protocol's schemas ask for; anything may stand under other names. */
const TYPES: ReadonlyMap<string, 'number' | 'string' | 'boolean'> = new Map([
  ['x', 'number'],
  ['y', 'number'],
  ['route', 'number'],
  ['schema', 'string'],
  ['secure', 'boolean'],
  ['description', 'string'],
]);

/** The metadata of a message, as it is to be merged; a null takes away. Throws Refused where it can't be sent on. */
export function given(payload: Payload): Payload {
  const metadata = boundedJson(record(payload, 'metadata'), '"metadata"') as Payload;
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, typed(key, value)]));
}

/** Metadata after a change; what is null in the change is not there any more. */
export function mergedMetadata(before: Payload, change: Payload): Payload {
  const after = new Map(Object.entries(before));
  for (const [key, value] of Object.entries(change)) {
    if (value === null) after.delete(key);
    else after.set(key, value);
  }
  return boundedJson(Object.fromEntries(after), 'the metadata') as Payload;
}

/** Metadata without a label that says the node's name, which some editors add to each node that they move. */
export function labelled(name: string, { label, ...others }: Payload): Payload {
  return label === undefined || label === name ? others : { label, ...others };
}

/** Metadata as it is sent, as files may hold what the schemas refuse. */
export function sendableMetadata(metadata: Payload | undefined): Payload {
  return Object.fromEntries(
    Object.entries(metadata ?? {}).flatMap(([key, value]) => {
      const type = TYPES.get(key);
      if (type && typeof value !== type) return [];
      return [[key, type === 'number' ? whole(value as number) : value]];
    }),
  );
}

function typed(key: string, value: unknown): unknown {
  const type = TYPES.get(key);
  if (!type || value === null) return value;
  // Some editors send numbers as they read them from a file.
  const read = type === 'number' && typeof value === 'string' && value.trim() ? Number(value) : value;
  if (typeof read !== type || Number.isNaN(read)) {
    throw new Refused(`"${key}" in "metadata" must be a ${type}, not ${kind(value)}`);
  }
  return type === 'number' ? whole(read as number) : read;
}

/** Positions are whole numbers to all who read them; one that is dragged far out of sight stays within JavaScript's. */
function whole(number: number): number {
  const rounded = Math.round(Math.min(Math.max(number, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER));
  return rounded === 0 ? 0 : rounded;
}

/** What an edit makes of a graph, and what is told of it; the payloads don't name the graph yet. */
interface EditResult {
  readonly graph: Graph;
  readonly changes: readonly GraphChange[];
}

/** One change, as the graph protocol says it. Metadata in it is whole: what it doesn't have, is not there any more. */
export interface GraphChange {
  readonly command: string;
  readonly payload: Payload;
}

/** A command of the graph protocol. Throws Refused where it can't be done; the graph is as it was then. */
export type GraphEdit = (graph: Graph, payload: Payload) => EditResult;

/** A node that is named and not there; its draft may know why. */
export class Absent extends Refused {
  readonly node: string;

  constructor(node: string, sentence: string) {
    super(sentence);
    this.node = node;
  }
}

export function graphChange(command: string, payload: Payload): GraphChange {
  return { command, payload };
}

/** A node of this name. Throws Absent, with the nearest names, where there is none. */
export function present(graph: Graph, name: string): Node {
  const node = nodeOf(graph, name);
  if (node) return node;
  throw new Absent(name, `there is no node ${name}; ${hint(name, [...new Set(graph.nodes.map(({ name }) => name))])}`);
}

/** Refuses what would go beyond a limit. */
export function refuseBeyondLimit(count: number, most: number, what: string): void {
  if (count >= most) throw new Refused(`a graph has at most ${most.toLocaleString('en')} ${what}; remove some first`);
}

/** What may help whoever named something that is not there. */
export function hint(wanted: string, names: readonly string[]): string {
  const [near] = nearest(
    wanted,
    names.filter(({ length }) => length <= MAX_COMPARED_LENGTH),
    name => name,
  );
  return near === undefined ? 'it may have been removed or renamed meanwhile' : `did you mean ${near}?`;
}

/** To find how far names are apart that are longer than messages can have them, would take too long. */
const MAX_COMPARED_LENGTH = 1024;
