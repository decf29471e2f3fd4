import {
  Background,
  ControlButton,
  Controls,
  type Node as FlowNode,
  MiniMap,
  ReactFlow,
  ReactFlowProvider,
  useStore,
} from '@xyflow/react';
import { type MouseEvent as ReactMouseEvent, useEffect, useMemo } from 'react';
import { mayEdit } from '../model/state.ts';
import { beyond, LEAST_ZOOM, READABLE } from '../model/viewport.ts';
import type { Editor } from '../net/editor.ts';
import { Banners, DragBar, PreviewBar, Toolbar } from './Bars.tsx';
import { Boundary } from './Boundary.tsx';
import { Button } from './Button.tsx';
import { aim, linesUnderNode, settle, useDrop } from './dropping.ts';
import { EditorIcon } from './EditorIcon.tsx';
import { FrameCard, Groups, NodeCard } from './NodeCard.tsx';
import { OuterPortNode } from './OuterPorts.tsx';
import { useEditor, useEditorState } from './useEditor.ts';
import { useNodes } from './useNodes.ts';
import { useViewport } from './useViewport.ts';
import { WireEdge } from './WireEdge.tsx';
import { wiringHandlers } from './wiring.ts';

/** Shows how many nodes are out of view, and a button to show all. */
function Beyond({ showWhole }: { showWhole: () => void }) {
  const { places, cards } = useEditorState(state => state.scene);
  const count = useStore(({ transform: [x, y, zoom], width, height }) =>
    beyond(places, cards, { x: 0, y: 0, width, height }, { x, y, zoom }),
  );
  if (count === 0) return null;
  return (
    <p className="beyond">
      <span>{count === 1 ? '1 more node is' : `${count} more nodes are`} out of view</span>
      <Button className="plain" onClick={showWhole}>
        Show all
      </Button>
    </p>
  );
}

/** Below this zoom, ports are too small to be used, so they are not painted. */
const FAR = 0.3;
/** Least height of node names, in window pixels. */
const NAME = 11;
/** In canvas pixels: larger ones do not fit on a card. */
const NAME_LARGEST = 60;

/** Sets data attributes and the size of names for the style sheets, by zoom. */
function Distance() {
  // In steps, so that not every wheel event restyles all cards.
  const zoom = useStore(({ transform: [, , zoom] }) => (zoom < READABLE ? Math.floor(zoom * 50) / 50 : 1));
  useEffect(() => {
    const canvas = document.querySelector<HTMLElement>('.canvas');
    canvas?.toggleAttribute('data-far', zoom < FAR);
    canvas?.toggleAttribute('data-off', zoom >= FAR && zoom < READABLE);
    canvas?.style.setProperty('--name', `${Math.min(Math.max(26, NAME / zoom), NAME_LARGEST)}px`);
  }, [zoom]);
  return null;
}

const nodeTypes = { card: NodeCard, frame: FrameCard, outer: OuterPortNode };
const edgeTypes = { wire: WireEdge };

/** Keys that add to the selection on a click. */
const ADDING = ['Shift', 'Control', 'Meta'];

/** The canvas. */
export function Canvas() {
  return (
    <main className="canvas" tabIndex={-1} aria-label="Graph">
      <ReactFlowProvider>
        <PreviewBar />
        <DragBar />
        <Boundary what="The picture">
          <Picture />
        </Boundary>
      </ReactFlowProvider>
      <Banners />
    </main>
  );
}

function Picture() {
  const editor = useEditor();
  const editable = useEditorState(mayEdit);
  const laid = useEditorState(state => state.places.size > 0 || state.graph.nodes.size === 0);
  const { nodes, ...drawn } = useNodes();
  const handlers = useMemo(() => handlersOf(editor), [editor]);
  const drop = useDrop();
  const { showAll, showWhole, touch, ...moving } = useViewport();
  const empty = useEditorState(state => state.graph.nodes.size === 0);
  if (!laid) return <LayingOut />;
  if (nodes.length === 0 && !empty) return <Toolbar />;
  return (
    <ReactFlow
      nodes={nodes}
      {...drawn}
      {...handlers}
      {...drop}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      nodesConnectable={editable}
      edgesReconnectable={editable}
      reconnectRadius={7}
      edgesFocusable={false}
      deleteKeyCode={null}
      panActivationKeyCode={null}
      disableKeyboardA11y
      zoomOnDoubleClick={false}
      connectionRadius={28}
      nodeDragThreshold={3}
      selectNodesOnDrag={false}
      multiSelectionKeyCode={ADDING}
      minZoom={LEAST_ZOOM}
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
        <ControlButton aria-label="Fit View" title="Show all" onClick={showWhole}>
          <EditorIcon name="fit" />
        </ControlButton>
      </Controls>
      <MiniMap pannable zoomable ariaLabel="Overview" nodeBorderRadius={12} nodeClassName={kind} />
    </ReactFlow>
  );
}

/** With this many nodes the layout takes noticeably long. */
const LONG = 40;

/** Shown while the layout is computed. */
function LayingOut() {
  const count = useEditorState(state => state.graph.nodes.size);
  return (
    <>
      <Toolbar />
      {count > LONG && (
        <p className="empty" role="status">
          Laying out {count} nodes
        </p>
      )}
    </>
  );
}

/** A hint for an empty graph. */
function Empty() {
  const editable = useEditorState(mayEdit);
  const cure = 'Drag a component from the library, or click it there. Ctrl K finds it too.';
  return <p className="empty">{editable ? cure : 'This graph is empty'}</p>;
}

const kind = ({ type }: FlowNode) => (type === 'frame' ? 'open' : '');

/** Handlers for moving and opening nodes, and for wires. */
const handlersOf = (editor: Editor) => ({
  ...wiringHandlers(editor),
  onNodeDrag: (event: ReactMouseEvent | MouseEvent | TouchEvent, _: unknown, dragged: FlowNode[]) => {
    const component = editor.state.scene.graph.nodes.get(dragged[0]?.id ?? '')?.component ?? '';
    const lines = linesUnderNode(editor, 'nativeEvent' in event ? event.nativeEvent : event, dragged);
    aim(editor, lines, { component });
  },
  onNodeDragStop: (_: unknown, __: unknown, dragged: FlowNode[]) => settle(editor, dragged),
  onSelectionDragStop: (_: unknown, dragged: FlowNode[]) => settle(editor, dragged),
  onNodeDoubleClick: ({ target }: ReactMouseEvent, { id, type }: FlowNode) => {
    const words = (target as Element).closest('button') === null;
    // An open subgraph is closed by its head only; its body is canvas.
    if (words && (type === 'card' || (target as Element).closest('.head'))) void editor.subgraphLoader.toggle(id);
  },
});
