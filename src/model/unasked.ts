/** Begins the id of what a node of the graph does by itself: nobody waits for the answer. */
const UNASKED = 'unasked';

/** An id for what a node does by itself. */
export const unaskedId = (node: string): string => `${UNASKED}:${crypto.randomUUID()}:${node}`;

/** The node that did something by itself, by the id of it; undefined if the id is a question's, or none. */
export function unaskedBy(id: unknown): string | undefined {
  const [, node] = (typeof id === 'string' && /^unasked:[\w-]+:(.*)$/s.exec(id)) || [];
  return node;
}
