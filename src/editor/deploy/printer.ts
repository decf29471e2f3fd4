import type { GraphDocument } from '../../fbp/document.ts';
import type { GraphFile } from '../../files/graph-file.ts';
import type { Graph } from '../../model/graph.ts';
import { atOnce, type Steps } from '../../model/steps.ts';
import { inSlices } from '../../mutex.ts';
import type { GraphDraft } from '../draft/graph-draft.ts';

/** A draft that was printed, or is being printed, and the file contents on which that is based. */
interface Print {
  readonly graph: Graph;
  readonly known: GraphDocument;
  readonly origin: GraphDocument;
  readonly printing: Promise<GraphDocument>;
  document?: GraphDocument;
}

/** Prints the draft as it would be written to its file, and caches the result, as it takes a while for a large graph. */
export class Printer {
  readonly #draft: Pick<GraphDraft, 'graph'>;
  readonly #file: Pick<GraphFile, 'known' | 'origin'>;
  #last: Print | undefined;

  constructor(draft: Pick<GraphDraft, 'graph'>, file: Pick<GraphFile, 'known' | 'origin'>) {
    this.#draft = draft;
    this.#file = file;
  }

  /** Prints the current draft, yielding to the event loop. */
  print(): Promise<GraphDocument> {
    return (this.#valid() ?? this.#keep(inSlices(this.#steps()))).printing;
  }

  /** As `print`, synchronously; immediate if the draft was printed before. */
  printNow(): GraphDocument {
    const known = this.#valid()?.document;
    if (known) return known;
    const document = atOnce(this.#steps());
    this.#keep(Promise.resolve(document)).document = document;
    return document;
  }

  #steps(): Steps<GraphDocument> {
    return this.#file.known.printing(this.#draft.graph, this.#file.origin);
  }

  /** The last result, if the file is still the same, or has just that result. */
  #valid(): Print | undefined {
    const last = this.#last;
    const { known, origin } = this.#file;
    if (last?.graph !== this.#draft.graph) return;
    return (last.known === known && last.origin === origin) || last.document?.isSame(known) ? last : undefined;
  }

  #keep(work: Promise<GraphDocument>): Print {
    const { known, origin } = this.#file;
    const printing = work.then(document => {
      print.document = document;
      return document;
    });
    const print: Print = { graph: this.#draft.graph, known, origin, printing };
    this.#last = print;
    return print;
  }
}
