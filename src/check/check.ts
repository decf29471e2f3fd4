import { byPlace } from '../fbp/place.ts';
import type { ComponentLookup, RequiredPorts } from '../model/component-spec.ts';
import type { Fault, Graph, Node, OuterPort, Place } from '../model/graph.ts';
import { visible } from '../model/text.ts';
import { listInWords, oneLine } from '../model/words.ts';
import { duplicatePaths } from './duplicate-paths.ts';
import { type Diagnostic, type GraphIndex, indexGraph } from './graph-index.ts';
import { missingParts, unheard } from './missing.ts';
import { deadEnds } from './paths.ts';
import { wires } from './ports.ts';
import { stores } from './stores.ts';

export type { Fault } from '../model/graph.ts';

export interface Options {
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
  const known = indexGraph(read, lookup);
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
  return diagnostics
    .map(({ place, sentence, ...rest }) => ({ file: graph.file, ...place, sentence: oneLine(sentence), ...rest }))
    .sort(byPlace);
}

/**
 * Warnings of what a server's graph would do twice, where it has no faults. `flat` is the graph with its subgraphs' nodes in
 * place of them, whose places are those of the files; `fileOf` says of which.
 */
export function checkDuplicates(
  flat: Graph,
  lookup: ComponentLookup,
  outerPorts: RequiredPorts,
  fileOf: (place: Place) => string | undefined,
): Fault[] {
  return duplicatePaths(indexGraph(flat, lookup), outerPorts).map(({ place, sentence }) => ({
    file: fileOf(place) ?? flat.file,
    ...place,
    sentence: oneLine(sentence),
    warning: true,
  }));
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

function components({ graph, lookup, nearComponents }: GraphIndex): Diagnostic[] {
  return graph.nodes.flatMap(({ component, place }) => {
    if (!component) return [];
    const found = lookup.find(component);
    if (!found) {
      const near = nearComponents(component);
      const guess =
        near.length > 0 ? `did you mean ${listInWords(near, 'or')}?` : 'fbp.json lists those that there are';
      const cure = lookup.cure?.(component) ?? guess;
      return [{ place, sentence: `there is no component ${component}; ${cure}` }];
    }
    if (found.broken === undefined) return [];
    return [{ place, sentence: `component ${component} can't be loaded: ${found.broken}` }];
  });
}

/** The language takes a second declaration without a word, and the last one counts. */
function repeated({ graph }: GraphIndex): Diagnostic[] {
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
    const same = component === before.component;
    const cure = same ? 'keep one of them' : `there as ${before.component}; rename one of them`;
    return [{ place, sentence: `${name} is declared twice, at ${at} already${same ? ';' : ','} ${cure}` }];
  });
}

/** Names that NoFlo would find in a plain object before it puts them there. */
function unusable({ nodes, inports, outports }: Graph): Diagnostic[] {
  return [...nodes, ...inports, ...outports].flatMap(({ name, place }) =>
    name in Object.prototype
      ? [{ place, sentence: `${name} can't be a name, as every JavaScript object has it; choose another` }]
      : [],
  );
}

function exportedTwice(side: 'inport' | 'outport', outers: readonly OuterPort[]): Diagnostic[] {
  const first = new Map<string, OuterPort>();
  return outers.flatMap(outer => {
    const before = first.get(outer.name);
    if (!before) {
      first.set(outer.name, outer);
      return [];
    }
    const at = `${before.place.line}:${before.place.column}`;
    const sentence = `outer ${side} ${outer.name.toUpperCase()} is there twice, at ${at} already; rename or remove one`;
    return [{ place: outer.place, sentence }];
  });
}
