import { setImmediate } from 'node:timers/promises';
import type { GraphDocument } from '../../fbp/document.ts';
import { sidecar } from '../../fbp/print.ts';
import { type Diagnostic, diagnostic } from '../../model/diagnostic.ts';
import type { End, Fault, Graph, Place } from '../../model/graph.ts';
import { Refused } from '../../model/refused.ts';
import type { Registry } from '../../registry/registry.ts';
import { Faulty } from '../../runtime/examiner.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { StartFailure } from '../../runtime/startup-guard.ts';
import { type CodeDraft, nodesOf } from './code-draft.ts';

/** A subgraph at one of its nodes. */
interface PlacedSubgraph {
  /** The path of its node, `outer/inner`. */
  readonly path: string;
  /** Its component name, including the library. */
  readonly name: string;
  readonly graph: Graph;
}

/** All subgraphs in a graph, also nested ones, once for each node. The library has to be prepared for the graph. */
export function* placedSubgraphs(
  { nodes }: Graph,
  library: Registry,
  within: readonly PlacedSubgraph[] = [],
): Generator<PlacedSubgraph, void, undefined> {
  for (const { name, component } of nodes) {
    const graph = library.subgraph(component);
    // A subgraph that contains itself would never end.
    if (!graph || within.some(({ graph: { file } }) => file === graph.file)) continue;
    const outer = within.at(-1)?.path;
    const path = outer === undefined ? name : `${outer}/${name}`;
    const subgraph = { path, name: library.find(component)?.name ?? component, graph };
    yield subgraph;
    yield* placedSubgraphs(graph, library, [...within, subgraph]);
  }
}

/** A fault of the draft, with its node. */
export interface DraftFault extends Diagnostic, Place {
  /** A node of the draft itself. */
  readonly node?: string;
  /** The path of the node with the fault, `outer/inner`, if it is inside `node`. */
  readonly inner?: string;
  /** The subgraph with the fault, including the library; the sentence begins with it. */
  readonly within?: string;
  /** The port with the fault, in lower case. */
  readonly port?: string;
  /** The edge with the fault, in the graph of the node. */
  readonly edge?: { readonly src: Omit<End, 'place'>; readonly tgt: Omit<End, 'place'> };
}

/** The draft's faults and warnings. */
export interface DraftFindings {
  readonly faults: readonly DraftFault[];
  readonly warnings: readonly DraftFault[];
}

/** Limit of placed subgraphs that are checked, as nested ones multiply. */
export const MAX_PLACES = 1000;

/** The faults of a graph, with their nodes; those of a subgraph for every node of it. */
export async function draftFaults(
  error: unknown,
  { graph }: GraphDocument,
  library: Registry,
): Promise<readonly DraftFault[]> {
  if (error instanceof Unpublishable) return error.faults;
  if (error instanceof Faulty) return located(error.faults, graph, library);
  const reason = error instanceof Error ? error.message : String(error);
  const path = error instanceof StartFailure ? `${error.node}/` : '';
  const node = graph.nodes.find(({ name }) => path.startsWith(`${name}/`));
  const said = diagnostic('start-failed', { reason, ...(node && { node: node.name }) });
  return [{ ...said, ...(node?.place ?? { line: 1, column: 1 }), ...(node && { node: node.name }) }];
}

/**
 * The faults and warnings of a graph, as `draftFaults` returns them. Yields to the event loop before the graph is read,
 * often right after printing, and before it is checked, since each takes long for a large graph.
 */
export async function examineDraft(
  document: GraphDocument,
  { runtime, library }: { readonly runtime: Runtime; readonly library: Registry },
): Promise<DraftFindings> {
  await setImmediate();
  // Parses the text on first access.
  const { graph } = document;
  await setImmediate();
  const { faults, warnings } = await runtime.examine(document, library);
  return { faults: await located(faults, graph, library), warnings: await located(warnings, graph, library) };
}

/** The place of each fault; one of a subgraph for every node of it. */
async function located(faults: readonly Fault[], graph: Graph, library: Registry): Promise<readonly DraftFault[]> {
  if (faults.length === 0) return [];
  await library.prepare(graph);
  const inner = [...placedSubgraphs(graph, library).take(MAX_PLACES)];
  return faults.flatMap(fault => placed(fault, graph, inner));
}

/** A draft that would run, but must not be published. */
class Unpublishable extends Refused {
  readonly faults: readonly DraftFault[];

  constructor(faults: readonly DraftFault[]) {
    super(faults.map(({ sentence }) => sentence).join('\n'));
    this.faults = faults;
  }
}

/** Throws an error that `draftFaults` turns back into these faults. */
export function refuseToPublish(faults: readonly DraftFault[]): void {
  if (faults.length > 0) throw new Unpublishable(faults);
}

/** The faults of drafted code whose files were changed since. */
export function staleCode(code: CodeDraft, graph: Graph): readonly DraftFault[] {
  return code.stale().map(({ name, path }) => {
    const [node] = nodesOf(graph, name);
    const said = diagnostic('code-changed', { path, component: name });
    return { ...said, line: 1, column: 1, ...(node !== undefined && { node }) };
  });
}

function placed(fault: Fault, graph: Graph, inner: readonly PlacedSubgraph[]): readonly DraftFault[] {
  const { file } = fault;
  const there = inner.filter(subgraph => file === subgraph.graph.file || file === sidecar(subgraph.graph.file));
  if (file !== graph.file && there.length > 0) return there.map(subgraph => within(fault, subgraph));
  return [{ ...spotless(fault), ...(file === graph.file && spotOf(fault, graph)) }];
}

/** A fault of a subgraph. */
function within(fault: Fault, { path, name, graph }: PlacedSubgraph): DraftFault {
  const { node, ...spot } = fault.file === graph.file ? spotOf(fault, graph) : {};
  const inner = node === undefined ? path : `${path}/${node}`;
  const [outer = inner] = inner.split('/');
  const said = { ...spotless(fault), sentence: `in ${name}: ${fault.sentence}`, within: name };
  return { ...said, node: outer, ...(inner !== outer && { inner }), ...spot };
}

/** A fault without its file. */
function spotless({ code, params, sentence, line, column }: Fault): DraftFault {
  return { code, params, sentence, line, column };
}

/** The place of a fault: also the port of a node that it concerns, although its text position is the node's. */
function spotOf({ params, ...place }: Fault, graph: Graph): Pick<DraftFault, 'node' | 'port' | 'edge'> {
  const spot = spotAt(graph, place);
  const isNodes = spot.port === undefined && params.node === spot.node && typeof params.port === 'string';
  return isNodes ? { ...spot, port: String(params.port) } : spot;
}

/** The node, port or edge at a place of the text. */
function spotAt(
  { nodes, edges, initials, inports, outports }: Graph,
  place: Place,
): Pick<DraftFault, 'node' | 'port' | 'edge'> {
  const at = (other: { readonly place: Place }) =>
    other.place.line === place.line && other.place.column === place.column;
  const node = nodes.find(at);
  if (node) return { node: node.name };
  const edge = edges.find(({ from, to }) => at(from) || at(to));
  const ends = [...(edge ? [edge.from, edge.to] : []), ...initials.map(({ to }) => to), ...inports, ...outports];
  const end = ends.find(at) ?? initials.find(at)?.to;
  if (!end) return {};
  return { node: end.node, port: end.port, ...(edge && { edge: { src: bare(edge.from), tgt: bare(edge.to) } }) };
}

function bare({ place: _, ...end }: End): Omit<End, 'place'> {
  return end;
}
