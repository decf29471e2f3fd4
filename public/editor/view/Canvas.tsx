import {
  applyNodeChanges,
  Background,
  Controls,
  type EdgeChange,
  type FinalConnectionState,
  type Node as FlowNode,
  MiniMap,
  type NodeChange,
  type OnConnectStartParams,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from '@xyflow/react';
import { type DragEvent, type MouseEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { portOfSlot } from '../model/card.ts';
import { connect } from '../model/edits.ts';
import { misfit } from '../model/fits.ts';
import { mayEdit } from '../model/state.ts';
import type { Editor } from '../net/editor.ts';
import { carry } from './carry.ts';
import { Distance } from './Distance.tsx';
import { FrameCard } from './FrameCard.tsx';
import { flowEdges, flowNodes } from './flow.ts';
import { GlanceBar } from './GlanceBar.tsx';
import { Groups } from './Groups.tsx';
import { NodeCard } from './NodeCard.tsx';
import { OuterPort } from './OuterPort.tsx';
import { Toolbar } from './Toolbar.tsx';
import { useEditor, usePart } from './useEditor.ts';
import { useSight } from './useSight.ts';
import { Wire } from './Wire.tsx';

const nodeTypes = { card: NodeCard, frame: FrameCard, outer: OuterPort };
const edgeTypes = { wire: Wire };

/** What is dragged out of the library. */
export const COMPONENT = 'application/x-flowchat-component';

/** The graph as a picture. */
export function Canvas() {
  return (
    <main className="canvas" aria-label="Graph">
      <ReactFlowProvider>
        <GlanceBar />
        <Picture />
      </ReactFlowProvider>
    </main>
  );
}

interface Ends {
  readonly source: string;
  readonly target: string;
  readonly sourceHandle?: string | null;
  readonly targetHandle?: string | null;
}

/** Both ends of a wire that is being drawn. */
const endsOf = ({ source, target, sourceHandle, targetHandle }: Ends) => ({
  from: portOfSlot(source, sourceHandle ?? ''),
  to: portOfSlot(target, targetHandle ?? ''),
});

function useNodes(editable: boolean) {
  const editor = useEditor();
  const scene = usePart(state => state.scene);
  const selection = usePart(state => state.selection);
  const [nodes, setNodes] = useState<FlowNode[]>([]);
  const shown = useRef(nodes);
  useEffect(() => {
    shown.current = nodes;
  }, [nodes]);
  useEffect(() => {
    setNodes(before => flowNodes(before, { scene, selection }, editable));
  }, [scene, selection, editable]);
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

function useWiring() {
  const editor = useEditor();
  const reason = useCallback(
    (ends: Ends) => {
      const { graph, components } = editor.state;
      const { from, to } = endsOf(ends);
      return misfit(graph, components, from, to);
    },
    [editor],
  );
  return {
    isValidConnection: useCallback((ends: Ends) => reason(ends) === undefined, [reason]),
    onConnect: useCallback(
      (ends: Ends) => {
        const { from, to } = endsOf(ends);
        editor.desk.edit(connect(from, to));
      },
      [editor],
    ),
    onConnectStart: useCallback(
      (_: unknown, { nodeId, handleId, handleType }: OnConnectStartParams) => {
        const wiring = { port: portOfSlot(nodeId ?? '', handleId ?? ''), outgoing: handleType === 'source' };
        editor.update(state => ({ ...state, wiring }));
      },
      [editor],
    ),
    onConnectEnd: useCallback(
      (_: unknown, { isValid, fromHandle, toHandle }: FinalConnectionState) => {
        editor.update(state => ({ ...state, wiring: undefined }));
        if (isValid !== false || !fromHandle || !toHandle || fromHandle.type === toHandle.type) return;
        const [out, into] = fromHandle.type === 'source' ? [fromHandle, toHandle] : [toHandle, fromHandle];
        const ends = {
          source: out.nodeId,
          sourceHandle: out.id ?? '',
          target: into.nodeId,
          targetHandle: into.id ?? '',
        };
        const sentence = reason(ends);
        if (sentence) editor.notify(sentence, 'bad');
      },
      [editor, reason],
    ),
  };
}

function useDrop() {
  const editor = useEditor();
  const flow = useReactFlow();
  return {
    onDragOver: (event: DragEvent) => {
      if (event.dataTransfer.types.includes(COMPONENT)) event.preventDefault();
    },
    onDrop: (event: DragEvent) => {
      const component = event.dataTransfer.getData(COMPONENT);
      if (!component) return;
      event.preventDefault();
      editor.desk.add(component, flow.screenToFlowPosition({ x: event.clientX - 40, y: event.clientY - 24 }));
    },
  };
}

function Picture() {
  const editor = useEditor();
  const editable = usePart(mayEdit);
  const laid = usePart(state => state.places.size > 0 || state.graph.nodes.size === 0);
  const { nodes, ...drawn } = useNodes(editable);
  const wiring = useWiring();
  const drop = useDrop();
  const { showAll, touch, ...moving } = useSight();
  const dropped = useCallback((_: unknown, __: unknown, dragged: FlowNode[]) => settle(editor, dragged), [editor]);
  const settled = useCallback((_: unknown, dragged: FlowNode[]) => settle(editor, dragged), [editor]);
  const onDoubleClick = useCallback(
    ({ target }: MouseEvent, { id, type }: FlowNode) => {
      const words = (target as Element).closest('button') === null;
      // An open one is closed at its upper edge; what is below it is ground.
      if (words && (type === 'card' || (target as Element).closest('.head'))) void editor.insides.toggle(id);
    },
    [editor],
  );
  if (!laid || nodes.length === 0) return <Toolbar />;
  return (
    <ReactFlow
      nodes={nodes}
      {...drawn}
      {...wiring}
      {...drop}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      onNodeDragStop={dropped}
      onSelectionDragStop={settled}
      onNodeDoubleClick={onDoubleClick}
      nodesConnectable={editable}
      edgesFocusable={false}
      deleteKeyCode={null}
      disableKeyboardA11y
      zoomOnDoubleClick={false}
      connectionRadius={28}
      nodeDragThreshold={3}
      selectNodesOnDrag={false}
      minZoom={0.15}
      maxZoom={2}
      onInit={showAll}
      {...moving}
    >
      <Background gap={24} size={1.5} />
      <Distance />
      <Groups nodes={nodes} />
      <Toolbar />
      <Controls showInteractive={false} onZoomIn={touch} onZoomOut={touch} onFitView={showAll} />
      <MiniMap pannable zoomable ariaLabel="Overview" nodeBorderRadius={12} nodeClassName={kind} />
    </ReactFlow>
  );
}

const kind = ({ type }: FlowNode) => (type === 'frame' ? 'open' : '');

/** Keeps where nodes were dragged to. */
function settle(editor: Editor, moved: readonly FlowNode[]): void {
  const { places } = editor.state.scene;
  const elsewhere = moved.filter(({ id, position: { x, y } }) => {
    const before = places.get(id);
    return before && (Math.round(x) !== before.x || Math.round(y) !== before.y);
  });
  if (elsewhere.length > 0) editor.desk.drag(new Map(elsewhere.map(({ id, position }) => [id, position])));
}
