import { rewriting } from '../../fbp/rewrite.ts';
import type { GraphFile } from '../../files/graph-file.ts';
import type { Graph, GraphSource } from '../../model/graph.ts';
import { atOnce, type Steps } from '../../model/steps.ts';
import { inSlices, Mutex } from '../../mutex.ts';
import type { GraphDraft } from '../draft/graph-draft.ts';

/** What was printed last, and upon which contents of the file. */
interface Print {
  readonly graph: Graph;
  readonly known: GraphSource;
  readonly origin: GraphSource;
  readonly source: GraphSource;
}

/** Prints the draft as it would be written to its file, and remembers that, as it takes a while for a large graph. */
export class Printer {
  readonly #draft: Pick<GraphDraft, 'graph'>;
  readonly #file: Pick<GraphFile, 'known' | 'origin'>;
  readonly #mutex = new Mutex();
  #last: Print | undefined;

  constructor(draft: Pick<GraphDraft, 'graph'>, file: Pick<GraphFile, 'known' | 'origin'>) {
    this.#draft = draft;
    this.#file = file;
  }

  /** The draft as it is now; everybody else has their turn meanwhile. Resolves in the order of the calls. */
  print(): Promise<GraphSource> {
    const { graph } = this.#draft;
    return this.#mutex.run(() => inSlices(this.#print(graph)));
  }

  /** As `print`, in one turn of the event loop; where the draft was printed before, that takes no time. */
  printNow(): GraphSource {
    return atOnce(this.#print(this.#draft.graph));
  }

  *#print(graph: Graph): Steps<GraphSource> {
    const { known, origin } = this.#file;
    const last = this.#last;
    if (last?.graph === graph && isLasting(last, known, origin)) return last.source;
    const { file, text, layout = '' } = known;
    const from = { text: origin.text, layout: origin.layout ?? '' };
    const source = { file, ...(yield* rewriting({ ...graph, file }, { text, layout }, from)) };
    this.#last = { graph, known, origin, source };
    return source;
  }
}

/** Whether it would be printed again as it was: upon the same contents, or once it was saved. */
function isLasting(last: Print, known: GraphSource, origin: GraphSource): boolean {
  return (last.known === known && last.origin === origin) || isSame(last.source, known);
}

function isSame(one: GraphSource, other: GraphSource): boolean {
  return one.file === other.file && one.text === other.text && (one.layout ?? '') === (other.layout ?? '');
}
