import { type BareNode, equal, type PortRef } from '../../../src/model/graph.ts';
import { isFailure } from '../../../src/model/ports.ts';
import { excerpt, portName } from '../../../src/model/words.ts';
import { type Component, type DeclaredPort, isNeeded, isSetting, shortName } from './component.ts';
import { type Components, freeIndex } from './fits.ts';
import { type EditorGraph, edgesOf } from './graph.ts';

/** A port as drawn; its id is unique among the ports of its side. */
export interface Slot {
  readonly id: string;
  readonly port: string;
  readonly index?: number;
  readonly label: string;
  readonly description: string;
  readonly wired: boolean;
  readonly failure: boolean;
  /** Whether the component declares it. */
  readonly known: boolean;
}

/** An inport with an initial packet. */
export interface Setting extends Slot {
  readonly value: string;
}

/** A node's card. */
export interface Card {
  readonly name: string;
  readonly component: string;
  readonly short: string;
  readonly icon: string;
  readonly subgraph: boolean;
  readonly known: boolean;
  readonly inports: readonly Slot[];
  readonly outports: readonly Slot[];
  readonly settings: readonly Setting[];
  readonly width: number;
  readonly height: number;
}

/** Card sizes in pixels; the style sheets have the same values. */
export const WIDTH = 156;
/** Distance between columns of cards. */
export const COLUMN_STEP = WIDTH + 26;
export const HEAD = 46;
export const ROW = 24;
const FOOT = 6;
/** From a card's top to its first port. */
export const FIRST_PORT = HEAD + ROW / 2;

/** Height of an outer port. */
export const OUTER_HEIGHT = 28;
const RULE = 9;

export const slotId = ({ port, index }: Pick<PortRef, 'port' | 'index'>): string =>
  index === undefined ? port : `${port}[${index}]`;

/** The port of a slot id. */
export function portOfSlot(node: string, id: string): PortRef {
  const [, port = id, index] = /^(.*)\[(\d+)\]$/.exec(id) ?? [];
  return index === undefined ? { node, port } : { node, port, index: Number(index) };
}

function slot(port: Pick<PortRef, 'port' | 'index'>, declared: DeclaredPort | undefined, wired: boolean): Slot {
  return {
    id: slotId(port),
    port: port.port,
    ...(port.index !== undefined && { index: port.index }),
    label: portName(port),
    description: declared?.description ?? '',
    wired,
    failure: isFailure(declared ?? { name: port.port }),
    known: declared !== undefined,
  };
}

/** The slots of one side: declared ports in order, a free index of each array port, and undeclared ports with wires. */
function slots(
  graph: EditorGraph,
  node: BareNode,
  declared: readonly DeclaredPort[],
  used: readonly PortRef[],
  grows: boolean,
): Slot[] {
  const ids = new Set<string>();
  const made: Slot[] = [];
  const add = (port: Pick<PortRef, 'port' | 'index'>, by: DeclaredPort | undefined, wired: boolean) => {
    if (ids.has(slotId(port))) return;
    ids.add(slotId(port));
    made.push(slot(port, by, wired));
  };
  for (const port of declared) {
    const wired = used.filter(end => end.port === port.name).toSorted((a, b) => (a.index ?? -1) - (b.index ?? -1));
    for (const end of wired) add(end, port, true);
    const index = freeIndex(graph, { node: node.name, port: port.name }, port.addressable);
    if (index === undefined) add({ port: port.name }, port, false);
    else if (grows) add({ port: port.name, index }, port, false);
  }
  for (const end of used) add(end, undefined, true);
  return made;
}

/** A packet as short text. */
export function brief(data: unknown): string {
  return excerpt(typeof data === 'string' ? data : (JSON.stringify(data) ?? ''), 80);
}

function card(graph: EditorGraph, node: BareNode, component: Component | undefined): Card {
  const edges = edgesOf(graph, node.name);
  const own = (port: PortRef) => port.node === node.name;
  const outer = (ports: EditorGraph['inports']) => [...ports.values()].filter(({ node: at }) => at === node.name);
  const entering = [...edges.map(({ to }) => to).filter(own), ...outer(graph.inports)];
  const leaving = [...edges.map(({ from }) => from).filter(own), ...outer(graph.outports)];
  const initials = graph.initials.filter(({ to }) => to.node === node.name);
  const set = new Set(initials.map(({ to }) => slotId(to)));
  const all = slots(graph, node, component?.inports ?? [], entering, true);
  const quiet = new Set((component?.inports ?? []).filter(isSetting).map(({ name }) => name));
  const inports = all.filter(({ id, port, wired }) => wired || !(set.has(id) || quiet.has(port)));
  const drawn = new Set(inports.map(({ id }) => id));
  // A changed value moves to the end of the graph's list; this keeps its position on the card.
  const order = (component?.inports ?? []).map(({ name }) => name);
  const rank = ({ port, known }: Slot) => (known ? order.indexOf(port) : order.length);
  const missing = (component?.inports ?? []).filter(
    port => isSetting(port) && isNeeded(port) && !set.has(port.name) && !drawn.has(port.name),
  );
  const settings = [
    ...initials
      .filter(({ to }) => !drawn.has(slotId(to)))
      .map(({ to, data }): Setting => {
        const declared = component?.inports.find(({ name }) => name === to.port);
        return { ...slot(to, declared, false), value: brief(data) };
      }),
    ...missing.map((port): Setting => ({ ...slot({ port: port.name }, port, false), value: 'not set' })),
  ].toSorted((a, b) => rank(a) - rank(b) || (a.index ?? 0) - (b.index ?? 0));
  const outports = slots(graph, node, component?.outports ?? [], leaving, true);
  const rows = Math.max(inports.length, outports.length);
  return {
    name: node.name,
    component: node.component,
    short: shortName(node.component),
    icon: component?.icon ?? '',
    subgraph: component?.subgraph ?? false,
    known: component !== undefined,
    inports,
    outports,
    settings,
    width: WIDTH,
    height: HEAD + rows * ROW + (settings.length > 0 ? RULE + settings.length * ROW : 0) + FOOT,
  };
}

/** The cards of all nodes. Unchanged cards are the same objects as before. */
export function cards(
  graph: EditorGraph,
  components: Components,
  before: Pick<ReadonlyMap<string, Card>, 'get'> = new Map(),
): ReadonlyMap<string, Card> {
  return new Map(
    [...graph.nodes.values()].map(node => {
      const made = card(graph, node, components.get(node.component));
      const old = before.get(node.name);
      return [node.name, old && equal(old, made) ? old : made];
    }),
  );
}

/** Whether an outport sends failures, as its component declares it. */
export const failsBy = (cards: Pick<ReadonlyMap<string, Card>, 'get'>, from: PortRef): boolean =>
  cards.get(from.node)?.outports.find(({ id }) => id === slotId(from))?.failure ?? isFailure({ name: from.port });

/** Offset of a port's handle from the card's top. */
export function handleY(card: Card, side: 'inports' | 'outports', id: string): number {
  const row = card[side].findIndex(slot => slot.id === id);
  if (row >= 0) return HEAD + row * ROW + ROW / 2;
  const setting = side === 'inports' ? card.settings.findIndex(slot => slot.id === id) : -1;
  const rows = Math.max(card.inports.length, card.outports.length);
  return setting < 0 ? HEAD / 2 : HEAD + rows * ROW + RULE + setting * ROW + ROW / 2;
}
