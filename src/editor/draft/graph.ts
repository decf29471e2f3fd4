import { called } from '../../check/survey.ts';
import { excerpt } from '../../fbp/place.ts';
import type { Edge, End, Graph, Initial, Node } from '../../fbp.ts';
import type { Payload } from '../protocol/message.ts';

export type Side = 'inports' | 'outports';
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
  return `${called(from)} -> ${portOf(to)} ${to.node}`;
}

/** `IN[1]`. */
export function portOf({ port, index }: Pick<Site, 'port' | 'index'>): string {
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
export function edgeKey({ from, to }: Edge): string {
  return keyOf(from) + keyOf(to);
}

/** Initial packets by where they go, in the order in which they arrive there. */
export function settings({ initials }: Graph): Map<string, readonly Initial[]> {
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
