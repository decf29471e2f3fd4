import type { Reading } from '../model/graph.ts';
import { readJson } from './json.ts';
import { Latest } from './latest.ts';
import { readLayout, whole } from './layout.ts';
import { readFbp } from './text.ts';

/**
 * Reads a graph: FBP JSON where the file's name ends in `.json`, else .fbp, together with what its sidecar says, where it
 * has one. Never throws: what is wrong is a fault.
 */
export function readGraph(file: string, text: string, layout = ''): Reading {
  return latest.of(JSON.stringify([file, layout, text]), () => freshly(file, text, layout));
}

const latest = new Latest<Reading>();

function freshly(file: string, text: string, layout: string): Reading {
  // Some editors mark a file as UTF-8 with an invisible first character.
  const plain = text.replace(/^\uFEFF/, '');
  if (isJson(file)) return readJson(file, plain);
  const said = readFbp(file, plain);
  if (layout === '') return said;
  const beside = readLayout(file, layout);
  return { ...said, graph: whole(said.graph, beside.layout), faults: [...said.faults, ...beside.faults] };
}

/** Says whether a file holds FBP JSON. */
export function isJson(file: string): boolean {
  return /\.json$/i.test(file);
}
