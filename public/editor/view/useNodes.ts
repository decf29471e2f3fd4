import {
  applyNodeChanges,
  type EdgeChange,
  type Node as FlowNode,
  type NodeChange,
  type NodePositionChange,
} from '@xyflow/react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { inOrder } from '../model/outline.ts';
import type { LocatedFault } from '../model/status.ts';
import type { Editor } from '../net/editor.ts';
import { flowEdges, flowNodes } from './flow.ts';
import { useEditor, useEditorState } from './useEditor.ts';

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
function carry(changes: readonly NodeChange[], nodes: readonly FlowNode[]): boolean {
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

const NONE: readonly LocatedFault[] = [];

/** The node by which Tab enters the picture: the one chosen last, or the first that packets reach. */
function useStop(): string | undefined {
  const chosen = useEditorState(({ selection }) => [...selection.nodes].at(-1));
  const graph = useEditorState(state => state.scene.graph);
  const last = useRef<string>(undefined);
  const stop = [chosen, last.current].find(name => name !== undefined && graph.nodes.has(name));
  const first = useMemo(() => inOrder(graph)[0], [graph]);
  last.current = stop;
  return stop ?? first;
}

/** Nodes and wires for the canvas, and what takes over what is done to them there. */
export function useNodes(editable: boolean) {
  const editor = useEditor();
  const scene = useEditorState(state => state.scene);
  const selection = useEditorState(state => state.selection);
  const faults = useEditorState(({ status, preview }) => (preview ? NONE : (status?.faults ?? NONE)));
  const stop = useStop();
  const [nodes, setNodes] = useState<FlowNode[]>([]);
  const shown = useRef(nodes);
  useEffect(() => {
    shown.current = nodes;
  }, [nodes]);
  useEffect(() => {
    setNodes(before => flowNodes(before, { scene, selection }, { faults, stop }, editable));
  }, [scene, selection, faults, stop, editable]);
  const edges = useMemo(() => flowEdges({ scene, selection }), [scene, selection]);
  const onNodesChange = useCallback(
    (changes: NodeChange[]) => {
      select(editor, 'nodes', changes);
      const drawn = changes.filter(({ type }) => type === 'position' || type === 'dimensions');
      if (drawn.length > 0 && !carry(drawn, shown.current)) setNodes(before => applyNodeChanges(drawn, before));
    },
    [editor],
  );
  const onEdgesChange = useCallback((changes: EdgeChange[]) => select(editor, 'edges', changes), [editor]);
  return { nodes, edges, onNodesChange, onEdgesChange };
}

/** Takes over what was selected on the picture. */
function select(editor: Editor, kind: 'nodes' | 'edges', changes: readonly (NodeChange | EdgeChange)[]): void {
  const chosen = changes.filter(change => change.type === 'select');
  if (chosen.length === 0) return;
  const { selection } = editor.state;
  const keys = new Set(selection[kind]);
  for (const { id, selected } of chosen) selected ? keys.add(id) : keys.delete(id);
  editor.select({ ...selection, [kind]: keys });
}
