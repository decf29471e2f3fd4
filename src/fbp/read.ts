import fbp from 'fbp';
import { TextCache } from '../memoize.ts';
import type { Graph, Reading } from '../model/graph.ts';
import { readJson } from './json.ts';
import { readLayout, whole } from './layout.ts';
import { leftOver, losses, mistakes } from './mistake.ts';
import { faultAt, type OffsetFault, placedFaults, placer } from './place.ts';
import { parse, type SyntaxTree } from './tree.ts';
import { type TreeView, viewOf } from './view.ts';

/**
 * Parses a graph: FBP JSON if the file's name ends in `.json`, otherwise .fbp, with its sidecar, if any. Never throws:
 * errors are returned as faults.
 */
export function readGraph(file: string, text: string, layout = ''): Reading {
  return readings.of(JSON.stringify([file, layout, text]), () => freshly(file, text, layout));
}

const readings = new TextCache<Reading>();

function freshly(file: string, text: string, layout: string): Reading {
  // Some editors mark a file as UTF-8 by an invisible first character.
  const plain = text.replace(/^\uFEFF/, '');
  if (isJson(file)) return readJson(file, plain);
  const said = readFbp(file, plain);
  if (layout === '') return said;
  const beside = readLayout(file, layout);
  return { ...said, graph: whole(said.graph, beside.layout), faults: [...said.faults, ...beside.faults] };
}

/** Whether a file's name is that of FBP JSON. */
export function isJson(file: string): boolean {
  return /\.json$/i.test(file);
}

/** The tree of a .fbp text, with its view. */
export interface ReadTree extends TreeView {
  readonly tree: SyntaxTree;
}

const trees = new TextCache<ReadTree>();

/** Parses a .fbp text, even with errors. */
export function readTree(text: string): ReadTree {
  return trees.of(text, () => {
    const tree = parse(text);
    return { tree, ...viewOf(tree) };
  });
}

function readFbp(file: string, text: string): Reading {
  const { tree, graph } = readTree(text);
  const place = placer(text);
  const own = [...mistakes(tree), ...losses(tree)];
  const faults = placedFaults(file, own.length > 0 || isRisky(graph) ? own : refusals(text), place);
  const warnings = placedFaults(file, leftOver(tree), place);
  return {
    graph: { ...graph, file },
    faults,
    warnings: warnings.map(fault => ({ ...fault, warning: true })),
  };
}

/** Whether a node or port is named like a member of Object.prototype, which the package `fbp` would overwrite. */
function isRisky({ nodes, edges, initials, inports, outports }: Graph): boolean {
  const ends = [...edges.flatMap(({ from, to }) => [from, to]), ...initials.map(({ to }) => to)];
  const outer = [...inports, ...outports].flatMap(({ name, node }) => [name, node]);
  return [...nodes.map(({ name }) => name), ...ends.map(({ node }) => node), ...outer].some(name => name in {});
}

/**
 * Errors of the package `fbp` for a text without other mistakes, since other users of NoFlo parse our graphs with it.
 * None is known; specs compare random texts.
 */
function refusals(text: string): readonly OffsetFault[] {
  try {
    fbp.parse(text, { caseSensitive: false, validateContents: false, validateSchema: false });
    return [];
  } catch (error) {
    if (error instanceof RangeError) return [faultAt(0, 'nests-too-deep')];
    const { message, location } = error as Error & {
      readonly location?: { readonly start: { readonly offset: number } };
    };
    return [faultAt(location?.start.offset ?? 0, 'refused-by-fbp', { reason: message })];
  }
}
