import type { Change } from './change.ts';
import type { Graph, Metadata, Node } from './graph.ts';

/** Whether somebody has placed a node by hand since it was only to stay where it was seen, or to stay there no longer. */
function isOverdone(node: Node, { x, pinned }: Metadata): boolean {
  if (pinned === true) return 'x' in node.metadata;
  return pinned === null && x === null && node.metadata.pinned !== true;
}

/**
 * Changes that still matter when they are made later than they were meant: where a node is drawn that others have deleted or
 * placed meanwhile does not keep the rest of an edit from being done.
 */
export function lasting(graph: Graph, changes: readonly Change[]): readonly Change[] {
  const coming = new Set(
    changes.flatMap(({ command, payload }) =>
      command === 'addnode' ? [payload.id] : command === 'renamenode' ? [payload.to] : [],
    ),
  );
  const left = changes.filter(({ command, payload }) => {
    if (command !== 'changenode' || coming.has(payload.id)) return true;
    const node = graph.nodes.get(payload.id);
    return node !== undefined && !isOverdone(node, payload.metadata);
  });
  return left.length > 0 ? left : changes;
}
