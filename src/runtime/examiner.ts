import { setImmediate } from 'node:timers/promises';
import { check, checkDuplicates, checkResult, type Fault } from '../check/check.ts';
import { byPlace } from '../fbp/place.ts';
import { readGraph } from '../fbp/read.ts';
import type { RequiredPorts } from '../model/component-spec.ts';
import type { Graph, GraphSource, Place, Reading } from '../model/graph.ts';
import type { Registry } from '../registry/registry.ts';
import { expand } from './subgraph.ts';

/** A graph that was read and checked with its subgraphs, but does not run yet. */
export interface Examined {
  readonly graph: Graph;
  /** Faults and warnings. */
  readonly said: readonly Fault[];
  /** Changes whenever one of its components does. */
  readonly stamp: string;
}

/** A parsed graph, followed by its subgraphs. */
type Readings = readonly [Reading, ...Reading[]];

/** The last graph that passed the check. */
interface Sound {
  readonly readings: Readings;
  readonly stamp: string;
  readonly outerPorts: RequiredPorts | undefined;
  readonly said: readonly Fault[];
}

/**
 * Reads and checks graphs. It yields to the event loop between steps, as each takes a while for a large graph, and
 * caches the last valid result, as a publish examines the same graph several times.
 */
export class Examiner {
  #last: Sound | undefined;

  /** Checks a server's graph if `outerPorts` is given, else a subgraph. */
  async examine(
    { file, text, layout }: GraphSource,
    library: Registry,
    outerPorts: RequiredPorts | undefined,
  ): Promise<Examined> {
    const main = readGraph(file, text, layout);
    await setImmediate();
    const { subgraphs, fingerprint: stamp } = await library.prepare(main.graph);
    const readings: Readings = [main, ...subgraphs];
    const last = this.#last;
    const isAgain = last?.outerPorts === outerPorts && last?.stamp === stamp && isSame(last.readings, readings);
    const said = isAgain ? last.said : await checked(readings, library, outerPorts);
    if (checkResult(said).faults.length === 0) this.#last = { readings, stamp, outerPorts, said };
    return { graph: main.graph, said, stamp };
  }
}

/** All faults and warnings of a graph and its subgraphs, in text order. */
async function checked(
  readings: Readings,
  library: Registry,
  outerPorts: RequiredPorts | undefined,
): Promise<readonly Fault[]> {
  const [main] = readings;
  const said: Fault[] = [];
  for (const { graph, faults, warnings } of readings) {
    const meaning = check(graph, library, graph === main.graph ? outerPorts : undefined, {
      partial: faults.length > 0,
    });
    said.push(...[...faults, ...warnings, ...meaning].sort(byPlace));
    await setImmediate();
  }
  if (!outerPorts || checkResult(said).faults.length > 0) return said;
  const flat = expand(main.graph, component => library.subgraph(component));
  said.push(...checkDuplicates(flat, library, outerPorts, placesOf(readings)));
  const { file } = main.graph;
  return said.sort((a, b) => Number(a.file !== file) - Number(b.file !== file) || byPlace(a, b));
}

/** Whether both are the same texts: `readGraph` returns a cached object for a text it knows. */
function isSame(some: Readings, others: Readings): boolean {
  return some.length === others.length && some.every((reading, at) => reading === others[at]);
}

/** Finds the file of an edge's or outer port's place, also for those inlined from a subgraph. */
function placesOf(readings: Readings): (place: Place) => string | undefined {
  const files = new Map<Place, string>();
  for (const { graph } of readings) {
    for (const { from } of graph.edges) files.set(from.place, graph.file);
    for (const { place } of graph.outports) files.set(place, graph.file);
  }
  return place => files.get(place);
}
