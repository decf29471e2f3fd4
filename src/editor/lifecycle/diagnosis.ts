import type { Graph } from '../../fbp.ts';
import type { Source } from '../../flow.ts';
import { type DraftFault, type DraftVerdict, examined, faultsOf, overtaken } from '../draft/fault.ts';
import type { WorkspaceParts } from './happening.ts';

/** What is known to be wrong with the draft, and what it is warned of. Each finding is told. */
export class Diagnosis {
  readonly #parts: WorkspaceParts;
  #verdict: DraftVerdict = { faults: [], warnings: [] };

  constructor(parts: WorkspaceParts) {
    this.#parts = parts;
  }

  get verdict(): DraftVerdict {
    return this.#verdict;
  }

  /** Looks for what keeps the draft from going live, and for what it is warned of. */
  async examine(source: Source, graph: Graph): Promise<void> {
    const { code, objections } = this.#parts;
    const { faults, warnings } = await examined(source, this.#parts);
    this.#verdict = { faults, warnings };
    this.accuse([...faults, ...overtaken(code, graph), ...objections(graph)]);
  }

  /** Looks for what the draft is warned of. */
  async warn(source: Source): Promise<void> {
    const { warnings } = await examined(source, this.#parts);
    this.#verdict = { ...this.#verdict, warnings };
    this.#parts.happened({ kind: 'state' });
  }

  /** Looks for what the draft is warned of. Whether that is more than what is live is warned of. */
  async hasNews(source: Source): Promise<boolean> {
    await this.warn(source);
    const known = new Set(this.#parts.flow.live?.warnings.map(({ sentence }) => sentence));
    return this.#verdict.warnings.some(({ sentence }) => !known.has(sentence));
  }

  /** Tells why the draft could not go live. */
  async failed(error: unknown, source: Source): Promise<void> {
    this.accuse(await faultsOf(error, source, this.#parts.library));
  }

  /** Nothing is wrong with it. */
  acquit(): void {
    if (this.#verdict.faults.length > 0) this.accuse([]);
  }

  accuse(faults: readonly DraftFault[]): void {
    this.#verdict = { ...this.#verdict, faults };
    this.#parts.happened({ kind: 'faults', faults });
  }
}
