import type { Graph, GraphSource } from '../../model/graph.ts';
import { Faulty } from '../../runtime/runtime.ts';
import { codeItems } from '../draft/code-draft.ts';
import { refuseToPublish, staleCode } from '../draft/examine.ts';
import type { ActiveRevision } from './active-revision.ts';
import type { DraftSessionDeps } from './session-deps.ts';

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
