import type { Reading } from '../model/graph.ts';
import { readJson } from './json.ts';
import { Latest } from './latest.ts';
import { readLayout, whole } from './layout.ts';
import { leftOver, losses } from './loss.ts';
import { mistakes } from './mistake.ts';
import { placedFaults, placer } from './place.ts';
import { parse, type SyntaxTree } from './tree.ts';
import { type TreeView, viewOf } from './view.ts';

/**
 * Reads a graph: FBP JSON where the file's name ends in `.json`, else .fbp, together with what its sidecar says, where it
 * has one. Never throws: what is wrong is a fault.
 */
export function readGraph(file: string, text: string, layout = ''): Reading {
  return readings.of(JSON.stringify([file, layout, text]), () => freshly(file, text, layout));
}

const readings = new Latest<Reading>();

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

/** The tree of a text in .fbp, and its view. */
export interface ReadTree extends TreeView {
  readonly tree: SyntaxTree;
}

const trees = new Latest<ReadTree>();

/** Reads a text in .fbp, whatever is wrong with it. */
export function readTree(text: string): ReadTree {
  return trees.of(text, () => {
    const tree = parse(text);
    return { tree, ...viewOf(tree) };
  });
}

function readFbp(file: string, text: string): Reading {
  const { tree, graph } = readTree(text);
  const place = placer(text);
  const faults = placedFaults(file, [...mistakes(tree), ...losses(tree)], place);
  const warnings = placedFaults(file, leftOver(tree), place);
  return {
    graph: { ...graph, file },
    faults,
    warnings: warnings.map(fault => ({ ...fault, warning: true })),
  };
}
