import { applyNodeChanges, type EdgeChange, type Node as FlowNode, type NodeChange } from '@xyflow/react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { inOrder } from '../model/list.ts';
import type { Fault } from '../model/status.ts';
import type { Editor } from '../net/editor.ts';
import { carry } from './carry.ts';
import { flowEdges, flowNodes } from './flow.ts';
import { useEditor, usePart } from './useEditor.ts';

const NONE: readonly Fault[] = [];

/** The node by which Tab enters the picture: the one chosen last, or the first that packets reach. */
function useStop(): string | undefined {
  const chosen = usePart(({ selection }) => [...selection.nodes].at(-1));
  const graph = usePart(state => state.scene.graph);
  const last = useRef<string>(undefined);
  const stop = [chosen, last.current].find(name => name !== undefined && graph.nodes.has(name));
  const first = useMemo(() => inOrder(graph)[0], [graph]);
  last.current = stop;
  return stop ?? first;
}

/** Nodes and wires for the canvas, and what takes over what is done to them there. */
export function useNodes(editable: boolean) {
  const editor = useEditor();
  const scene = usePart(state => state.scene);
  const selection = usePart(state => state.selection);
  const faults = usePart(({ status, glance }) => (glance ? NONE : (status?.faults ?? NONE)));
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
