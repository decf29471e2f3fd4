import type ELK from 'elkjs/lib/elk-api.js';
import type { ElkNode } from 'elkjs/lib/elk-api.js';
import { dropOldest } from '../../../src/model/cached.ts';
import type { Card } from '../model/card.ts';
import type { EditorGraph } from '../model/graph.ts';
import { elkGraph, type Places, placesOf, roughPlaces } from '../model/layout.ts';

let elk: Promise<InstanceType<typeof ELK>> | undefined;

/** Loads elk once, on first use. It runs in a worker. */
async function load(): Promise<InstanceType<typeof ELK>> {
  const [{ default: Elk }, { default: workerUrl }] = await Promise.all([
    import('elkjs/lib/elk-api.js'),
    import('elkjs/lib/elk-worker.min.js?url'),
  ]);
  return new Elk({ workerFactory: () => new Worker(workerUrl) });
}

/** Limit of cached layouts; subgraphs are laid out again with each revision. */
const REMEMBERED = 100;
/** Results of elk by its JSON, oldest first. */
const laidOut = new Map<string, Promise<ElkNode>>();

/** Lays out a graph unless it is cached. */
async function layOutOnce(node: ElkNode): Promise<ElkNode> {
  const key = JSON.stringify(node);
  elk ??= load();
  const known = laidOut.get(key) ?? elk.then(each => each.layout(node));
  laidOut.delete(key);
  laidOut.set(key, known);
  dropOldest(laidOut, REMEMBERED);
  try {
    return await known;
  } catch (error) {
    laidOut.delete(key);
    throw error;
  }
}

/** Computes a position for every node; rough ones if elk fails. */
export async function layOut(graph: EditorGraph, cards: ReadonlyMap<string, Card>): Promise<Places> {
  if (graph.nodes.size === 0) return new Map();
  try {
    return placesOf(await layOutOnce(elkGraph(graph, cards)), graph);
  } catch (error) {
    console.warn('the layout failed', error);
    return roughPlaces(graph, cards);
  }
}
