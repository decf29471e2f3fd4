import type { GraphFile } from '../../files/graph-file.ts';
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
  /** The draft became another one in a way that single changes don't tell. */
  | { readonly kind: 'draft' }
  | { readonly kind: 'faults'; readonly faults: readonly DraftFault[] }
  /** What is drafted of components is something else; `by` has brought it in, and tells of it. */
  | { readonly kind: 'code'; readonly by?: Client }
  /** Something that whoever edits has to know. */
  | { readonly kind: 'notice'; readonly sentence: string };

export interface DraftSessionDeps {
  readonly id: string;
  readonly runtime: Runtime;
  readonly deployer: Deployer;
  readonly confirmation: Confirmation;
  readonly code: CodeDraft;
  /** With what is drafted. */
  readonly library: Registry;
  readonly file: GraphFile;
  /** What in a graph only who may bring in code can make live. */
  objections(graph: Graph): readonly Objection[];
  /** Whether each revision that goes live is written to its file. */
  readonly autosave: boolean;
  emit(event: GraphEvent): void;
}

/** A draft that is to go live. */
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

/** Makes a draft live, its code too. Rejects as Publication.publish does, or with what `faultsOf` reads, and then no file has changed. */
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

/** Writes what is live to its file, where that is wanted. Returns why that can't be; it is live in any case. */
export function saveLive({ autosave, file }: DraftSessionDeps, live: ActiveRevision | undefined): string | undefined {
  if (!autosave || !live) return;
  try {
    file.write(live.source);
  } catch (error) {
    return (error as Error).message;
  }
  return;
}

/**
 * Writes the draft's code to its files, where the draft has no fault with it and nobody has changed these files meanwhile.
 * Returns how to take that back. Rejects with what `faultsOf` reads, and then no file has changed.
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

/** A revision's note that also says which code it brings, as the graph doesn't. */
export function noteWith(note: string, { code }: Pick<DraftSessionDeps, 'code'>, graph: Graph): string {
  return [note, ...codeItems(code.all, graph).map(({ sentence }) => sentence)].filter(Boolean).join('; ');
}

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
