import { setImmediate } from 'node:timers/promises';
import { verdict } from '../../check.ts';
import { sidecar } from '../../fbp/print.ts';
import { type End, type Fault, type Graph, type Place, read } from '../../fbp.ts';
import { Faulty, type Flow, type Source } from '../../flow.ts';
import type { Library } from '../../library.ts';
import { nodesOf } from '../difference/code.ts';
import { Refused } from '../protocol/message.ts';
import type { DraftCode } from './code.ts';
import { type Inside, insides } from './inside.ts';

/** A fault of the draft, and the node where it is. */
export interface DraftFault extends Place {
  readonly sentence: string;
  /** A node of the draft itself. */
  readonly node?: string;
  /** The path of the node where the fault is, `outer/inner`, where it is inside of `node`. */
  readonly inner?: string;
  /** The port of that node where it is, in lower case. */
  readonly port?: string;
  /** The edge where it is, in the graph in which the node is. */
  readonly edge?: { readonly src: Omit<End, 'place'>; readonly tgt: Omit<End, 'place'> };
}

/** What keeps the draft from running, and what it is warned of. */
export interface DraftVerdict {
  readonly faults: readonly DraftFault[];
  readonly warnings: readonly DraftFault[];
}

/** At how many places subgraphs are looked for, as one that is placed often may have others that are. */
const MOST_PLACES = 1000;

/** What keeps a graph from running, each with its node where it has one; what is wrong in a subgraph, wherever that is placed. */
export async function faultsOf(
  error: unknown,
  { file, text, layout }: Source,
  library: Library,
): Promise<readonly DraftFault[]> {
  if (error instanceof Unpublishable) return error.faults;
  const { graph } = read(file, text, layout);
  if (error instanceof Faulty) return located(error.faults, graph, library);
  const sentence = error instanceof Error ? error.message : String(error);
  // The sentence of a node that does not start begins with its name.
  const node = graph.nodes.find(({ name }) => sentence.startsWith(`${name} `));
  return [{ sentence, ...(node?.place ?? { line: 1, column: 1 }), ...(node && { node: node.name }) }];
}

/**
 * What keeps a graph from running and what it is warned of, as `faultsOf` tells it. Everybody else has their turn before it is
 * read, which is often right after it was printed, and before it is checked, as each takes a while for a large graph.
 */
export async function examined(
  source: Source,
  { flow, library }: { readonly flow: Flow; readonly library: Library },
): Promise<DraftVerdict> {
  await setImmediate();
  const { graph } = read(source.file, source.text, source.layout);
  await setImmediate();
  const { faults, warnings } = verdict(await flow.check(source, library));
  return { faults: await located(faults, graph, library), warnings: await located(warnings, graph, library) };
}

/** Each fault where it is; what is in a subgraph, wherever that is placed. */
async function located(faults: readonly Fault[], graph: Graph, library: Library): Promise<readonly DraftFault[]> {
  if (faults.length === 0) return [];
  await library.prepare(graph);
  const inner = [...insides(graph, library).take(MOST_PLACES)];
  return faults.flatMap(fault => placed(fault, graph, inner));
}

/** A draft that would run, and must not be published as it is. */
class Unpublishable extends Refused {
  readonly faults: readonly DraftFault[];

  constructor(faults: readonly DraftFault[]) {
    super(faults.map(({ sentence }) => sentence).join('\n'));
    this.faults = faults;
  }
}

/** Throws what keeps a draft from being published, which `faultsOf` reads again. */
export function refuseToPublish(faults: readonly DraftFault[]): void {
  if (faults.length > 0) throw new Unpublishable(faults);
}

/** What of the draft's code can't be published, as its files are other ones by now. */
export function overtaken(code: DraftCode, graph: Graph): readonly DraftFault[] {
  return code.overtaken().map(({ name, path }) => {
    const [node] = nodesOf(graph, name);
    const cure = `look at what it holds, then save the code of ${name} again to replace that, or discard the draft`;
    const sentence = `${path} was changed by hand since its code was drafted; ${cure}`;
    return { sentence, line: 1, column: 1, ...(node !== undefined && { node }) };
  });
}

function placed(fault: Fault, graph: Graph, inner: readonly Inside[]): readonly DraftFault[] {
  const { sentence, line, column, file } = fault;
  const there = inner.filter(inside => file === inside.graph.file || file === sidecar(inside.graph.file));
  if (file !== graph.file && there.length > 0) return there.map(inside => within(fault, inside));
  return [{ sentence, line, column, ...(file === graph.file && spotAt(graph, { line, column })) }];
}

/** A fault of a subgraph. */
function within({ sentence, line, column, file }: Fault, { path, name, graph }: Inside): DraftFault {
  const { node, ...spot } = file === graph.file ? spotAt(graph, { line, column }) : {};
  const inner = node === undefined ? path : `${path}/${node}`;
  const [outer = inner] = inner.split('/');
  return { sentence: `in ${name}: ${sentence}`, line, column, node: outer, ...(inner !== outer && { inner }), ...spot };
}

/** What is told of at a place of the text. */
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
