import type { GraphFile } from '../../files/graph-file.ts';
import { type Diagnostic, diagnostic } from '../../model/diagnostic.ts';
import type { Graph, GraphSource } from '../../model/graph.ts';
import type { Registry } from '../../registry/registry.ts';
import { Faulty, type Runtime } from '../../runtime/runtime.ts';
import type { Objection } from '../draft/allow-list.ts';
import { type CodeDraft, codeItems } from '../draft/code-draft.ts';
import {
  type DraftFault,
  type DraftFindings,
  draftFaults,
  examined,
  refuseToPublish,
  staleCode,
} from '../draft/examine.ts';
import type { Client } from '../message.ts';
import type { ActiveRevision } from './active-revision.ts';
import type { Confirmation, Deployer } from './deployer.ts';

/** What happens to the draft and to what is live. */
export type GraphEvent =
  | { readonly kind: 'state' }
  /** The draft changed in a way that single changes don't describe. */
  | { readonly kind: 'draft' }
  | { readonly kind: 'faults'; readonly faults: readonly DraftFault[] }
  /** Drafted code changed; `by` submitted it and reports it. */
  | { readonly kind: 'code'; readonly by?: Client }
  /** Something that whoever edits has to know. */
  | { readonly kind: 'notice'; readonly notice: Diagnostic };

export interface DraftSessionDeps {
  readonly id: string;
  readonly runtime: Runtime;
  readonly deployer: Deployer;
  readonly confirmation: Confirmation;
  readonly code: CodeDraft;
  /** With drafted code. */
  readonly library: Registry;
  readonly file: GraphFile;
  /** What in a graph only clients with the right to submit code may publish. */
  objections(graph: Graph): readonly Objection[];
  /** Whether each live revision is saved to its file. */
  readonly autosave: boolean;
  emit(event: GraphEvent): void;
}

/** A request to publish a draft. */
export interface Asked {
  readonly source: GraphSource;
  readonly graph: Graph;
  /** The draft's. */
  readonly version: number;
  readonly by: string;
  readonly note: string;
  readonly withCode: boolean;
  readonly mayMove?: boolean;
}

/**
 * Publishes a draft and its code. Rejects as Deployer.publish does, or with what `draftFaults` reads, and then no file
 * has changed.
 */
export async function releaseDraft(deps: DraftSessionDeps, asked: Asked): Promise<ActiveRevision> {
  const { source, graph, by, note, withCode, mayMove = false } = asked;
  let undo = () => {};
  try {
    refuseToPublish(deps.objections(graph));
    if (withCode) undo = await placeCode(deps, source, graph);
    return await deps.deployer.publish(source, { by, note, undo, mayMove });
  } catch (error) {
    undo();
    throw error;
  }
}

/** Writes the live graph to its file if autosave is on. Returns why that failed; it is live in any case. */
export function saveLive(
  { autosave, file }: DraftSessionDeps,
  live: ActiveRevision | undefined,
): Diagnostic | undefined {
  if (!autosave || !live) return;
  try {
    file.write(live.source);
  } catch (error) {
    return diagnostic('not-saved', { reason: (error as Error).message });
  }
  return;
}

/**
 * Writes the draft's code to its files if the draft has no faults and nobody has changed these files meanwhile. Returns
 * a function that undoes it. Rejects with what `draftFaults` reads, and then no file has changed.
 */
async function placeCode(
  { code, runtime, library }: Pick<DraftSessionDeps, 'code' | 'runtime' | 'library'>,
  source: GraphSource,
  graph: Graph,
): Promise<() => void> {
  const faults = await runtime.faults(source, library);
  if (faults.length > 0) throw new Faulty(faults);
  refuseToPublish(staleCode(code, graph));
  return code.place();
}

/** A revision's note, extended by its code changes, which the graph doesn't show. */
export function noteWith(note: string, { code }: Pick<DraftSessionDeps, 'code'>, graph: Graph): string {
  return [note, ...codeItems(code.all, graph).map(({ sentence }) => sentence)].filter(Boolean).join('; ');
}

/** The draft's current faults and warnings. Every change of them is reported. */
export class Diagnosis {
  readonly #deps: DraftSessionDeps;
  #findings: DraftFindings = { faults: [], warnings: [] };

  constructor(deps: DraftSessionDeps) {
    this.#deps = deps;
  }

  get findings(): DraftFindings {
    return this.#findings;
  }

  /** Finds what prevents the draft from going live, and its warnings. */
  async examine(source: GraphSource, graph: Graph): Promise<void> {
    const { code, objections } = this.#deps;
    const { faults, warnings } = await examined(source, this.#deps);
    this.#findings = { faults, warnings };
    this.blame([...faults, ...staleCode(code, graph), ...objections(graph)]);
  }

  /** Finds the draft's warnings. */
  async warn(source: GraphSource): Promise<void> {
    const { warnings } = await examined(source, this.#deps);
    this.#findings = { ...this.#findings, warnings };
    this.#deps.emit({ kind: 'state' });
  }

  /** As `warn`. Resolves to whether the draft has warnings that the live graph lacks. */
  async hasNews(source: GraphSource): Promise<boolean> {
    await this.warn(source);
    const known = new Set(this.#deps.runtime.live?.warnings.map(({ sentence }) => sentence));
    return this.#findings.warnings.some(({ sentence }) => !known.has(sentence));
  }

  /** Reports why the draft could not go live. */
  async failed(error: unknown, source: GraphSource): Promise<void> {
    this.blame(await draftFaults(error, source, this.#deps.library));
  }

  /** Clears all faults. */
  clear(): void {
    if (this.#findings.faults.length > 0) this.blame([]);
  }

  blame(faults: readonly DraftFault[]): void {
    this.#findings = { ...this.#findings, faults };
    this.#deps.emit({ kind: 'faults', faults });
  }
}
