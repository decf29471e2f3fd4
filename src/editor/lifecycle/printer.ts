import { rewriting } from '../../fbp/rewrite.ts';
import type { Graph } from '../../fbp.ts';
import type { GraphFile } from '../../files/graph-file.ts';
import type { Source } from '../../flow.ts';
import { atOnce, type Steps } from '../../model/steps.ts';
import { inSlices } from '../../slices.ts';
import { Turns } from '../../turns.ts';
import type { Draft } from '../draft/draft.ts';

/** What was printed last, and upon which contents of the file. */
interface Print {
  readonly graph: Graph;
  readonly known: Source;
  readonly origin: Source;
  readonly source: Source;
}

/** Prints the draft as it would be written to its file, and remembers that, as it takes a while for a large graph. */
export class Printer {
  readonly #draft: Pick<Draft, 'graph'>;
  readonly #file: Pick<GraphFile, 'known' | 'origin'>;
  readonly #turns = new Turns();
  #last: Print | undefined;

  constructor(draft: Pick<Draft, 'graph'>, file: Pick<GraphFile, 'known' | 'origin'>) {
    this.#draft = draft;
    this.#file = file;
  }

  /** The draft as it is now; everybody else has their turn meanwhile. Resolves in the order of the calls. */
  print(): Promise<Source> {
    const { graph } = this.#draft;
    return this.#turns.take(() => inSlices(this.#print(graph)));
  }

  /** As `print`, in one turn of the event loop; where the draft was printed before, that takes no time. */
  printNow(): Source {
    return atOnce(this.#print(this.#draft.graph));
  }

  *#print(graph: Graph): Steps<Source> {
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
function isLasting(last: Print, known: Source, origin: Source): boolean {
  return (last.known === known && last.origin === origin) || isSame(last.source, known);
}

function isSame(one: Source, other: Source): boolean {
  return one.file === other.file && one.text === other.text && (one.layout ?? '') === (other.layout ?? '');
}
