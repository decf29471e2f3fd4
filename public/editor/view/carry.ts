import type { Node as FlowNode, NodeChange, NodePositionChange } from '@xyflow/react';

/** From so many nodes on, each of them drawn anew in every frame is too much. */
const MANY = 24;

const sheet = new CSSStyleSheet();
/** What moves: each thing that is carried, or the layers that all of them are on. */
const MOVED = '.canvas[data-carrying="some"] .carried, .canvas[data-carrying="all"] .react-flow__viewport > *';
const rule = sheet.cssRules[sheet.insertRule(`:is(${MOVED}) {}`)] as CSSStyleRule;
document.adoptedStyleSheets.push(sheet);

/**
 * While many nodes are dragged, moves all that is marked as carried by one style. Says whether it does: then the nodes
 * themselves need not move until they are dropped.
 */
export function carry(changes: readonly NodeChange[], nodes: readonly FlowNode[]): boolean {
  const moves = changes.filter((change): change is NodePositionChange => change.type === 'position');
  if (moves.length === 0) return false;
  const distance = moves.length >= MANY ? dragged(moves[0]!, nodes) : undefined;
  const canvas = document.querySelector<HTMLElement>('.canvas');
  if (canvas && distance) canvas.dataset.carrying = isAll(moves, nodes) ? 'all' : 'some';
  else delete canvas?.dataset.carrying;
  rule.style.translate = distance ? `${distance.x}px ${distance.y}px` : '';
  return distance !== undefined;
}

/** Whether nothing on the picture stays where it is. */
function isAll(moves: readonly NodePositionChange[], nodes: readonly FlowNode[]): boolean {
  return moves.length === nodes.filter(({ draggable }) => draggable).length;
}

/** How far a node is from where it was; nothing once it is dropped. */
function dragged({ id, dragging, position: to }: NodePositionChange, nodes: readonly FlowNode[]) {
  const from = nodes.find(node => node.id === id)?.position;
  return dragging && from && to ? { x: to.x - from.x, y: to.y - from.y } : undefined;
}
