import {
  applyNodeChanges,
  type EdgeChange,
  type Edge as FlowEdge,
  type Node as FlowNode,
  type NodeChange,
  type NodePositionChange,
} from '@xyflow/react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type Card, failsBy, handleY, OUTER_HEIGHT, portOfSlot, slotId } from '../model/card.ts';
import { type CanvasPoint, edgeName } from '../model/graph.ts';
import { OUTER, outerWidth } from '../model/layout.ts';
import { outerId } from '../model/outers.ts';
import { inOrder } from '../model/outline.ts';
import { handlePoint } from '../model/routes.ts';
import { PORT_COLUMN, type Scene } from '../model/scene.ts';
import { lineName } from '../model/splices.ts';
import { type EditorState, mayEditAt, shownFaults } from '../model/state.ts';
import { faultsAt, type LocatedFault } from '../model/status.ts';
import type { Editor } from '../net/editor.ts';
import { useEditor, useEditorState } from './useEditor.ts';

/** With this many nodes, rendering each in every frame is too slow. */
const MANY = 24;

const sheet = new CSSStyleSheet();
/** The moving elements: those marked as carried, or the layers that contain everything. */
const MOVED = '.canvas[data-carrying="some"] .carried, .canvas[data-carrying="all"] .react-flow__viewport > *';
const rule = sheet.cssRules[sheet.insertRule(`:is(${MOVED}) {}`)] as CSSStyleRule;
document.adoptedStyleSheets.push(sheet);

/**
 * While many nodes are dragged, moves all carried elements by one style rule. Returns whether it does; then the nodes
 * need not move until dropped.
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

/** Whether everything moves. */
function isAll(moves: readonly NodePositionChange[], nodes: readonly FlowNode[]): boolean {
  return moves.length === nodes.filter(({ draggable }) => draggable).length;
}

/** How far a node was dragged; undefined once it is dropped. */
function dragged({ id, dragging, position: to }: NodePositionChange, nodes: readonly FlowNode[]) {
  const from = nodes.find(node => node.id === id)?.position;
  return dragging && from && to ? { x: to.x - from.x, y: to.y - from.y } : undefined;
}

/** The node that Tab enters: the last selected, or the first that packets reach. */
function useStop(): string | undefined {
  const chosen = useEditorState(({ selection }) => [...selection.nodes].at(-1));
  const graph = useEditorState(state => state.scene.graph);
  const last = useRef<string>(undefined);
  const stop = [chosen, last.current].find(name => name !== undefined && graph.nodes.has(name));
  const first = useMemo(() => inOrder(graph)[0], [graph]);
  last.current = stop;
  return stop ?? first;
}

/** Nodes and edges for React Flow, and handlers of their changes. */
export function useNodes() {
  const editor = useEditor();
  const own = useEditorState(editableFrames);
  const editable = useMemo(() => new Set(own.split('\n').slice(0, -1)), [own]);
  const scene = useEditorState(state => state.scene);
  const selection = useEditorState(state => state.selection);
  const faults = useEditorState(shownFaults);
  const stop = useStop();
  const [nodes, setNodes] = useState<FlowNode[]>([]);
  const shown = useRef(nodes);
  useEffect(() => {
    shown.current = nodes;
  }, [nodes]);
  useEffect(() => {
    setNodes(before => flowNodes(before, { scene, selection }, { faults, stop }, editable));
  }, [scene, selection, faults, stop, editable]);
  const drawn = useRef<readonly FlowEdge[]>([]);
  const edges = useMemo(
    () => withUnchanged(drawn.current, flowEdges({ scene, selection }, editable)),
    [scene, selection, editable],
  );
  drawn.current = edges;
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

/** Takes over a selection made on the canvas. */
function select(editor: Editor, kind: 'nodes' | 'edges', changes: readonly (NodeChange | EdgeChange)[]): void {
  const chosen = changes.filter(change => change.type === 'select');
  if (chosen.length === 0) return;
  const { selection } = editor.state;
  const keys = new Set(selection[kind]);
  for (const { id, selected } of chosen) selected ? keys.add(id) : keys.delete(id);
  editor.select({ ...selection, [kind]: keys });
}

type Drawn = Pick<EditorState, 'scene' | 'selection'>;

/**
 * The paths of open subgraphs that the user may edit, with an empty one for the outermost graph; each before a line
 * break.
 */
const editableFrames = (state: EditorState): string =>
  ['', ...state.scene.frames.keys()].flatMap(frame => (mayEditAt(state, frame) ? `${frame}\n` : [])).join('');

/** Notes in the nodes' labels for screen readers. */
interface NodeNotes {
  readonly faults: readonly LocatedFault[];
  /** The node that Tab enters; arrows continue from there. */
  readonly stop: string | undefined;
}

/** Whether a thing moves with the selection: completely ('carried'), with one end ('stretched'), or not. */
function hold({ scene: { parents }, selection }: Drawn, ...names: readonly string[]): 'carried' | 'stretched' | '' {
  const held = (name: string | undefined): boolean =>
    name !== undefined && (selection.nodes.has(name) || held(parents.get(name)));
  if (names.every(held)) return 'carried';
  return names.some(held) ? 'stretched' : '';
}

const COMPARED = ['type', 'parentId', 'width', 'height', 'selected', 'className', 'draggable', 'ariaLabel'] as const;

/** The nodes for React Flow; unchanged ones are the same objects, so they don't render again. */
function flowNodes(
  before: readonly FlowNode[],
  drawn: Drawn,
  notes: NodeNotes,
  editable: ReadonlySet<string>,
): FlowNode[] {
  const old = new Map(before.map(node => [node.id, node]));
  const same = (node: FlowNode): FlowNode => {
    const kept = old.get(node.id);
    const isSame =
      kept?.position.x === node.position.x &&
      kept.position.y === node.position.y &&
      kept.domAttributes?.tabIndex === node.domAttributes?.tabIndex &&
      COMPARED.every(key => kept[key] === node[key]);
    return isSame ? kept : { ...kept, ...node };
  };
  const { scene, selection } = drawn;
  const { cards, places, frames, parents } = scene;
  const nodes = [...places].flatMap(([id, { x, y }]): FlowNode[] => {
    const card = cards.get(id);
    if (!card) return [];
    const parentId = parents.get(id);
    const from = places.get(parentId ?? '') ?? { x: 0, y: 0 };
    return [
      same({
        id,
        type: frames.has(id) ? 'frame' : 'card',
        ...(parentId !== undefined && { parentId }),
        position: { x: x - from.x, y: y - from.y },
        width: card.width,
        height: card.height,
        selected: selection.nodes.has(id),
        className: hold(drawn, id),
        draggable: editable.has(parentId ?? ''),
        ariaLabel: nodeLabel(card, id, frames.has(id), notes.faults),
        domAttributes: { tabIndex: id === notes.stop ? 0 : -1 },
        data: {},
      }),
    ];
  });
  return [...nodes, ...outerNodes(drawn).map(same)];
}

/** A node's label: name, component and faults. */
function nodeLabel({ short, known }: Card, id: string, open: boolean, faults: readonly LocatedFault[]): string {
  const own = faultsAt(faults, id);
  const wrong = own.length === 0 ? '' : own.length === 1 ? ', 1 fault' : `, ${own.length} faults`;
  const said = own[0] ? `: ${own[0].sentence}` : '';
  return `${id}, ${known ? short : `${short || 'nothing'} is unknown`}${open ? ', open' : ''}${wrong}${said}`;
}

/** The canvas nodes of the outer ports, as children of their nodes, so that they move together. */
function outerNodes(drawn: Drawn): FlowNode[] {
  const { graph, cards, places } = drawn.scene;
  const hung = (side: 'in' | 'out') =>
    [...graph[side === 'in' ? 'inports' : 'outports'].values()].flatMap(({ name, node, port }, index): FlowNode[] => {
      const [card, place] = [cards.get(node), places.get(node)];
      if (!card || !place) return [];
      const width = outerWidth(name);
      const x = side === 'in' ? -width - OUTER.gap : card.width + OUTER.gap;
      const beside = handleY(card, side === 'in' ? 'inports' : 'outports', slotId({ port })) - OUTER_HEIGHT / 2;
      const step = OUTER_HEIGHT + 8;
      const below = card.height + OUTER_HEIGHT + index * step;
      // If another node is there, it is placed below or above.
      const steps = Array.from({ length: 12 }, (_, by) => by * step);
      const levels = [beside, below, ...steps.flatMap(by => [-step - by, below + step + by])];
      const isFree = (y: number) => !isCovered(drawn.scene, node, { x: place.x + x, y: place.y + y, width });
      const y = levels.find(isFree) ?? below;
      return [
        {
          id: outerId(side, name),
          type: 'outer',
          parentId: node,
          position: { x, y },
          width,
          height: OUTER_HEIGHT,
          selected: false,
          className: hold(drawn, node),
          draggable: false,
          selectable: false,
          focusable: false,
          data: { name, side },
        },
      ];
    });
  return [...hung('in'), ...hung('out')];
}

/** Whether an outer port would cover another node. */
function isCovered(
  { places, cards, parents }: Scene,
  node: string,
  { x, y, width }: CanvasPoint & { readonly width: number },
): boolean {
  return [...places].some(([name, place]) => {
    const card = cards.get(name);
    if (!card || name === node || parents.has(name)) return false;
    const level = place.y < y + OUTER_HEIGHT && y < place.y + card.height;
    return level && place.x < x + width && x < place.x + card.width;
  });
}

/** The current edges; unchanged ones are the same objects as before, so they don't render again. */
function withUnchanged(before: readonly FlowEdge[], now: readonly FlowEdge[]): FlowEdge[] {
  const old = new Map(before.map(edge => [edge.id, edge]));
  return now.map(edge => {
    const kept = old.get(edge.id);
    return kept && JSON.stringify(kept) === JSON.stringify(edge) ? kept : edge;
  });
}

/** The edges for React Flow. */
function flowEdges(drawn: Drawn, editable: ReadonlySet<string>): FlowEdge[] {
  const { scene, selection } = drawn;
  const { graph, places, parents } = scene;
  const wires = [...graph.edges].flatMap(([id, edge]): FlowEdge[] => {
    if (!places.has(edge.from.node) || !places.has(edge.to.node)) return [];
    return [
      {
        id,
        type: 'wire',
        source: edge.from.node,
        sourceHandle: slotId(edge.from),
        target: edge.to.node,
        targetHandle: slotId(edge.to),
        selected: selection.edges.has(id),
        className: `${hold(drawn, edge.from.node, edge.to.node)}${parents.has(edge.from.node) ? ' within' : ''}`,
        ariaLabel: edgeName(edge),
        reconnectable: editable.has(parents.get(edge.from.node) ?? ''),
        data: {
          failure: failsBy(scene.cards, edge.from),
          // To measure how far a frame has been dragged since.
          ...(parents.has(edge.from.node) && {
            start: handlePoint(scene, 'outports', edge.from.node, slotId(edge.from)),
          }),
        },
      },
    ];
  });
  const outer = (side: 'in' | 'out') =>
    [...graph[side === 'in' ? 'inports' : 'outports'].values()].flatMap(({ name, node, port }): FlowEdge[] => {
      if (!places.has(node)) return [];
      const [id, handle] = [outerId(side, name), slotId({ port })];
      const ends =
        side === 'in'
          ? { source: id, sourceHandle: 'outer', target: node, targetHandle: handle }
          : { source: node, sourceHandle: handle, target: id, targetHandle: 'outer' };
      return [
        {
          id,
          type: 'wire',
          className: hold(drawn, node),
          ...ends,
          ariaLabel: lineName({ side: side === 'in' ? 'inports' : 'outports', outer: { name, node, port } }),
          selectable: false,
          focusable: false,
          // The other end is the outer port itself.
          reconnectable: editable.has('') && (side === 'in' ? 'target' : 'source'),
          data: { outer: true },
        },
      ];
    });
  // Failures are drawn below other wires.
  const level = wires.toSorted((a, b) => Number(b.data?.failure) - Number(a.data?.failure));
  return [...level, ...outer('in'), ...outer('out'), ...flowLines(drawn, editable)];
}

const INNER = '\tinner\t';

/** The id of the handle on the inner side of an open subgraph's port. */
export const innerSlot = (slot: string): string => INNER + slot;

/** The slot of a handle on the inner side of a frame; undefined for other handles. */
export const slotInside = (handle: string): string | undefined =>
  handle.startsWith(INNER) ? handle.slice(INNER.length) : undefined;

/** A description of a line in an open subgraph. */
function lineLabel({ frames }: Scene, frame: string, side: 'in' | 'out', slot: string): string {
  const ports = side === 'in' ? 'inports' : 'outports';
  const outer = frames.get(frame)!.graph[ports].get(portOfSlot('', slot).port)!;
  return `in ${frame}, ${lineName({ side: ports, outer })}`;
}

/** The lines from the ports of frames to their inner nodes. */
function flowLines(drawn: Drawn, editable: ReadonlySet<string>): FlowEdge[] {
  const { scene } = drawn;
  const entry = (frame: string, slot: string): CanvasPoint => {
    const { x, y } = scene.places.get(frame)!;
    return { x: x + PORT_COLUMN.in, y: y + handleY(scene.cards.get(frame)!, 'inports', slot) };
  };
  return [...scene.frames].flatMap(([frame, { lines }]) =>
    lines.map(({ id, side, slot, node, inner }): FlowEdge => {
      const [here, there] = [
        { id: frame, slot: innerSlot(slot) },
        { id: node, slot: inner },
      ];
      const [from, to] = side === 'in' ? [here, there] : [there, here];
      const ends = { source: from.id, sourceHandle: from.slot, target: to.id, targetHandle: to.slot };
      const start = side === 'in' ? entry(frame, slot) : handlePoint(scene, 'outports', node, inner);
      return {
        id,
        type: 'wire',
        ...ends,
        className: 'within',
        ariaLabel: lineLabel(scene, frame, side, slot),
        selectable: false,
        focusable: false,
        // The other end is the port of the frame.
        reconnectable: editable.has(frame) && (side === 'in' ? 'target' : 'source'),
        data: { line: true, start },
      };
    }),
  );
}
