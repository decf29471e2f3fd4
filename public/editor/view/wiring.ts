import type { FinalConnectionState, Edge as FlowEdge, OnConnectStartParams } from '@xyflow/react';
import type { PortRef } from '../../../src/model/graph.ts';
import { portOfSlot, slotId } from '../model/card.ts';
import { dropTarget, frameFault, type PortRow, type Wiring, wiringFault } from '../model/drop-target.ts';
import { connectEdit } from '../model/edits.ts';
import { connectionFault } from '../model/fits.ts';
import type { EditorGraph } from '../model/graph.ts';
import { canvasLine, frameAround, lineOn, nameIn } from '../model/level.ts';
import { type Line, type LineEnd, lineAt } from '../model/splices.ts';
import { type EditorState, graphAt } from '../model/state.ts';
import type { Editor } from '../net/editor.ts';
import { pointOf } from './dropping.ts';
import { innerSlot, slotInside } from './useNodes.ts';
import { linesUnder } from './WireEdge.tsx';

interface Ends {
  readonly source: string;
  readonly target: string;
  readonly sourceHandle?: string | null;
  readonly targetHandle?: string | null;
}

/** A handle on the canvas: a node's port, or an outer port of its graph, with its line's id as port. */
type CanvasEnd = Pick<Wiring, 'frame' | 'port'>;

function endAt(state: EditorState, node: string, handle: string): CanvasEnd {
  const inner = slotInside(handle);
  if (inner === undefined) {
    const frame = frameAround(state, node);
    return { frame, port: portOfSlot(nameIn(frame, node), handle) };
  }
  const line = state.scene.frames.get(node)?.lines.find(each => each.slot === inner);
  return { frame: node, port: { node: (line && lineOn(state, line.id)?.id) ?? '', port: '' } };
}

/** Both ends of a wire being drawn, whether or not the nearest handle accepts it. */
const endsOf = (state: EditorState, { source, target, sourceHandle, targetHandle }: Ends) => ({
  from: endAt(state, source, sourceHandle ?? ''),
  to: endAt(state, target, targetHandle ?? ''),
});

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

/** The wire that begins at a handle; at an outer port of its graph, moves that. */
function wiringAt(state: EditorState, { frame, port }: CanvasEnd, outgoing: boolean): Wiring {
  const isOuter = lineAt(graphAt(state, frame), port.node) !== undefined;
  return { frame, port, outgoing, ...(isOuter && { moved: { line: port.node, end: outgoing ? 'to' : 'from' } }) };
}

/** The dragged end of a wire whose other end stays. */
const movedEndOf = (staying: 'source' | 'target'): LineEnd => (staying === 'source' ? 'to' : 'from');

/** Connects the wire being drawn to a port of the same graph. */
function connect({ editing, splicing, state }: Editor, { frame, port, outgoing, moved }: Wiring, to: PortRef): void {
  const move = (line: string, end: LineEnd, port: PortRef) =>
    splicing.moveEnd(canvasLine(state, frame, line), end, port);
  if (moved) move(moved.line, moved.end, to);
  else if (lineAt(graphAt(state, frame), to.node)) move(to.node, outgoing ? 'from' : 'to', port);
  else editing.edit(outgoing ? connectEdit(port, to) : connectEdit(to, port), frame);
}

/**
 * Whether the wire being drawn can end at an outer port of its graph: not on the same side, and not from another outer
 * port.
 */
const takesOuter = ({ outgoing, moved }: Wiring, line: Line): boolean =>
  !moved && line.edge === undefined && (line.side === 'outports') === outgoing;

/** Ends the wire being drawn: at the port of the row, at the outer port, or at the target of the wire under it. */
function land(editor: Editor, wiring: Wiring, event: MouseEvent | TouchEvent, near: FinalConnectionState): void {
  const { state } = editor;
  const { components } = state;
  const graph = graphAt(state, wiring.frame);
  const at = under(event);
  const refuse = (sentence: string) => editor.notify(sentence, 'bad', 'edit');
  const node = at?.node ?? near.toHandle?.nodeId;
  // The body of an open subgraph is canvas for its content.
  if (node === undefined || (node === wiring.frame && at && !at.row)) {
    const found = linesUnder(pointOf(event)).flatMap(line => lineOn(state, line) ?? [])[0];
    const isOwn = found?.frame === wiring.frame && found.id !== wiring.moved?.line;
    const port = isOwn ? farEnd(graph, found.id, wiring.outgoing) : undefined;
    if (!port) return;
    const fault = wiringFault(graph, components, wiring, port);
    if (fault) refuse(fault);
    else connect(editor, wiring, port);
    return;
  }
  // Over a card, the nearest port counts only if its row is under the pointer.
  const { toHandle } = near;
  const row = at ? at.row : toHandle?.id ? { id: toHandle.id, side: sideOf(toHandle.type) } : undefined;
  const inside = node === wiring.frame && row ? innerSlot(slotInside(row.id) ?? row.id) : undefined;
  const end = endAt(state, node, inside ?? '');
  const outer = lineAt(graph, end.port.node);
  if (outer && end.frame === wiring.frame) {
    if (takesOuter(wiring, outer)) connect(editor, wiring, { node: end.port.node, port: '' });
    return;
  }
  if (end.frame !== wiring.frame) {
    refuse(frameFault(wiring, node, end.frame));
    return;
  }
  const name = end.port.node;
  // Dropped where the wire began, or beside a row of that card: cancelled.
  if (name === wiring.port.node && (!row || isSlot(wiring, row))) return;
  const { port, sentence } = dropTarget(graph, components, wiring, name, row);
  if (port) connect(editor, wiring, port);
  else if (sentence) refuse(sentence);
}

/** The target of the wire under the pointer, or its source. */
function farEnd(graph: EditorGraph, line: string, outgoing: boolean): PortRef | undefined {
  const edge = graph.edges.get(line);
  return outgoing ? edge?.to : edge?.from;
}

/** Handlers for drawing wires and moving their ends: from port to port, or to a card with a single fitting port. */
export const wiringHandlers = (editor: Editor) => ({
  isValidConnection: (ends: Ends) => {
    const { state } = editor;
    const { wiring } = state;
    const { from, to } = endsOf(state, ends);
    if (from.frame !== to.frame || (wiring && wiring.frame !== from.frame)) return false;
    const graph = graphAt(state, from.frame);
    if (lineAt(graph, from.port.node) || lineAt(graph, to.port.node))
      return !wiring?.moved || wiring.moved.line === from.port.node;
    if (!wiring) return connectionFault(graph, state.components, from.port, to.port) === undefined;
    return wiringFault(graph, state.components, wiring, wiring.outgoing ? to.port : from.port) === undefined;
  },
  // Connects two clicked ports; drawn wires end in onConnectEnd.
  onConnect: (ends: Ends) => {
    const { state } = editor;
    const { from, to } = endsOf(state, ends);
    if (!state.wiring && from.frame === to.frame) connect(editor, wiringAt(state, from, true), to.port);
  },
  onConnectStart: (_: unknown, { nodeId, handleId, handleType }: OnConnectStartParams) => {
    const end = endAt(editor.state, nodeId ?? '', handleId ?? '');
    const drawn = wiringAt(editor.state, end, handleType === 'source');
    editor.update(state => ({
      ...state,
      wiring: { ...drawn, ...(state.wiring?.moved && { moved: state.wiring.moved }) },
    }));
  },
  // Called before onConnectStart, whose handle is the one that stays.
  onReconnectStart: (_: unknown, { id }: FlowEdge, staying: 'source' | 'target') => {
    const found = lineOn(editor.state, id);
    const port = { node: '', port: '' };
    const moved = { line: found?.id ?? id, end: movedEndOf(staying) };
    const frame = found?.frame ?? '';
    editor.update(state => ({ ...state, wiring: { frame, port, outgoing: staying === 'source', moved } }));
  },
  onReconnect: () => {},
  onConnectEnd: (event: MouseEvent | TouchEvent, end: FinalConnectionState) => {
    const { wiring } = editor.state;
    editor.update(state => ({ ...state, wiring: undefined }));
    if (wiring && end.fromHandle) land(editor, wiring, event, end);
  },
});
