import { type Fault, type Graph, type Place, read } from '../../fbp.ts';
import { Faulty, type Source } from '../../flow.ts';
import { nodesOf } from '../difference/code.ts';
import { Refused } from '../protocol/message.ts';
import type { DraftCode } from './code.ts';

/** A fault of the draft, and the node where it is. */
export interface DraftFault extends Place {
  readonly sentence: string;
  readonly node?: string;
}

/** What keeps a graph from running, each with its node where it has one. */
export function faultsOf(error: unknown, { file, text, layout }: Source): readonly DraftFault[] {
  if (error instanceof HandChanged) return error.faults;
  const { graph } = read(file, text, layout);
  if (error instanceof Faulty) return error.faults.map(fault => placed(fault, graph));
  const sentence = error instanceof Error ? error.message : String(error);
  // The sentence of a node that does not start begins with its name.
  const node = graph.nodes.find(({ name }) => sentence.startsWith(`${name} `));
  return [{ sentence, ...(node?.place ?? { line: 1, column: 1 }), ...(node && { node: node.name }) }];
}

/** Code that can't be published, as its files were changed by hand meanwhile. */
export class HandChanged extends Refused {
  readonly faults: readonly DraftFault[];

  constructor(faults: readonly DraftFault[]) {
    super(faults.map(({ sentence }) => sentence).join('\n'));
    this.faults = faults;
  }
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

function placed({ sentence, line, column, file }: Fault, graph: Graph): DraftFault {
  const node = file === graph.file ? nodeAt(graph, { line, column }) : undefined;
  return { sentence, line, column, ...(node !== undefined && { node }) };
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
