import {
  Background,
  ControlButton,
  Controls,
  type Node as FlowNode,
  MiniMap,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from '@xyflow/react';
import { type DragEvent, type MouseEvent, useCallback } from 'react';
import { mayEdit } from '../model/state.ts';
import type { Editor } from '../net/editor.ts';
import { Banners } from './Banners.tsx';
import { Beyond } from './Beyond.tsx';
import { Boundary } from './Boundary.tsx';
import { Distance } from './Distance.tsx';
import { FrameCard } from './FrameCard.tsx';
import { GlanceBar } from './GlanceBar.tsx';
import { Groups } from './Groups.tsx';
import { Icon } from './Icon.tsx';
import { NodeCard } from './NodeCard.tsx';
import { OuterPort } from './OuterPort.tsx';
import { Toolbar } from './Toolbar.tsx';
import { useEditor, usePart } from './useEditor.ts';
import { useNodes } from './useNodes.ts';
import { useSight } from './useSight.ts';
import { useWiring } from './useWiring.ts';
import { Wire } from './Wire.tsx';

const nodeTypes = { card: NodeCard, frame: FrameCard, outer: OuterPort };
const edgeTypes = { wire: Wire };

/** With one of these held, a click adds to what is chosen. */
const ADDING = ['Shift', 'Control', 'Meta'];

/** What is dragged out of the library. */
export const COMPONENT = 'application/x-flowchat-component';

/** The graph as a picture. */
export function Canvas() {
  return (
    <main className="canvas" tabIndex={-1} aria-label="Graph">
      <ReactFlowProvider>
        <GlanceBar />
        <Boundary what="The picture">
          <Picture />
        </Boundary>
      </ReactFlowProvider>
      <Banners />
    </main>
  );
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
      editor.editing.add(component, flow.screenToFlowPosition({ x: event.clientX - 40, y: event.clientY - 24 }));
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
  const { showAll, showWhole, touch, ...moving } = useSight();
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
  const empty = usePart(state => state.graph.nodes.size === 0);
  if (!laid || (nodes.length === 0 && !empty)) return <Toolbar />;
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
      panActivationKeyCode={null}
      disableKeyboardA11y
      zoomOnDoubleClick={false}
      connectionRadius={28}
      nodeDragThreshold={3}
      selectNodesOnDrag={false}
      multiSelectionKeyCode={ADDING}
      minZoom={0.15}
      maxZoom={2}
      onInit={showAll}
      {...moving}
    >
      <Background gap={24} size={1.5} />
      <Distance />
      <Groups nodes={nodes} />
      {empty && <Empty />}
      <Toolbar />
      <Beyond showWhole={showWhole} />
      <Controls showInteractive={false} showFitView={false} onZoomIn={touch} onZoomOut={touch}>
        <ControlButton aria-label="Fit View" title="Show all of it" onClick={showWhole}>
          <Icon name="fit" />
        </ControlButton>
      </Controls>
      <MiniMap pannable zoomable ariaLabel="Overview" nodeBorderRadius={12} nodeClassName={kind} />
    </ReactFlow>
  );
}

/** What one can do where nothing is yet. */
function Empty() {
  const editable = usePart(mayEdit);
  const cure = 'Drag a component out of the library, or click or tap it there; Ctrl K finds it too';
  return <p className="empty">{editable ? cure : 'There is nothing in this graph'}</p>;
}

const kind = ({ type }: FlowNode) => (type === 'frame' ? 'open' : '');

/** Keeps where nodes were dragged to. */
function settle(editor: Editor, moved: readonly FlowNode[]): void {
  const { places } = editor.state.scene;
  const elsewhere = moved.filter(({ id, position: { x, y } }) => {
    const before = places.get(id);
    return before && (Math.round(x) !== before.x || Math.round(y) !== before.y);
  });
  if (elsewhere.length > 0) editor.editing.drag(new Map(elsewhere.map(({ id, position }) => [id, position])));
}
