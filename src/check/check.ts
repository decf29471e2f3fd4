import { byPlace } from '../fbp/place.ts';
import type { ComponentLookup, RequiredPorts } from '../model/component-spec.ts';
import { diagnostic } from '../model/diagnostic.ts';
import type { Fault, Graph, Node, OuterPort, Place } from '../model/graph.ts';
import { visible } from '../model/text.ts';
import { deadEnds } from './dead-ends.ts';
import { type Finding, type GraphIndex, indexGraph } from './graph-index.ts';
import { missingParts, unheard } from './missing.ts';
import { duplicatePaths, packetPaths, slowPaths, unguarded } from './packet-paths.ts';
import { keptApart, stores, unfitSentOn, wires } from './ports.ts';

export type { Fault } from '../model/graph.ts';

interface Options {
  /** A part of the text could not be read: what is not there is no fault then, as it may be in that part. */
  readonly partial?: boolean;
}

const NO_PATHS = { diagnostics: [], goals: [] };

/**
 * Everything that is wrong with a graph, in the order of its text, without what only follows from another fault; warnings
 * too. A graph with `outerPorts` is a server's, one without is a subgraph.
 */
export function check(
  read: Graph,
  lookup: ComponentLookup,
  outerPorts?: RequiredPorts,
  { partial = false }: Options = {},
): Fault[] {
  const known = indexGraph(read, lookup, outerPorts);
  const { graph } = known;
  const { diagnostics: paths, goals } = partial ? NO_PATHS : deadEnds(known, outerPorts);
  const diagnostics = [
    ...components(known),
    ...repeated(known),
    ...unusable(graph),
    ...exportedTwice('inport', graph.inports),
    ...exportedTwice('outport', graph.outports),
    ...wires(known),
    ...stores(known),
    ...paths,
    ...(partial ? [] : [...missingParts(known, { outerPorts, goals }), ...unheard(known, outerPorts)]),
  ];
  return diagnostics.map(({ place, ...rest }) => ({ file: graph.file, ...place, ...rest })).sort(byPlace);
}

/**
 * What shows only once the nodes of subgraphs stand in place of them: packets of a wrong type that come through nodes which
 * send on what they get, and, as warnings, what would be done twice, what lets those who ask wait, and what several processes would have apart. `flat` is such a server's graph without other faults,
 * whose places are those of the files; `fileOf` says of which.
 */
export function checkExpanded(
  flat: Graph,
  lookup: ComponentLookup,
  outerPorts: RequiredPorts,
  fileOf: (place: Place) => string | undefined,
): Fault[] {
  const known = indexGraph(flat, lookup, outerPorts);
  const paths = packetPaths(known, outerPorts.entry);
  const found = [
    ...unfitSentOn(known),
    ...duplicatePaths(paths),
    ...slowPaths(paths),
    ...keptApart(known),
    ...unguarded(paths, outerPorts.entry),
  ];
  return found.map(({ place, ...rest }) => ({ file: fileOf(place) ?? flat.file, ...place, ...rest }));
}

/** `file:line:column: sentence`, and `file:line:column: warning: sentence` for a warning. */
export function printFault({ file, line, column, sentence, warning }: Fault): string {
  return visible(`${file}:${line}:${column}: ${warning ? 'warning: ' : ''}${sentence}`);
}

/** What keeps a graph from running, and what does not. */
export interface CheckResult {
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/** Tells what keeps a graph from running apart from warnings. */
export function checkResult(all: readonly Fault[]): CheckResult {
  return { faults: all.filter(({ warning }) => !warning), warnings: all.filter(({ warning }) => warning) };
}

function components({ graph, lookup, nearComponents }: GraphIndex): Finding[] {
  return graph.nodes.flatMap(({ component, place }) => {
    if (!component) return [];
    const found = lookup.find(component);
    if (!found) {
      const [near, cure] = [nearComponents(component), lookup.cure?.(component)];
      return [{ place, ...diagnostic('unknown-component', { component, near, ...(cure !== undefined && { cure }) }) }];
    }
    if (found.broken === undefined) return [];
    return [{ place, ...diagnostic('broken-component', { component, reason: found.broken }) }];
  });
}

/** The language takes a second declaration without a word, and the last one counts. */
function repeated({ graph }: GraphIndex): Finding[] {
  const first = new Map<string, Node>();
  return graph.nodes.flatMap(node => {
    const { name, component, place } = node;
    const before = first.get(name);
    if (!component) return [];
    if (!before) {
      first.set(name, node);
      return [];
    }
    const at = `${before.place.line}:${before.place.column}`;
    const other = component === before.component ? {} : { other: before.component };
    return [{ place, ...diagnostic('node-twice', { node: name, at, ...other }) }];
  });
}

/** Names that NoFlo would find in a plain object before it puts them there. */
function unusable({ nodes, inports, outports }: Graph): Finding[] {
  return [...nodes, ...inports, ...outports].flatMap(({ name, place }) =>
    name in Object.prototype ? [{ place, ...diagnostic('reserved-name', { name }) }] : [],
  );
}

function exportedTwice(side: 'inport' | 'outport', outers: readonly OuterPort[]): Finding[] {
  const first = new Map<string, OuterPort>();
  return outers.flatMap(outer => {
    const before = first.get(outer.name);
    if (!before) {
      first.set(outer.name, outer);
      return [];
    }
    const at = `${before.place.line}:${before.place.column}`;
    return [{ place: outer.place, ...diagnostic('outer-port-twice', { side, outer: outer.name, at }) }];
  });
}
