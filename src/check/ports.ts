import type { PortSpec } from '../model/component-spec.ts';
import { diagnostic } from '../model/diagnostic.ts';
import type { Edge, InitialPacket, Place } from '../model/graph.ts';
import { differing, initialValue } from '../model/ports.ts';
import { called, shown } from '../model/words.ts';
import { storeFault } from '../store/url.ts';
import { type Finding, type GraphIndex, type PortMention, portAt } from './graph-index.ts';

/** Faults of single edges, initial packets, and the ports that these and the outer ports name. */
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

/** Items whose key occurred before, each with the first one. */
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

/** An outer port stands for a whole array port, so it has no index. */
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

/** Nodes with state in their process alone, although several processes can share the messages. */
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

/** Wires with packets of a wrong type that come through forwarding nodes. */
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

/** A control port stores only one packet. */
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

/** A component's warning or error about a setting's value; undefined if it is fine. */
function saidOf(look: () => string | undefined): string | undefined {
  try {
    return look();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The schema of a store setting. */
const STORE = 'chat/store';

interface Named {
  readonly url: string;
  /** The source of the URL, for the sentence. */
  readonly at: string;
  readonly place: Place;
}

/** Invalid store URLs, and a graph that stores its messages in more than one store. */
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

/** The stores in subgraphs, at the subgraphs' nodes. */
function inner({ nodes, specs }: GraphIndex): Named[] {
  return Array.from(nodes.values()).flatMap(({ name, place }) =>
    (specs.get(name)?.stores ?? []).map(url => ({ url, at: name, place })),
  );
}

/** The store URLs of a graph and its subgraphs. */
export function storesIn(graphIndex: GraphIndex): readonly string[] {
  const own = graphIndex.graph.initials.filter(({ to }) => portAt(graphIndex, to, 'inports')?.schema === STORE);
  return [...new Set([...own.map(({ data }) => String(data)), ...inner(graphIndex).map(({ url }) => url)])];
}

/** A store's URL without its settings. */
function nameOf(url: string): string {
  return url.replace(/\?.*$/s, '');
}
