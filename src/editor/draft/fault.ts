import { sidecar } from '../../fbp/print.ts';
import { type Fault, type Graph, type Place, read } from '../../fbp.ts';
import { Faulty, type Source } from '../../flow.ts';
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
  if (error instanceof Faulty) {
    await library.prepare(graph);
    const inner = [...insides(graph, library).take(MOST_PLACES)];
    return error.faults.flatMap(fault => placed(fault, graph, inner));
  }
  const sentence = error instanceof Error ? error.message : String(error);
  // The sentence of a node that does not start begins with its name.
  const node = graph.nodes.find(({ name }) => sentence.startsWith(`${name} `));
  return [{ sentence, ...(node?.place ?? { line: 1, column: 1 }), ...(node && { node: node.name }) }];
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
  const node = file === graph.file ? nodeAt(graph, { line, column }) : undefined;
  return [{ sentence, line, column, ...(node !== undefined && { node }) }];
}

/** A fault of a subgraph. */
function within({ sentence, line, column, file }: Fault, { path, name, graph }: Inside): DraftFault {
  const node = file === graph.file ? nodeAt(graph, { line, column }) : undefined;
  const inner = node === undefined ? path : `${path}/${node}`;
  const [outer = inner] = inner.split('/');
  return { sentence: `in ${name}: ${sentence}`, line, column, node: outer, ...(inner !== outer && { inner }) };
}

/** The node that is told of at a place of the text. */
function nodeAt({ nodes, edges, initials, inports, outports }: Graph, place: Place): string | undefined {
  const at = (other: Place) => other.line === place.line && other.column === place.column;
  const end = [
    ...edges.flatMap(({ from, to }) => [from, to]),
    ...initials.map(({ to }) => to),
    ...inports,
    ...outports,
  ];
  return (
    nodes.find(node => at(node.place))?.name ??
    end.find(one => at(one.place))?.node ??
    initials.find(initial => at(initial.place))?.to.node
  );
}
