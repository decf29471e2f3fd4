import { byPlace } from '../fbp/place.ts';
import type { ComponentLookup, ComponentSpec, PortSpec, RequiredPorts } from '../model/component-spec.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { type End, type Graph, lowerCasePorts, type Node, type OuterPort, type Place } from '../model/graph.ts';
import { type GraphWiring, sentOn } from '../model/ports.ts';
import { nearest } from '../model/words.ts';

/** A fault or warning without its file. */
export interface Finding extends Diagnostic {
  readonly place: Place;
  readonly warning?: true;
}

export type Side = 'inports' | 'outports';

/** A port of a node that an edge, an initial packet or an outer port names. */
export interface PortMention {
  readonly end: End;
  readonly side: Side;
  readonly outer: boolean;
}

/** A graph with an index of its nodes. */
export interface GraphIndex {
  /** With its ports in lower case. */
  readonly graph: Graph;
  readonly lookup: ComponentLookup;
  /** By name; the first declaration of each. */
  readonly nodes: ReadonlyMap<string, Node>;
  /** By node; only for nodes whose component is known. */
  readonly specs: ReadonlyMap<string, ComponentSpec>;
  readonly mentions: readonly PortMention[];
  /** The first mention of each undeclared node. */
  readonly undeclared: ReadonlyMap<string, PortMention>;
  /** Mentions of ports that the node doesn't have. */
  readonly unknownPorts: readonly PortMention[];
  /** Similar names of existing components. */
  nearComponents(component: string): readonly string[];
  /** Similar names of declared nodes. */
  nearNodes(undeclared: string): readonly string[];
}

/** Indexes a graph for the checks. */
export function indexGraph(read: Graph, lookup: ComponentLookup, outerPorts?: RequiredPorts): GraphIndex {
  const graph = lowerCasePorts(read);
  const nodes = new Map<string, Node>();
  for (const node of graph.nodes) if (!nodes.has(node.name)) nodes.set(node.name, node);
  const specs = followed(graph, inUse(graph, specsOf(graph, lookup)), outerPorts?.entry);
  const mentions = mentionsIn(graph);
  const undeclared = new Map<string, PortMention>();
  for (const mention of mentions) {
    const { node } = mention.end;
    if (!nodes.has(node) && !undeclared.has(node)) undeclared.set(node, mention);
  }
  const unknownPorts = mentions.filter(({ end, side }) => {
    const spec = specs.get(end.node);
    return spec && !portOf(spec, side, end.port);
  });
  let mended = 0;
  const nearComponents = (name: string) => (++mended > MAX_SUGGESTIONS ? [] : nearest(name, lookup.names, bare));
  const names = [...nodes.keys()];
  const near = new Map<string, readonly string[]>();
  for (const name of [...undeclared.keys()].slice(0, MAX_SUGGESTIONS))
    near.set(
      name,
      nearest(name, names, same => same),
    );
  const nearNodes = (name: string) => near.get(name) ?? [];
  return { graph, lookup, nodes, specs, mentions, undeclared, unknownPorts, nearComponents, nearNodes };
}

/** A node's port as its component describes it; undefined if unknown. */
export function portAt(
  { specs }: GraphIndex,
  { node, port }: Pick<End, 'node' | 'port'>,
  side: Side,
): PortSpec | undefined {
  const spec = specs.get(node);
  return spec && portOf(spec, side, port);
}

function portOf(spec: ComponentSpec, side: Side, name: string): PortSpec | undefined {
  return spec[side].find(port => port.name === name);
}

export function specsOf({ nodes }: Graph, lookup: Pick<ComponentLookup, 'find'>): Map<string, ComponentSpec> {
  const components = new Map<string, Set<string>>();
  for (const { name, component } of nodes) components.set(name, (components.get(name) ?? new Set()).add(component));
  const specs = new Map<string, ComponentSpec>();
  for (const [name, [component = '', other]] of components) {
    const found = component && other === undefined ? lookup.find(component) : undefined;
    if (found && found.broken === undefined && !found.vague) specs.set(name, found);
  }
  return specs;
}

/** Marks outports that a setting disables as sending nothing. A setting with an incoming edge may have any value. */
function inUse(
  { edges, initials, inports }: Graph,
  specs: ReadonlyMap<string, ComponentSpec>,
): ReadonlyMap<string, ComponentSpec> {
  const isAt = (node: string, name: string) => (end: Pick<End, 'node' | 'port'>) =>
    end.node === node && end.port === name;
  const outport = (node: string, { inports: settings }: ComponentSpec, port: PortSpec): PortSpec => {
    if (!port.when) return port;
    const { name, value } = port.when;
    const isHere = isAt(node, name);
    const setting = settings.find(each => each.name === name);
    if (!setting || edges.some(({ to }) => isHere(to)) || inports.some(isHere)) return port;
    const given = initials.find(({ to }) => isHere(to))?.data ?? setting.default;
    return given === value ? port : { ...port, aside: true, open: `it sends nothing unless ${name} is ${value}` };
  };
  return new Map(
    Array.from(specs, ([node, spec]) => [
      node,
      spec.outports.some(({ when }) => when)
        ? { ...spec, outports: spec.outports.map(port => outport(node, spec, port)) }
        : spec,
    ]),
  );
}

/** Adds the types that nodes forward; questions enter by `entry`. */
function followed(
  graph: Graph,
  specs: ReadonlyMap<string, ComponentSpec>,
  entry: string | undefined,
): ReadonlyMap<string, ComponentSpec> {
  const isGeneric = ({ outports }: ComponentSpec) => outports.some(({ sameAs }) => sameAs !== undefined);
  if (![...specs.values()].some(isGeneric)) return specs;
  const wiring = wiringOf(graph, specs, entry);
  const outport = (node: string, port: PortSpec): PortSpec => {
    if (port.sameAs === undefined) return port;
    const { schemas, outers, isKnown } = sentOn({ node, port: port.sameAs }, wiring);
    const [schema, other] = schemas;
    const isOne = isKnown && outers.length === 0 && other === undefined;
    return { ...port, schemas, ...(isOne && schema !== undefined && { schema }) };
  };
  return new Map(
    Array.from(specs, ([node, spec]) => [
      node,
      isGeneric(spec) ? { ...spec, outports: spec.outports.map(port => outport(node, port)) } : spec,
    ]),
  );
}

/** The wiring of a graph. */
export function wiringOf(
  { edges, inports }: Graph,
  specs: ReadonlyMap<string, ComponentSpec>,
  entry?: string | undefined,
): GraphWiring {
  const key = ({ node, port }: Pick<End, 'node' | 'port'>) => `${node}\n${port}`;
  const into = Map.groupBy(edges, ({ to }) => key(to));
  const outer = Map.groupBy(inports, key);
  return {
    outport: ({ node, port }) => specs.get(node)?.outports.find(({ name }) => name === port),
    into: at => into.get(key(at))?.map(({ from }) => from) ?? [],
    outer: at => outer.get(key(at))?.map(({ name }) => ({ name, ...(name === entry && { schema: QUESTION }) })) ?? [],
  };
}

/** The type of packets at the entry of a server's graph. */
const QUESTION = 'chat/question';

function mentionsIn({ edges, initials, inports, outports }: Graph): PortMention[] {
  const inner = (outers: readonly OuterPort[], side: Side): PortMention[] =>
    outers.map(end => ({ end, side, outer: true }));
  return [
    ...edges.flatMap<PortMention>(({ from, to }) => [
      { end: from, side: 'outports', outer: false },
      { end: to, side: 'inports', outer: false },
    ]),
    ...initials.map<PortMention>(({ to }) => ({ end: to, side: 'inports', outer: false })),
    ...inner(inports, 'inports'),
    ...inner(outports, 'outports'),
  ].sort((a, b) => byPlace(a.end.place, b.end.place));
}
const MAX_SUGGESTIONS = 20;

/** The component's name without its library. */
function bare(component: string): string {
  return component.slice(component.lastIndexOf('/') + 1);
}

/** Schemas of side outputs. */
const SIDE_OUTPUT_SCHEMAS: ReadonlySet<string> = new Set(['chat/event', 'chat/added']);

/** Whether a port is a side output, on which no question travels. */
export const isAside = (port: { readonly aside?: unknown; readonly schema?: unknown } | undefined): boolean =>
  port?.aside === true || SIDE_OUTPUT_SCHEMAS.has(String(port?.schema));
