import type { Change } from './change.ts';
import type { Graph, Metadata, Node } from './graph.ts';

/** Where the last of some changes puts a node, if any of them does; null where it takes its place away. */
function placedBy(changes: readonly Change[], id: string): unknown {
  const places = changes.flatMap(({ command, payload }) =>
    command === 'changenode' && payload.id === id && 'x' in payload.metadata ? [payload.metadata.x] : [],
  );
  return places.at(-1);
}

/**
 * Whether a change that lets a node stay where it is seen, or no longer, comes too late: somebody has placed the node since,
 * which is not any more where the inverse of the changes would put it.
 */
function isOverdone({ name, metadata }: Node, { pinned }: Metadata, inverse: readonly Change[]): boolean {
  return pinned !== undefined && (metadata.x ?? null) !== (placedBy(inverse, name) ?? null);
}

/**
 * Changes that still matter when they are made later than they were meant: where a node is drawn that others have deleted or
 * placed meanwhile does not keep the rest of an edit from being done.
 */
export function lasting(graph: Graph, changes: readonly Change[], inverse: readonly Change[]): readonly Change[] {
  const coming = new Set(
    changes.flatMap(({ command, payload }) =>
      command === 'addnode' ? [payload.id] : command === 'renamenode' ? [payload.to] : [],
    ),
  );
  const left = changes.filter(({ command, payload }) => {
    if (command !== 'changenode' || coming.has(payload.id)) return true;
    const node = graph.nodes.get(payload.id);
    return node !== undefined && !isOverdone(node, payload.metadata, inverse);
  });
  return left.length > 0 ? left : changes;
}
