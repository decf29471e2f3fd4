import { setImmediate } from 'node:timers/promises';
import { check, checkDuplicates, checkResult, type Fault } from '../check/check.ts';
import { byPlace } from '../fbp/place.ts';
import { readGraph } from '../fbp/read.ts';
import type { RequiredPorts } from '../model/component-spec.ts';
import type { Graph, GraphSource, Place, Reading } from '../model/graph.ts';
import type { Registry } from '../registry/registry.ts';
import { expand } from './subgraph.ts';

/** What a graph is before it runs: read, and checked with all that is in it. */
export interface Examined {
  readonly graph: Graph;
  /** Faults and warnings. */
  readonly said: readonly Fault[];
  /** Differs whenever one of its components is another one than before. */
  readonly stamp: string;
}

/** A graph as it was read, and its subgraphs. */
type Readings = readonly [Reading, ...Reading[]];

/** What was checked last and can run. */
interface Sound {
  readonly readings: Readings;
  readonly stamp: string;
  readonly outerPorts: RequiredPorts | undefined;
  readonly said: readonly Fault[];
}

/**
 * Reads and checks graphs. Each step takes a while for a large graph, so that everybody else has their turn in between; and
 * what can run and was checked last is not checked again, as one graph is examined before, while and after it is published.
 */
export class Examiner {
  #last: Sound | undefined;

  /** A graph with `outerPorts` is a server's, one without is a subgraph. */
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

/** All faults and warnings of a graph and of its subgraphs, in the order of the text. */
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

/** Whether the same texts were read: `readGraph` gives the same object then, as long as it remembers it. */
function isSame(some: Readings, others: Readings): boolean {
  return some.length === others.length && some.every((reading, at) => reading === others[at]);
}

/** Says in which file the place of an edge or outer port is, also where the graph around it has taken it in. */
function placesOf(readings: Readings): (place: Place) => string | undefined {
  const files = new Map<Place, string>();
  for (const { graph } of readings) {
    for (const { from } of graph.edges) files.set(from.place, graph.file);
    for (const { place } of graph.outports) files.set(place, graph.file);
  }
  return place => files.get(place);
}
