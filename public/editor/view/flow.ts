import type { Edge as FlowEdge, Node as FlowNode } from '@xyflow/react';
import { handleY, OUTER_HEIGHT, slotId, WIDTH } from '../model/card.ts';
import { isFailure } from '../model/component.ts';
import { edgeName } from '../model/graph.ts';
import { OUTER } from '../model/layout.ts';
import type { State } from '../model/state.ts';

type Drawn = Pick<State, 'graph' | 'cards' | 'places' | 'selection'>;

/** Whether something goes along when what is selected is dragged, as `carry` does it: wholly, with one end, or not. */
const hold = ({ nodes }: State['selection'], ...names: readonly string[]) => {
  if (names.every(name => nodes.has(name))) return 'carried';
  return names.some(name => nodes.has(name)) ? 'stretched' : '';
};

const outerId = (side: 'in' | 'out', name: string) => `\n${side}\n${name}`;

/** The nodes for the canvas; those that are as before are the same objects as before, so that they are not drawn again. */
export function flowNodes(before: readonly FlowNode[], drawn: Drawn, draggable: boolean): FlowNode[] {
  const old = new Map(before.map(node => [node.id, node]));
  const same = (node: FlowNode): FlowNode => {
    const kept = old.get(node.id);
    const { position, selected, height } = node;
    const alike =
      kept?.position.x === position.x &&
      kept.position.y === position.y &&
      kept.selected === selected &&
      kept.className === node.className &&
      kept.height === height &&
      kept.draggable === node.draggable;
    return alike ? kept! : { ...kept, ...node };
  };
  const { graph, cards, places, selection } = drawn;
  const nodes = [...places].flatMap(([id, { x, y }]): FlowNode[] => {
    const card = cards.get(id);
    if (!card) return [];
    return [
      same({
        id,
        type: 'card',
        position: { x, y },
        width: WIDTH,
        height: card.height,
        selected: selection.nodes.has(id),
        className: hold(selection, id),
        draggable,
        ariaLabel: `${id}, ${card.short}`,
        data: {},
      }),
    ];
  });
  return [...nodes, ...outerNodes({ graph, cards, places, selection }).map(same)];
}

/** Outer ports hang on their nodes, and move with them. */
function outerNodes({ graph, cards, places, selection }: Drawn): FlowNode[] {
  const hung = (side: 'in' | 'out') =>
    [...graph[side === 'in' ? 'inports' : 'outports'].values()].flatMap(({ name, node, port }): FlowNode[] => {
      const card = cards.get(node);
      if (!card || !places.has(node)) return [];
      const x = side === 'in' ? -OUTER.width - OUTER.gap : WIDTH + OUTER.gap;
      const y = handleY(card, side === 'in' ? 'inports' : 'outports', slotId({ port })) - OUTER_HEIGHT / 2;
      return [
        {
          id: outerId(side, name),
          type: 'outer',
          parentId: node,
          position: { x, y },
          width: OUTER.width,
          height: OUTER_HEIGHT,
          selected: false,
          className: hold(selection, node),
          draggable: false,
          selectable: false,
          focusable: false,
          data: { name, side },
        },
      ];
    });
  return [...hung('in'), ...hung('out')];
}

/** The wires for the canvas. */
export function flowEdges({ graph, places, selection }: Drawn): FlowEdge[] {
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
        className: hold(selection, edge.from.node, edge.to.node),
        ariaLabel: edgeName(edge),
        data: { failure: isFailure(edge.from.port) },
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
          className: hold(selection, node),
          ...ends,
          selectable: false,
          focusable: false,
          data: { outer: true },
        },
      ];
    });
  return [...wires, ...outer('in'), ...outer('out')];
}
