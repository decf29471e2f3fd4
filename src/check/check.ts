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
  /**
   * Set if the file has syntax errors: suppresses "missing …" faults, as the missing thing may be in an unreadable
   * part.
   */
  readonly partial?: boolean;
}

const NO_PATHS = { diagnostics: [], goals: [] };

/**
 * All faults and warnings of a graph, in text order, without consequences of other faults. A graph with `outerPorts` is
 * a server's, otherwise a subgraph.
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
 * Checks that need subgraphs to be expanded: packets of a wrong type that come through forwarding nodes, and, as
 * warnings, duplicate paths, delays of answers, and state that several processes would not share. `flat` is the
 * expanded graph of a server without other faults, whose places are those of the files; `fileOf` gives the file.
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

/** Faults and warnings of a graph. */
export interface CheckResult {
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/** Separates faults from warnings. */
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

/** The language accepts a second declaration silently, and the last one wins. */
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

/** Names that NoFlo would find in any plain object. */
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
