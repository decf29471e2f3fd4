import type ELK from 'elkjs/lib/elk-api.js';
import type { Card } from '../model/card.ts';
import type { EditorGraph } from '../model/graph.ts';
import { elkGraph, type Places, placesOf, roughPlaces } from '../model/layout.ts';

let elk: Promise<InstanceType<typeof ELK>> | undefined;

/** Loads elk once, when first needed. It runs in a worker. */
async function load(): Promise<InstanceType<typeof ELK>> {
  const [{ default: Elk }, { default: workerUrl }] = await Promise.all([
    import('elkjs/lib/elk-api.js'),
    import('elkjs/lib/elk-worker.min.js?url'),
  ]);
  return new Elk({ workerFactory: () => new Worker(workerUrl) });
}

/** Computes a place for every node; rough ones if elk fails. */
export async function layOut(graph: EditorGraph, cards: ReadonlyMap<string, Card>): Promise<Places> {
  if (graph.nodes.size === 0) return new Map();
  try {
    elk ??= load();
    return placesOf(await (await elk).layout(elkGraph(graph, cards)), graph);
  } catch (error) {
    console.warn('the layout failed', error);
    return roughPlaces(graph, cards);
  }
}
