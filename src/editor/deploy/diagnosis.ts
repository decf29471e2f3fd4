import type { Graph, GraphSource } from '../../model/graph.ts';
import { type DraftFault, type DraftFindings, draftFaults, examined, staleCode } from '../draft/examine.ts';
import type { DraftSessionDeps } from './session-deps.ts';

/** What is known to be wrong with the draft, and what it is warned of. Each finding is told. */
export class Diagnosis {
  readonly #deps: DraftSessionDeps;
  #findings: DraftFindings = { faults: [], warnings: [] };

  constructor(deps: DraftSessionDeps) {
    this.#deps = deps;
  }

  get findings(): DraftFindings {
    return this.#findings;
  }

  /** Looks for what keeps the draft from going live, and for what it is warned of. */
  async examine(source: GraphSource, graph: Graph): Promise<void> {
    const { code, objections } = this.#deps;
    const { faults, warnings } = await examined(source, this.#deps);
    this.#findings = { faults, warnings };
    this.blame([...faults, ...staleCode(code, graph), ...objections(graph)]);
  }

  /** Looks for what the draft is warned of. */
  async warn(source: GraphSource): Promise<void> {
    const { warnings } = await examined(source, this.#deps);
    this.#findings = { ...this.#findings, warnings };
    this.#deps.emit({ kind: 'state' });
  }

  /** Looks for what the draft is warned of. Whether that is more than what is live is warned of. */
  async hasNews(source: GraphSource): Promise<boolean> {
    await this.warn(source);
    const known = new Set(this.#deps.runtime.live?.warnings.map(({ sentence }) => sentence));
    return this.#findings.warnings.some(({ sentence }) => !known.has(sentence));
  }

  /** Tells why the draft could not go live. */
  async failed(error: unknown, source: GraphSource): Promise<void> {
    this.blame(await draftFaults(error, source, this.#deps.library));
  }

  /** Nothing is wrong with it. */
  clear(): void {
    if (this.#findings.faults.length > 0) this.blame([]);
  }

  blame(faults: readonly DraftFault[]): void {
    this.#findings = { ...this.#findings, faults };
    this.#deps.emit({ kind: 'faults', faults });
  }
}
