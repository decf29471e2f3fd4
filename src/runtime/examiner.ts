import { setImmediate } from 'node:timers/promises';
import { type CheckResult, check, checkExpanded, checkResult, type Fault, printFault } from '../check/check.ts';
import type { GraphDocument } from '../fbp/document.ts';
import { byPlace } from '../fbp/place.ts';
import type { RequiredPorts } from '../model/component-spec.ts';
import type { Place, Reading } from '../model/graph.ts';
import type { Registry } from '../registry/registry.ts';
import { expand } from './subgraph.ts';

/** A graph that can't run. Its message has one fault per line. */
export class Faulty extends Error {
  override readonly name = 'Faulty';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(printFault).join('\n'));
    this.faults = faults;
  }
}

/** Faults of a graph and its subgraphs. */
export interface Examined extends CheckResult {
  readonly document: GraphDocument;
  /** Faults and warnings together, in text order. */
  readonly all: readonly Fault[];
  /** Changes whenever one of its components does. */
  readonly components: string;
}

/** The last graph that passed the check. */
interface Sound {
  /** The graph, followed by its subgraphs. */
  readonly readings: readonly Reading[];
  readonly components: string;
  readonly isSubgraph: boolean;
  readonly all: readonly Fault[];
}

/**
 * Checks graphs. It yields to the event loop between steps, as each takes a while for a large graph, and caches the
 * last valid result, as a publish examines the same graph several times.
 */
export class Examiner {
  readonly #outerPorts: RequiredPorts;
  #last: Sound | undefined;

  /** `outerPorts` are those of a server's graph; a subgraph may have any. */
  constructor(outerPorts: RequiredPorts) {
    this.#outerPorts = outerPorts;
  }

  /** Checks a graph with the components of `library`. */
  async examine(document: GraphDocument, library: Registry, isSubgraph = false): Promise<Examined> {
    const main = document.reading;
    await setImmediate();
    const { subgraphs, fingerprint: components } = await library.prepare(main.graph);
    const now = { readings: [main, ...subgraphs], components, isSubgraph };
    const all =
      this.#known(now) ?? (await checked(main, now.readings, library, isSubgraph ? undefined : this.#outerPorts));
    const result = checkResult(all);
    if (result.faults.length === 0) this.#last = { ...now, all };
    return { document, all, components, ...result };
  }

  #known({ readings, components, isSubgraph }: Omit<Sound, 'all'>): readonly Fault[] | undefined {
    const last = this.#last;
    if (last?.components !== components || last.isSubgraph !== isSubgraph) return;
    // A cached text is read as the same object.
    const isAgain = last.readings.length === readings.length && readings.every((one, at) => one === last.readings[at]);
    return isAgain ? last.all : undefined;
  }
}

/** All faults and warnings of a graph and its subgraphs, in text order. */
async function checked(
  main: Reading,
  readings: readonly Reading[],
  library: Registry,
  outerPorts: RequiredPorts | undefined,
): Promise<readonly Fault[]> {
  const all: Fault[] = [];
  for (const { graph, faults, warnings } of readings) {
    const meaning = check(graph, library, graph === main.graph ? outerPorts : undefined, {
      partial: faults.length > 0,
    });
    all.push(...[...faults, ...warnings, ...meaning].sort(byPlace));
    await setImmediate();
  }
  if (!outerPorts || checkResult(all).faults.length > 0) return all;
  const flat = expand(main.graph, component => library.subgraph(component));
  all.push(...checkExpanded(flat, library, outerPorts, placesOf(readings)));
  const { file } = main.graph;
  return all.sort((a, b) => Number(a.file !== file) - Number(b.file !== file) || byPlace(a, b));
}

/** Finds the file of an edge or outer port from its place, also if it was inlined from a subgraph. */
function placesOf(readings: readonly Reading[]): (place: Place) => string | undefined {
  const files = new Map<Place, string>();
  for (const { graph } of readings) {
    for (const { from } of graph.edges) files.set(from.place, graph.file);
    for (const { place } of graph.outports) files.set(place, graph.file);
  }
  return place => files.get(place);
}
