import type { PortSpec } from '../model/component-spec.ts';
import { diagnostic } from '../model/diagnostic.ts';
import type { Edge, InitialPacket, Place } from '../model/graph.ts';
import { differing, initialValue } from '../model/ports.ts';
import { called, excerpt } from '../model/words.ts';
import { storeFault } from '../store/url.ts';
import { type Finding, type GraphIndex, type PortMention, portAt } from './graph-index.ts';

/** What is wrong with single edges, initial packets and the ports that they and the outer ports name. */
export function wires(graphIndex: GraphIndex): Finding[] {
  const { graph } = graphIndex;
  const again = repeats(graph.edges, ({ from, to }) => `${called(from)} -> ${called(to)}`);
  return [
    ...graphIndex.unknownPorts.map(mention => unknownPort(graphIndex, mention)),
    ...graphIndex.mentions.flatMap(mention => indexed(graphIndex, mention)),
    ...again.map(([{ from }, first]) => {
      const at = `${first.from.place.line}:${first.from.place.column}`;
      return { place: from.place, ...diagnostic('edge-twice', { at }) };
    }),
    ...unfit(graphIndex, new Set(again.map(([edge]) => edge))),
    ...overwritten(graphIndex),
    ...graph.initials.flatMap(initial => misfit(graphIndex, initial)),
  ];
}

/** Those that came before under the same key, each with the first. */
function repeats<Item>(items: readonly Item[], key: (item: Item) => string): [item: Item, first: Item][] {
  const firsts = new Map<string, Item>();
  return items.flatMap(item => {
    const first = firsts.get(key(item));
    if (first) return [[item, first] as [Item, Item]];
    firsts.set(key(item), item);
    return [];
  });
}

function unknownPort({ specs }: GraphIndex, { end, side }: PortMention): Finding {
  const { node, port } = end;
  const ports = specs.get(node)?.[side].map(({ name }) => name) ?? [];
  const said = { node, side: side === 'inports' ? 'inport' : 'outport', port, ports } as const;
  return { place: end.place, ...diagnostic('unknown-port', said) };
}

/** Outer ports name array ports as a whole, so they have no index. */
function indexed(graphIndex: GraphIndex, { end, side, outer }: PortMention): Finding[] {
  const port = portAt(graphIndex, end, side);
  if (!port || outer || port.addressable === (end.index !== undefined)) return [];
  const said = { node: end.node, port: port.name };
  return [
    {
      place: end.place,
      ...(port.addressable
        ? diagnostic('index-missing', said)
        : diagnostic('index-unexpected', { ...said, index: end.index })),
    },
  ];
}

/** Nodes that have something in their process alone, while several can share the messages. */
export function keptApart({ graph, nodes, specs }: GraphIndex): Finding[] {
  const isShared = ({ to, data }: InitialPacket) => to.port === 'store' && String(data).startsWith('postgres:');
  const store = graph.initials.find(isShared)?.data;
  if (store === undefined) return [];
  return Array.from(nodes).flatMap(([node, { place }]) => {
    const isApart = specs.get(node)?.inports.some(({ perProcess }) => perProcess);
    return isApart
      ? [{ place, ...diagnostic('kept-apart', { node, store: shown(store) }), warning: true as const }]
      : [];
  });
}

/** Wires on which packets of a wrong type come through nodes that send on what they get, wherever these are. */
export function unfitSentOn(graphIndex: GraphIndex): Finding[] {
  return unfit(graphIndex, new Set(), ({ sameAs }) => sameAs !== undefined);
}

function unfit(graphIndex: GraphIndex, again: ReadonlySet<Edge>, isMeant = (_: PortSpec) => true): Finding[] {
  return graphIndex.graph.edges.flatMap(edge => {
    const from = portAt(graphIndex, edge.from, 'outports');
    const to = portAt(graphIndex, edge.to, 'inports');
    if (!from || !to || again.has(edge) || !isMeant(from)) return [];
    const [sends, takes] = differing(from, to) ?? [];
    if (!sends || !takes) return [];
    const said = { from: called(edge.from), sends, to: called(edge.to), takes };
    return [{ place: edge.from.place, ...diagnostic('types-differ', said) }];
  });
}

/** A control port keeps one packet only. */
function overwritten(graphIndex: GraphIndex): Finding[] {
  const settings = graphIndex.graph.initials.filter(({ to }) => portAt(graphIndex, to, 'inports')?.control);
  return repeats(settings, ({ to }) => called(to)).map(([{ to, place }, first]) => {
    const at = `${first.place.line}:${first.place.column}`;
    return { place, ...diagnostic('setting-twice', { to: called(to), at }) };
  });
}

function misfit(graphIndex: GraphIndex, { data, to, place }: InitialPacket): Finding[] {
  const port = portAt(graphIndex, to, 'inports');
  if (!port) return [];
  const read = initialValue(data, port.datatype);
  if (!read)
    return [{ place, ...diagnostic('wrong-value', { to: called(to), datatype: port.datatype, value: shown(data) }) }];
  const { value } = read;
  const values = port.values?.map(shown);
  if (values && !values.includes(shown(value)))
    return [{ place, ...diagnostic('wrong-choice', { to: called(to), values, value: shown(data) }) }];
  const at = { node: to.node, port: port.name };
  const reason = saidOf(() => void port.check?.(value));
  if (reason !== undefined) return [{ place, ...diagnostic('wrong-setting', { ...at, reason }) }];
  const risk = saidOf(() => port.warn?.(value));
  return risk === undefined ? [] : [{ place, ...diagnostic('risky-setting', { ...at, reason: risk }), warning: true }];
}

/** What a component says of a value of a setting, or throws; undefined if it says nothing. */
function saidOf(look: () => string | undefined): string | undefined {
  try {
    return look();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function shown(data: unknown): string {
  return excerpt(typeof data === 'string' ? `'${data}'` : JSON.stringify(data));
}

/** The schema of ports that name the store of a node. */
const STORE = 'chat/store';

interface Named {
  readonly url: string;
  /** What names it, and where. */
  readonly at: string;
  readonly place: Place;
}

/** Stores that can't be opened by what names them, and a graph that keeps its messages in more than one. */
export function stores(graphIndex: GraphIndex): Finding[] {
  const packets = graphIndex.graph.initials.filter(({ to }) => portAt(graphIndex, to, 'inports')?.schema === STORE);
  const wrong = packets.flatMap(({ data, to, place }) => {
    const reason = storeFault(data);
    return reason === undefined ? [] : [{ place, ...diagnostic('wrong-store', { to: called(to), reason }) }];
  });
  const good = packets.filter(({ data }) => storeFault(data) === undefined);
  const [first, ...others] = [
    ...good.map(({ data, to, place }): Named => ({ url: String(data), at: called(to), place })),
    ...inner(graphIndex),
  ];
  const differing = others.flatMap(({ url, at, place }) => {
    if (!first || nameOf(url) === nameOf(first.url)) return [];
    return [{ place, ...diagnostic('stores-differ', { at, url, other: first.at, otherUrl: first.url }) }];
  });
  return [...wrong, ...differing];
}

/** What the subgraphs name, at their nodes. */
function inner({ nodes, specs }: GraphIndex): Named[] {
  return Array.from(nodes.values()).flatMap(({ name, place }) =>
    (specs.get(name)?.stores ?? []).map(url => ({ url, at: name, place })),
  );
}

/** What the initial packets of a graph, and of those in it, name as stores. */
export function storesIn(graphIndex: GraphIndex): readonly string[] {
  const own = graphIndex.graph.initials.filter(({ to }) => portAt(graphIndex, to, 'inports')?.schema === STORE);
  return [...new Set([...own.map(({ data }) => String(data)), ...inner(graphIndex).map(({ url }) => url)])];
}

/** Without its settings. */
function nameOf(url: string): string {
  return url.replace(/\?.*$/s, '');
}
