import type { PortRef } from '../../../src/model/graph.ts';
import { called, listInWords } from '../../../src/model/words.ts';
import { portOfSlot } from './card.ts';
import { type Components, connectionFault, freeIndex } from './fits.ts';
import { type EditorGraph, nodePath } from './graph.ts';
import { type LineEnd, lineAt, moveEndEdit } from './splices.ts';

/** The port for a dropped wire, or a sentence that says why it can't connect. */
interface DropTarget {
  readonly port?: PortRef;
  readonly sentence?: string;
}

/** The wire being drawn: the port where it starts, by the names of its own graph. */
export interface Wiring {
  /** The path of its open subgraph; empty for the outermost graph. */
  readonly frame: string;
  readonly port: PortRef;
  readonly outgoing: boolean;
  /** The line of that graph whose end is moved; undefined for a new wire. */
  readonly moved?: { readonly line: string; readonly end: LineEnd };
}

/** Why a wire that is being drawn can't end at a port; undefined if it can. */
export function wiringFault(
  graph: EditorGraph,
  components: Components,
  { port, outgoing, moved }: Omit<Wiring, 'frame'>,
  here: PortRef,
): string | undefined {
  const line = moved && lineAt(graph, moved.line);
  if (line) {
    const edit = moveEndEdit(graph, components, line, moved.end, here);
    return 'fault' in edit ? edit.fault : undefined;
  }
  return outgoing ? connectionFault(graph, components, port, here) : connectionFault(graph, components, here, port);
}

/** The start of a wire, in words. */
function startOf(graph: EditorGraph, { port, moved }: Omit<Wiring, 'frame'>): string {
  const line = moved && lineAt(graph, moved.line);
  return line && !line.edge ? line.outer.name.toUpperCase() : called(port);
}

/** A port's row on a card. */
export interface PortRow {
  /** Slot id. */
  readonly id: string;
  readonly side: 'inports' | 'outports';
}

function wrongSide(start: string, { outgoing }: Pick<Wiring, 'outgoing'>, at: PortRef, side: PortRow['side']): string {
  const both = `${start} and ${called(at)} are both ${side}`;
  return `${both}; a wire leads from an outport, at the right of a card, to an inport${outgoing ? ', at the left' : ''}`;
}

/** The port for a wire dropped on a node: that of the row under the pointer, otherwise the only port that fits. */
export function dropTarget(
  graph: EditorGraph,
  components: Components,
  wiring: Omit<Wiring, 'frame'>,
  node: string,
  row?: PortRow,
): DropTarget {
  const side = wiring.outgoing ? 'inports' : 'outports';
  const component = components.get(graph.nodes.get(node)?.component ?? '');
  if (!component) return { sentence: `nobody knows the ports of ${node}, as its component is not in the library` };
  const tries = component[side].map(({ name, addressable }) => {
    const index = freeIndex(graph, { node, port: name }, addressable);
    const port: PortRef = { node, port: name, ...(index !== undefined && { index }) };
    return { name, port, reason: wiringFault(graph, components, wiring, port) };
  });
  const start = startOf(graph, wiring);
  if (row) {
    const port = portOfSlot(node, row.id);
    if (row.side !== side) return { sentence: wrongSide(start, wiring, port, row.side) };
    const named = tries.find(({ name }) => name === port.port);
    if (!named) return { sentence: `${component.name} has no port ${port.port.toUpperCase()}` };
    return named.reason ? { sentence: named.reason } : { port: named.port };
  }
  const fitting = tries.filter(({ reason }) => !reason);
  if (fitting.length === 1) return { port: fitting[0]!.port };
  if (fitting.length > 1) {
    const names = listInWords(
      fitting.map(({ name }) => name.toUpperCase()),
      'and',
    );
    return { sentence: `${start} fits ${names} of ${node}; drop it on one of them` };
  }
  const what = side.slice(0, -1);
  if (tries.length === 0) return { sentence: `${node} has no ${what}` };
  if (tries.length === 1) return { sentence: tries[0]!.reason! };
  return { sentence: `${start} fits no ${what} of ${node}; put a node between them` };
}

/** Why a wire can't connect a port of one graph on the canvas to a node of another one. */
export function frameFault({ frame, port }: Pick<Wiring, 'frame' | 'port'>, node: string, within: string): string {
  const start = nodePath(frame ? [frame] : [], port.node);
  const where = (path: string) => (path ? `in the subgraph ${path}` : 'around it');
  const cure = 'to lead packets in or out, make a port of it an outer port of the subgraph';
  return `${start} is ${where(frame)}, and ${node} ${where(within)}; a wire stays in one graph; ${cure}`;
}
