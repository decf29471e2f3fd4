import {
  Background,
  ControlButton,
  Controls,
  type FinalConnectionState,
  type Node as FlowNode,
  MiniMap,
  type OnConnectStartParams,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
} from '@xyflow/react';
import { type DragEvent, type MouseEvent as ReactMouseEvent, useEffect, useMemo } from 'react';
import { portOfSlot, slotId } from '../model/card.ts';
import { dropTarget, type PortRow, type Wiring } from '../model/drop-target.ts';
import { connectEdit } from '../model/edits.ts';
import { misfit } from '../model/fits.ts';
import { mayEdit } from '../model/state.ts';
import { beyond, READABLE } from '../model/viewport.ts';
import type { Editor } from '../net/editor.ts';
import { Banners, PreviewBar, Toolbar } from './Bars.tsx';
import { Boundary } from './Boundary.tsx';
import { Button } from './Button.tsx';
import { EditorIcon } from './EditorIcon.tsx';
import { FrameCard, Groups, NodeCard } from './NodeCard.tsx';
import { OuterPortNode } from './OuterPorts.tsx';
import { useEditor, useEditorState } from './useEditor.ts';
import { useNodes } from './useNodes.ts';
import { useViewport } from './useViewport.ts';
import { WireEdge } from './WireEdge.tsx';

/** Says how many nodes are out of view, and shows all of them. */
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

/** Sets data attributes and the size of names for the style sheets, by zoom. */
function Distance() {
  // In steps, so that not every turn of the wheel restyles all cards.
  const zoom = useStore(({ transform: [, , zoom] }) => (zoom < READABLE ? Math.floor(zoom * 50) / 50 : 1));
  useEffect(() => {
    const canvas = document.querySelector<HTMLElement>('.canvas');
    canvas?.toggleAttribute('data-far', zoom < FAR);
    canvas?.toggleAttribute('data-off', zoom >= FAR && zoom < READABLE);
    canvas?.style.setProperty('--name', `${Math.max(26, NAME / zoom)}px`);
  }, [zoom]);
  return null;
}

const nodeTypes = { card: NodeCard, frame: FrameCard, outer: OuterPortNode };
const edgeTypes = { wire: WireEdge };

/** Keys that add to the selection on a click. */
const ADDING = ['Shift', 'Control', 'Meta'];

/** MIME type of a component that is dragged from the library. */
export const COMPONENT_MIME = 'application/x-flowchat-component';

/** The canvas. */
export function Canvas() {
  return (
    <main className="canvas" tabIndex={-1} aria-label="Graph">
      <ReactFlowProvider>
        <PreviewBar />
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
      if (event.dataTransfer.types.includes(COMPONENT_MIME)) event.preventDefault();
    },
    onDrop: (event: DragEvent) => {
      const component = event.dataTransfer.getData(COMPONENT_MIME);
      if (!component) return;
      event.preventDefault();
      editor.editing.add(component, flow.screenToFlowPosition({ x: event.clientX - 40, y: event.clientY - 24 }));
    },
  };
}

function Picture() {
  const editor = useEditor();
  const editable = useEditorState(mayEdit);
  const laid = useEditorState(state => state.places.size > 0 || state.graph.nodes.size === 0);
  const { nodes, ...drawn } = useNodes(editable);
  const handlers = useMemo(() => handlersOf(editor), [editor]);
  const drop = useDrop();
  const { showAll, showWhole, touch, ...moving } = useViewport();
  const empty = useEditorState(state => state.graph.nodes.size === 0);
  if (!laid || (nodes.length === 0 && !empty)) return <Toolbar />;
  return (
    <ReactFlow
      nodes={nodes}
      {...drawn}
      {...handlers}
      {...drop}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
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
        <ControlButton aria-label="Fit View" title="Show all" onClick={showWhole}>
          <EditorIcon name="fit" />
        </ControlButton>
      </Controls>
      <MiniMap pannable zoomable ariaLabel="Overview" nodeBorderRadius={12} nodeClassName={kind} />
    </ReactFlow>
  );
}

/** A hint for an empty graph. */
function Empty() {
  const editable = useEditorState(mayEdit);
  const cure = 'Drag a component from the library, or click it there. Ctrl K finds it too.';
  return <p className="empty">{editable ? cure : 'This graph is empty'}</p>;
}

const kind = ({ type }: FlowNode) => (type === 'frame' ? 'open' : '');

/** Stores where nodes were dragged to. */
function settle(editor: Editor, moved: readonly FlowNode[]): void {
  const { places } = editor.state.scene;
  const elsewhere = moved.filter(({ id, position: { x, y } }) => {
    const before = places.get(id);
    return before && (Math.round(x) !== before.x || Math.round(y) !== before.y);
  });
  if (elsewhere.length > 0) editor.editing.drag(new Map(elsewhere.map(({ id, position }) => [id, position])));
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

/** The node under the pointer, and the port row under it. */
function under(event: MouseEvent | TouchEvent): { node: string; row: PortRow | undefined } | undefined {
  const { clientX, clientY } = 'changedTouches' in event ? event.changedTouches[0]! : event;
  const element = document.elementFromPoint(clientX, clientY);
  const node = element?.closest<HTMLElement>('.react-flow__node')?.dataset.id;
  if (node === undefined) return;
  return { node, row: rowOf(element?.closest('li')?.querySelector<HTMLElement>('.react-flow__handle')) };
}

const sideOf = (type: string): PortRow['side'] => (type === 'source' ? 'outports' : 'inports');

/** Whether a wire began at this row. */
const isSlot = ({ port, outgoing }: Wiring, { id, side }: PortRow): boolean =>
  id === slotId(port) && (side === 'outports') === outgoing;

function rowOf(handle: HTMLElement | null | undefined): PortRow | undefined {
  const id = handle?.dataset.handleid;
  return handle && id ? { id, side: handle.classList.contains('source') ? 'outports' : 'inports' } : undefined;
}

/** Handlers for moving and opening nodes, and for drawing wires: from port to port, or to a card where one port fits. */
const handlersOf = (editor: Editor) => ({
  onNodeDragStop: (_: unknown, __: unknown, dragged: FlowNode[]) => settle(editor, dragged),
  onSelectionDragStop: (_: unknown, dragged: FlowNode[]) => settle(editor, dragged),
  onNodeDoubleClick: ({ target }: ReactMouseEvent, { id, type }: FlowNode) => {
    const words = (target as Element).closest('button') === null;
    // An open subgraph closes by its head only; its body is canvas.
    if (words && (type === 'card' || (target as Element).closest('.head'))) void editor.subgraphLoader.toggle(id);
  },
  isValidConnection: (ends: Ends) => {
    const { graph, components } = editor.state;
    const { from, to } = endsOf(ends);
    return misfit(graph, components, from, to) === undefined;
  },
  onConnect: (ends: Ends) => {
    const { from, to } = endsOf(ends);
    editor.editing.edit(connectEdit(from, to));
  },
  onConnectStart: (_: unknown, { nodeId, handleId, handleType }: OnConnectStartParams) => {
    const wiring = { port: portOfSlot(nodeId ?? '', handleId ?? ''), outgoing: handleType === 'source' };
    editor.update(state => ({ ...state, wiring }));
  },
  onConnectEnd: (event: MouseEvent | TouchEvent, { isValid, fromHandle, toHandle }: FinalConnectionState) => {
    const { wiring, graph, components } = editor.state;
    editor.update(state => ({ ...state, wiring: undefined }));
    const at = under(event);
    const node = at?.node ?? toHandle?.nodeId;
    if (isValid || !fromHandle || !wiring || node === undefined) return;
    // Over a card, the nearest port counts only if its row is under the pointer.
    const near = toHandle?.id ? { id: toHandle.id, side: sideOf(toHandle.type) } : undefined;
    const row = at ? at.row : near;
    // Dropped where the wire began, or beside a row of that card: cancelled.
    if (node === wiring.port.node && (!row || isSlot(wiring, row))) return;
    const { ends, sentence } = dropTarget(graph, components, wiring, node, row);
    if (ends) editor.editing.edit(connectEdit(ends.from, ends.to));
    else if (sentence) editor.notify(sentence, 'bad', 'edit');
  },
});
