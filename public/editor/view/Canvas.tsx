import {
  Background,
  ControlButton,
  Controls,
  type FinalConnectionState,
  type Edge as FlowEdge,
  type Node as FlowNode,
  MiniMap,
  type OnConnectStartParams,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
} from '@xyflow/react';
import { type DragEvent, type MouseEvent as ReactMouseEvent, useEffect, useMemo } from 'react';
import type { PortRef } from '../../../src/model/graph.ts';
import { FIRST_PORT, portOfSlot, slotId, WIDTH } from '../model/card.ts';
import { dropTarget, type PortRow, type Wiring, wiringFault } from '../model/drop-target.ts';
import { connectEdit } from '../model/edits.ts';
import { misfit } from '../model/fits.ts';
import type { EditorGraph } from '../model/graph.ts';
import { isLoose, type LineEnd, lineAt } from '../model/splices.ts';
import { mayEdit } from '../model/state.ts';
import { beyond, LEAST_ZOOM, READABLE } from '../model/viewport.ts';
import type { Editor } from '../net/editor.ts';
import { Banners, DragBar, PreviewBar, Toolbar } from './Bars.tsx';
import { Boundary } from './Boundary.tsx';
import { Button } from './Button.tsx';
import { EditorIcon } from './EditorIcon.tsx';
import { FrameCard, Groups, NodeCard } from './NodeCard.tsx';
import { OuterPortNode } from './OuterPorts.tsx';
import { useEditor, useEditorState } from './useEditor.ts';
import { useNodes } from './useNodes.ts';
import { useViewport } from './useViewport.ts';
import { linesUnder, WireEdge } from './WireEdge.tsx';

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
/** In canvas pixels: larger ones do not fit on a card. */
const NAME_LARGEST = 60;

/** Sets data attributes and the size of names for the style sheets, by zoom. */
function Distance() {
  // In steps, so that not every turn of the wheel restyles all cards.
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

/** MIME type of a component that is dragged from the library. */
export const COMPONENT_MIME = 'application/x-flowchat-component';

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

function useDrop() {
  const editor = useEditor();
  const flow = useReactFlow();
  const at = ({ clientX, clientY }: DragEvent) => flow.screenToFlowPosition({ x: clientX, y: clientY });
  return {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes(COMPONENT_MIME)) return;
      event.preventDefault();
      const { carried } = editor.state;
      if (carried) aim(editor, linesUnder(event), carried);
    },
    onDragLeave: (event: DragEvent) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) aim(editor, [], '');
    },
    onDrop: (event: DragEvent) => {
      const component = event.dataTransfer.getData(COMPONENT_MIME);
      if (!component) return;
      event.preventDefault();
      const aimed = editor.splicing.target(linesUnder(event), component);
      aim(editor, [], '');
      if (aimed && !aimed.fault && editor.splicing.add(aimed.line, component, at(event))) return;
      const { x, y } = at(event);
      editor.editing.add(component, { x: x - 40, y: y - 24 });
      if (aimed?.fault) editor.notify(aimed.fault, 'bad', 'edit');
    },
  };
}

/** Shows into which of some lines what is dragged would be put, and whether it fits there. */
function aim(editor: Editor, lines: readonly string[], component: string): void {
  const aimed = editor.splicing.target(lines, component);
  if (editor.state.splicing?.line !== aimed?.line) editor.update(state => ({ ...state, splicing: aimed }));
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

/** With so many nodes the layout takes long enough to be noticed. */
const LONG = 40;

/** Says that the layout takes a while. */
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

/** The lines under a node that is dragged alone and has no wires: under the pointer, or under the middle of its card. */
function linesUnderNode({ state }: Editor, event: MouseEvent | TouchEvent, dragged: readonly FlowNode[]) {
  const [only, ...more] = dragged;
  if (!only || more.length > 0 || !isLoose(state.graph, only.id)) return [];
  const card = document.querySelector(`.react-flow__node[data-id="${CSS.escape(only.id)}"]`)?.getBoundingClientRect();
  const middle = card && { clientX: card.x + card.width / 2, clientY: card.y + card.height / 2 };
  const near = linesUnder(pointOf(event), only.id);
  return near.length > 0 || !middle ? near : linesUnder(middle, only.id);
}

/** Stores where nodes were dragged to, or puts one into the line that it was dropped on. */
function settle(editor: Editor, moved: readonly FlowNode[]): void {
  const { graph, splicing } = editor.state;
  const { places } = editor.state.scene;
  const [only] = moved;
  aim(editor, [], '');
  if (splicing && only && isLoose(graph, only.id)) {
    const { x, y } = only.position;
    const pointer = { x: x + WIDTH / 2, y: y + FIRST_PORT };
    if (editor.splicing.put(splicing.line, only.id, pointer)) return;
  }
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

/** Both ends of a wire that is being drawn; it has been accepted by the nearest handle, or not. */
const endsOf = ({ source, target, sourceHandle, targetHandle }: Ends) => ({
  from: portOfSlot(source, sourceHandle ?? ''),
  to: portOfSlot(target, targetHandle ?? ''),
});

const pointOf = (event: MouseEvent | TouchEvent) => ('changedTouches' in event ? event.changedTouches[0]! : event);

/** The node under the pointer, and the port row under it. */
function under(event: MouseEvent | TouchEvent): { node: string; row: PortRow | undefined } | undefined {
  const { clientX, clientY } = pointOf(event);
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

/** The wire that begins at a handle; one that begins at an outer port of the graph moves that. */
function wiringAt(graph: EditorGraph, port: PortRef, outgoing: boolean): Wiring {
  const isOuter = lineAt(graph, port.node) !== undefined;
  return { port, outgoing, ...(isOuter && { moved: { line: port.node, end: outgoing ? 'to' : 'from' } }) };
}

/** The end of a wire that is dragged, where the other end stays. */
const movedEndOf = (staying: 'source' | 'target'): LineEnd => (staying === 'source' ? 'to' : 'from');

/** Connects what is being drawn to a port. */
function connect({ editing, splicing, state }: Editor, { port, outgoing, moved }: Wiring, to: PortRef): void {
  if (moved) splicing.moveEnd(moved.line, moved.end, to);
  else if (lineAt(state.graph, to.node)) splicing.moveEnd(to.node, outgoing ? 'from' : 'to', port);
  else editing.edit(outgoing ? connectEdit(port, to) : connectEdit(to, port));
}

/** Ends a wire that is being drawn: at the port of the row, at the outer port, or where the wire under it leads. */
function land(editor: Editor, wiring: Wiring, event: MouseEvent | TouchEvent, near: FinalConnectionState): void {
  const { graph, components } = editor.state;
  const at = under(event);
  const node = at?.node ?? near.toHandle?.nodeId;
  if (node === undefined) {
    const [line] = linesUnder(pointOf(event));
    const port = line === wiring.moved?.line ? undefined : farEnd(graph, line, wiring.outgoing);
    if (!port) return;
    const fault = wiringFault(graph, components, wiring, port);
    if (fault) editor.notify(fault, 'bad', 'edit');
    else connect(editor, wiring, port);
    return;
  }
  if (lineAt(graph, node)) {
    if (!wiring.moved) connect(editor, wiring, { node, port: '' });
    return;
  }
  // Over a card, the nearest port counts only if its row is under the pointer.
  const { toHandle } = near;
  const row = at ? at.row : toHandle?.id ? { id: toHandle.id, side: sideOf(toHandle.type) } : undefined;
  // Dropped where the wire began, or beside a row of that card: cancelled.
  if (node === wiring.port.node && (!row || isSlot(wiring, row))) return;
  const { port, sentence } = dropTarget(graph, components, wiring, node, row);
  if (port) connect(editor, wiring, port);
  else if (sentence) editor.notify(sentence, 'bad', 'edit');
}

/** The port that a wire under the pointer leads to, or comes from. */
function farEnd(graph: EditorGraph, line: string | undefined, outgoing: boolean): PortRef | undefined {
  const edge = line === undefined ? undefined : graph.edges.get(line);
  return outgoing ? edge?.to : edge?.from;
}

/**
 * Handlers for moving and opening nodes, and for drawing wires and moving their ends: from port to port, or to a card where
 * one port fits.
 */
const handlersOf = (editor: Editor) => ({
  onNodeDrag: (event: ReactMouseEvent | MouseEvent | TouchEvent, _: unknown, dragged: FlowNode[]) => {
    const component = editor.state.graph.nodes.get(dragged[0]?.id ?? '')?.component ?? '';
    aim(editor, linesUnderNode(editor, 'nativeEvent' in event ? event.nativeEvent : event, dragged), component);
  },
  onNodeDragStop: (_: unknown, __: unknown, dragged: FlowNode[]) => settle(editor, dragged),
  onSelectionDragStop: (_: unknown, dragged: FlowNode[]) => settle(editor, dragged),
  onNodeDoubleClick: ({ target }: ReactMouseEvent, { id, type }: FlowNode) => {
    const words = (target as Element).closest('button') === null;
    // An open subgraph closes by its head only; its body is canvas.
    if (words && (type === 'card' || (target as Element).closest('.head'))) void editor.subgraphLoader.toggle(id);
  },
  isValidConnection: (ends: Ends) => {
    const { graph, components, wiring } = editor.state;
    const { from, to } = endsOf(ends);
    if (lineAt(graph, from.node) || lineAt(graph, to.node)) return !wiring?.moved || wiring.moved.line === from.node;
    if (!wiring) return misfit(graph, components, from, to) === undefined;
    return wiringFault(graph, components, wiring, wiring.outgoing ? to : from) === undefined;
  },
  // Of two ports that are clicked; what is drawn lands in onConnectEnd.
  onConnect: (ends: Ends) => {
    const { graph, wiring } = editor.state;
    const { from, to } = endsOf(ends);
    if (!wiring) connect(editor, wiringAt(graph, from, true), to);
  },
  onConnectStart: (_: unknown, { nodeId, handleId, handleType }: OnConnectStartParams) => {
    const drawn = wiringAt(editor.state.graph, portOfSlot(nodeId ?? '', handleId ?? ''), handleType === 'source');
    editor.update(state => ({
      ...state,
      wiring: { ...drawn, ...(state.wiring?.moved && { moved: state.wiring.moved }) },
    }));
  },
  // Before onConnectStart; the handle that it is told is the one that stays.
  onReconnectStart: (_: unknown, { id }: FlowEdge, staying: 'source' | 'target') => {
    const port = { node: '', port: '' };
    const moved = { line: id, end: movedEndOf(staying) };
    editor.update(state => ({ ...state, wiring: { port, outgoing: staying === 'source', moved } }));
  },
  onReconnect: () => {},
  onConnectEnd: (event: MouseEvent | TouchEvent, end: FinalConnectionState) => {
    const { wiring } = editor.state;
    editor.update(state => ({ ...state, wiring: undefined }));
    if (wiring && end.fromHandle) land(editor, wiring, event, end);
  },
});
