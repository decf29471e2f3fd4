import { rewriting } from '../../fbp/rewrite.ts';
import type { GraphFile } from '../../files/graph-file.ts';
import type { Graph, GraphSource } from '../../model/graph.ts';
import { atOnce, type Steps } from '../../model/steps.ts';
import { inSlices, Mutex } from '../../mutex.ts';
import type { GraphDraft } from '../draft/graph-draft.ts';

/** The last result, and the file contents on which it was based. */
interface Print {
  readonly graph: Graph;
  readonly known: GraphSource;
  readonly origin: GraphSource;
  readonly source: GraphSource;
}

/** Prints the draft as it would be written to its file, and caches the result, as it takes a while for a large graph. */
export class Printer {
  readonly #draft: Pick<GraphDraft, 'graph'>;
  readonly #file: Pick<GraphFile, 'known' | 'origin'>;
  readonly #mutex = new Mutex();
  #last: Print | undefined;

  constructor(draft: Pick<GraphDraft, 'graph'>, file: Pick<GraphFile, 'known' | 'origin'>) {
    this.#draft = draft;
    this.#file = file;
  }

  /** Prints the current draft, yielding to the event loop. Resolves in the order of the calls. */
  print(): Promise<GraphSource> {
    const { graph } = this.#draft;
    return this.#mutex.run(() => inSlices(this.#print(graph)));
  }

  /** As `print`, synchronously; immediate if the draft was printed before. */
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

/** Whether the cached result is still valid: the file is the same, or has just that result. */
function isLasting(last: Print, known: GraphSource, origin: GraphSource): boolean {
  return (last.known === known && last.origin === origin) || isSame(last.source, known);
}

function isSame(one: GraphSource, other: GraphSource): boolean {
  return one.file === other.file && one.text === other.text && (one.layout ?? '') === (other.layout ?? '');
}
