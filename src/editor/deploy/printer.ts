import type { GraphDocument } from '../../fbp/document.ts';
import type { GraphFile } from '../../files/graph-file.ts';
import type { Graph } from '../../model/graph.ts';
import { atOnce, type Steps } from '../../model/steps.ts';
import { inSlices } from '../../time-slice.ts';
import type { GraphDraft } from '../draft/graph-draft.ts';

/** A printed draft, or one being printed, and the file contents that it is based on. */
interface Print {
  readonly graph: Graph;
  readonly known: GraphDocument;
  readonly origin: GraphDocument;
  readonly printing: Promise<GraphDocument>;
  document?: GraphDocument;
}

/** Prints the draft in the form of its file, and caches the result, as printing a large graph takes long. */
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

  /** The last result, if the file is unchanged or equals that result. */
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
