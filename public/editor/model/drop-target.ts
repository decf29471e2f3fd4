import type { PortRef } from '../../../src/model/graph.ts';
import { portOfSlot } from './card.ts';
import { type Components, freeIndex, misfit } from './fits.ts';
import { type EditorGraph, portName } from './graph.ts';

/** The ends of a dropped wire, or a sentence that says why it can't connect. */
interface DropTarget {
  readonly ends?: { readonly from: PortRef; readonly to: PortRef };
  readonly sentence?: string;
}

/** The wire being drawn: the port where it starts. */
export interface Wiring {
  readonly port: PortRef;
  readonly outgoing: boolean;
}

const together = (names: readonly string[]): string => [names.slice(0, -1).join(', '), names.at(-1)].join(' and ');

/** A port's row on a card. */
export interface PortRow {
  /** Slot id. */
  readonly id: string;
  readonly side: 'inports' | 'outports';
}

function wrongSide({ port, outgoing }: Wiring, at: PortRef, side: PortRow['side']): string {
  const both = `${port.node} ${portName(port)} and ${at.node} ${portName(at)} are both ${side}`;
  return `${both}; a wire leads from an outport, at the right of a card, to an inport${outgoing ? ', at the left' : ''}`;
}

/** Resolves a wire dropped on a node: to the port of the row under the pointer, else to the only port that fits. */
export function dropTarget(
  graph: EditorGraph,
  components: Components,
  wiring: Wiring,
  node: string,
  row?: PortRow,
): DropTarget {
  const side = wiring.outgoing ? 'inports' : 'outports';
  const component = components.get(graph.nodes.get(node)?.component ?? '');
  if (!graph.nodes.has(node)) return { sentence: `${node} is in a subgraph; open that alone to change it` };
  if (!component) return { sentence: `nobody knows the ports of ${node}, as its component is not in the library` };
  const tries = component[side].map(({ name, addressable }) => {
    const index = freeIndex(graph, { node, port: name }, addressable);
    const port: PortRef = { node, port: name, ...(index !== undefined && { index }) };
    const ends = wiring.outgoing ? { from: wiring.port, to: port } : { from: port, to: wiring.port };
    return { name, ends, reason: misfit(graph, components, ends.from, ends.to) };
  });
  if (row) {
    const port = portOfSlot(node, row.id);
    if (row.side !== side) return { sentence: wrongSide(wiring, port, row.side) };
    const named = tries.find(({ name }) => name === port.port);
    if (!named) return { sentence: `${component.name} has no port ${port.port.toUpperCase()}` };
    return named.reason ? { sentence: named.reason } : { ends: named.ends };
  }
  const fitting = tries.filter(({ reason }) => !reason);
  if (fitting.length === 1) return { ends: fitting[0]!.ends };
  const from = `${wiring.port.node} ${portName(wiring.port)}`;
  if (fitting.length > 1) {
    const names = together(fitting.map(({ name }) => name.toUpperCase()));
    return { sentence: `${from} fits ${names} of ${node}; drop it on one of them` };
  }
  const what = side.slice(0, -1);
  if (tries.length === 0) return { sentence: `${node} has no ${what}` };
  if (tries.length === 1) return { sentence: tries[0]!.reason! };
  return { sentence: `${from} fits no ${what} of ${node}; put a node between them` };
}
