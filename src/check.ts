import { absences } from './check/absence.ts';
import { unheard } from './check/live.ts';
import { dead } from './check/paths.ts';
import { wires } from './check/ports.ts';
import { stores } from './check/stores.ts';
import { type Said, type Survey, survey, together } from './check/survey.ts';
import { twice } from './check/twice.ts';
import { byPlace, oneLine } from './fbp/place.ts';
import type { Fault, Graph, Node, Outer, Place } from './fbp.ts';
import { visible } from './model/visible.ts';

export type { Fault } from './fbp.ts';

/** A port as its component describes it. */
export interface Port {
  /** In lower case. */
  readonly name: string;
  /** One of NoFlo's. */
  readonly datatype: string;
  /** What its packets are, such as `chat/question`; two that differ don't fit. */
  readonly schema?: string;
  readonly required: boolean;
  /** An array port. */
  readonly addressable: boolean;
  readonly control: boolean;
  readonly description: string;
  /** Why an outport may stay unwired, such as that the node answers itself then. */
  readonly open?: string;
  /** Has a default value. */
  readonly preset: boolean;
  /** That value, where JSON can tell it. */
  readonly default?: unknown;
  /** The only values that it takes. */
  readonly values?: readonly unknown[];
}

/** A component as it looks from outside. */
export interface Blueprint {
  readonly name: string;
  readonly description: string;
  readonly icon: string;
  readonly inports: readonly Port[];
  readonly outports: readonly Port[];
  /** The stores that the initial packets of a subgraph name. */
  readonly stores?: readonly string[];
  /** Why it can't be loaded; its ports are not known then. */
  readonly broken?: string;
  /** It is a graph with faults of its own, which are told there; its ports are not all known. */
  readonly vague?: boolean;
}

/** The components that there are. */
export interface Catalogue {
  readonly names: readonly string[];
  /** Also finds a component by its bare name, without its module's, as NoFlo does. */
  find(component: string): Blueprint | undefined;
  /** What to do so that there is a component that is not there, where more is known than its name. */
  cure?(component: string): string | undefined;
}

/** The outer ports that a server's graph must have, in lower case. */
export interface Doors {
  readonly entry: string;
  readonly exit: string;
  /** Where live delivery gets its events, in graphs that have it. */
  readonly push?: string;
}

export interface Options {
  /** A part of the text could not be read: what is not there is no fault then, as it may be in that part. */
  readonly partial?: boolean;
}

const NO_PATHS = { said: [], goals: [] };

/**
 * Everything that is wrong with a graph, in the order of its text, without what only follows from another fault; warnings
 * too. A graph with `doors` is a server's, one without is a subgraph.
 */
export function check(read: Graph, catalogue: Catalogue, doors?: Doors, { partial = false }: Options = {}): Fault[] {
  const known = survey(read, catalogue);
  const { graph } = known;
  const { said: paths, goals } = partial ? NO_PATHS : dead(known, doors);
  const said = [
    ...components(known),
    ...repeated(known),
    ...unusable(graph),
    ...exportedTwice('inport', graph.inports),
    ...exportedTwice('outport', graph.outports),
    ...wires(known),
    ...stores(known),
    ...paths,
    ...(partial ? [] : [...absences(known, { doors, goals }), ...unheard(known, doors)]),
  ];
  return said
    .map(({ place, sentence, ...rest }) => ({ file: graph.file, ...place, sentence: oneLine(sentence), ...rest }))
    .sort(byPlace);
}

/**
 * Warnings of what a server's graph would do twice, where it has no faults. `flat` is the graph with its subgraphs' nodes in
 * place of them, whose places are those of the files; `fileOf` says of which.
 */
export function checkTwice(
  flat: Graph,
  catalogue: Catalogue,
  doors: Doors,
  fileOf: (place: Place) => string | undefined,
): Fault[] {
  return twice(survey(flat, catalogue), doors).map(({ place, sentence }) => ({
    file: fileOf(place) ?? flat.file,
    ...place,
    sentence: oneLine(sentence),
    warning: true,
  }));
}

/** `file:line:column: sentence`, and `file:line:column: warning: sentence` for a warning. */
export function print({ file, line, column, sentence, warning }: Fault): string {
  return visible(`${file}:${line}:${column}: ${warning ? 'warning: ' : ''}${sentence}`);
}

/** What keeps a graph from running, and what does not. */
export interface Verdict {
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/** Tells what keeps a graph from running apart from warnings. */
export function verdict(all: readonly Fault[]): Verdict {
  return { faults: all.filter(({ warning }) => !warning), warnings: all.filter(({ warning }) => warning) };
}

function components({ graph, catalogue, nearComponents }: Survey): Said[] {
  return graph.nodes.flatMap(({ component, place }) => {
    if (!component) return [];
    const found = catalogue.find(component);
    if (!found) {
      const near = nearComponents(component);
      const guess = near.length > 0 ? `did you mean ${together(near, 'or')}?` : 'fbp.json lists those that there are';
      const cure = catalogue.cure?.(component) ?? guess;
      return [{ place, sentence: `there is no component ${component}; ${cure}` }];
    }
    if (found.broken === undefined) return [];
    return [{ place, sentence: `component ${component} can't be loaded: ${found.broken}` }];
  });
}

/** The language takes a second declaration without a word, and the last one counts. */
function repeated({ graph }: Survey): Said[] {
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
function unusable({ nodes, inports, outports }: Graph): Said[] {
  return [...nodes, ...inports, ...outports].flatMap(({ name, place }) =>
    name in Object.prototype
      ? [{ place, sentence: `${name} can't be a name, as every JavaScript object has it; choose another` }]
      : [],
  );
}

function exportedTwice(side: 'inport' | 'outport', outers: readonly Outer[]): Said[] {
  const first = new Map<string, Outer>();
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
