import { specsOf } from '../../check/graph-index.ts';
import { guardOf } from '../../check/packet-paths.ts';
import { compare, dataOf, difference } from '../../model/difference.ts';
import type { Graph, PortRef } from '../../model/graph.ts';
import { isAt } from '../../model/graph-lookup.ts';
import { portName } from '../../model/words.ts';
import type { Registry } from '../../registry/registry.ts';
import { GraphDraft } from '../draft/graph-draft.ts';

/** Reads and replaces RULES of the graph's guard node. */

/** The schema of RULES. */
const RULES = 'chat/rules';

const guardIn = (graph: Graph, library: Registry) => guardOf(graph, specsOf(graph, library));

/** The rules and their port; undefined if the graph has none, or an edge or outer port leads to it. */
export function rulesIn(graph: Graph, library: Registry): { readonly rules: string; readonly at: PortRef } | undefined {
  const node = guardIn(graph, library);
  if (node === undefined) return;
  const port = specsOf(graph, library)
    .get(node)
    ?.inports.find(({ schema }) => schema === RULES);
  if (!port) return;
  const at = { node, port: port.name };
  if (graph.edges.some(({ to }) => isAt(to, at)) || graph.inports.some(inport => isAt(inport, at))) return;
  const given = graph.initials.find(({ to }) => isAt(to, at))?.data ?? port.default;
  const lines = Array.isArray(given) ? given.join('\n') : given;
  return typeof lines === 'string' ? { rules: lines, at } : undefined;
}

/** The graph with other rules at that port. */
export function withRules(graph: Graph, at: PortRef, rules: string): Graph {
  const draft = new GraphDraft('', graph);
  for (const { to, data } of graph.initials)
    if (isAt(to, at)) draft.change({ command: 'removeinitial', payload: { tgt: at, src: { data } } });
  draft.change({ command: 'addinitial', payload: { tgt: at, src: { data: rules }, metadata: {} } });
  return draft.graph;
}

/** The differences between two graphs' rules, in sentences. */
export function rulesSince(before: Graph, graph: Graph, library: Registry): readonly string[] {
  const guards = new Set([before, graph].map(each => guardIn(each, library)));
  const plain = (graph: Graph): Graph => ({ ...graph, nodes: graph.nodes.map(node => ({ ...node, metadata: {} })) });
  const [from, to] = [plain(before), plain(graph)];
  const values = compare(from, to).initials.flatMap(({ before, after }) => {
    const { to: at } = (after ?? before)[0]!;
    const now = after ? dataOf(after).join(' and ') : 'not set';
    const was = before && `, was ${dataOf(before).join(' and ')}`;
    return guards.has(at.node) ? [`${at.node}: ${portName(at)} is ${now}${was ?? ''}`] : [];
  });
  const others = difference(from, to).flatMap(({ kind, nodes, sentence }) =>
    kind !== 'initial' && nodes.some(node => guards.has(node)) ? [sentence] : [],
  );
  return [...values, ...others];
}
