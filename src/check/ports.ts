import type { PortSpec } from '../model/component-spec.ts';
import type { Edge, InitialPacket } from '../model/graph.ts';
import { initialValue } from '../model/ports.ts';
import { called, excerpt } from '../model/words.ts';
import { type Diagnostic, type GraphIndex, type PortMention, portAt } from './graph-index.ts';

/** What is wrong with single edges, initial packets and the ports that they and the outer ports name. */
export function wires(graphIndex: GraphIndex): Diagnostic[] {
  const { graph } = graphIndex;
  const again = repeats(graph.edges, ({ from, to }) => `${called(from)} -> ${called(to)}`);
  return [
    ...graphIndex.unknownPorts.map(mention => unknownPort(graphIndex, mention)),
    ...graphIndex.mentions.flatMap(mention => indexed(graphIndex, mention)),
    ...again.map(([{ from }, first]) => {
      const at = `${first.from.place.line}:${first.from.place.column}`;
      return { place: from.place, sentence: `this edge is there twice, at ${at} already; remove one` };
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

function unknownPort({ specs: blueprints }: GraphIndex, { end, side }: PortMention): Diagnostic {
  const names = blueprints.get(end.node)?.[side].map(({ name }) => name.toUpperCase()) ?? [];
  const cure = names.length > 0 ? `it has ${names.join(', ')}` : 'it has none';
  const sentence = `${end.node} has no ${side.slice(0, -1)} ${end.port.toUpperCase()}; ${cure}`;
  return { place: end.place, sentence };
}

/** Outer ports name array ports as a whole, so they have no index. */
function indexed(graphIndex: GraphIndex, { end, side, outer }: PortMention): Diagnostic[] {
  const port = portAt(graphIndex, end, side);
  if (!port || outer || port.addressable === (end.index !== undefined)) return [];
  const name = port.name.toUpperCase();
  const sentence = port.addressable
    ? `${end.node} ${name} is an array port; give it an index, as in ${name}[0]`
    : `${end.node} ${name} is no array port; drop the index [${end.index}]`;
  return [{ place: end.place, sentence }];
}

function unfit(graphIndex: GraphIndex, again: ReadonlySet<Edge>): Diagnostic[] {
  return graphIndex.graph.edges.flatMap(edge => {
    const from = portAt(graphIndex, edge.from, 'outports');
    const to = portAt(graphIndex, edge.to, 'inports');
    if (!from || !to || again.has(edge)) return [];
    const [sent, taken] = differing(from, to) ?? [];
    if (!sent || !taken) return [];
    const sentence = `${called(edge.from)} sends ${sent}, but ${called(edge.to)} takes ${taken}; put a node between them`;
    return [{ place: edge.from.place, sentence }];
  });
}

/** What two ports call the packets that pass between them, where these can't be the same. */
function differing(from: PortSpec, to: PortSpec): [string, string] | undefined {
  if (from.schema && to.schema) return from.schema === to.schema ? undefined : [from.schema, to.schema];
  const fits =
    from.datatype === to.datatype ||
    from.datatype === 'all' ||
    ['all', 'bang'].includes(to.datatype) ||
    (from.datatype === 'int' && to.datatype === 'number');
  return fits ? undefined : [from.datatype, to.datatype];
}

/** A control port keeps one packet only. */
function overwritten(graphIndex: GraphIndex): Diagnostic[] {
  const settings = graphIndex.graph.initials.filter(({ to }) => portAt(graphIndex, to, 'inports')?.control);
  return repeats(settings, ({ to }) => called(to)).map(([{ to, place }, first]) => {
    const at = `${first.place.line}:${first.place.column}`;
    return { place, sentence: `${called(to)} has an initial packet already, at ${at}; remove one` };
  });
}

function misfit(graphIndex: GraphIndex, { data, to, place }: InitialPacket): Diagnostic[] {
  const datatype = portAt(graphIndex, to, 'inports')?.datatype;
  if (datatype === undefined || initialValue(data, datatype)) return [];
  const cure = CURES.get(datatype) ?? NEVER;
  return [{ place, sentence: `${called(to)} takes ${datatype}, not ${shown(data)}; ${cure}` }];
}

function shown(data: unknown): string {
  return excerpt(typeof data === 'string' ? `'${data}'` : JSON.stringify(data));
}

/** How a value of a datatype is written. */
const CURES: ReadonlyMap<string, string> = new Map([
  ['string', 'put it in quotes'],
  ['number', "write a number, as in '2.5'"],
  ['int', "write a whole number, as in '50'"],
  ['integer', "write a whole number, as in '50'"],
  ['boolean', "write 'true' or 'false'"],
  ['object', 'write JSON, as in {"key": "value"}'],
  ['array', 'write JSON, as in [1, 2]'],
  ['color', "write a colour, as in '#ff8800'"],
  ['date', "write a date, as in '2026-01-31'"],
]);
const NEVER = 'no initial packet can be one, so lead an edge into it';
