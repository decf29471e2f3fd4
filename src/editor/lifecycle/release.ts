import type { Graph } from '../../fbp.ts';
import { Faulty, type Source } from '../../flow.ts';
import { codeItems } from '../difference/code.ts';
import { overtaken, refuseToPublish } from '../draft/fault.ts';
import type { WorkspaceParts } from './happening.ts';
import type { Live } from './live.ts';

/** A draft that is to go live. */
export interface Asked {
  readonly source: Source;
  readonly graph: Graph;
  /** The draft's. */
  readonly version: number;
  readonly by: string;
  readonly note: string;
  readonly withCode: boolean;
  readonly mayMove?: boolean;
}

/** Makes a draft live, its code too. Rejects as Publication.publish does, or with what `faultsOf` reads, and then no file has changed. */
export async function release(parts: WorkspaceParts, asked: Asked): Promise<Live> {
  const { source, graph, by, note, withCode, mayMove = false } = asked;
  let undo = () => {};
  try {
    refuseToPublish(parts.objections(graph));
    if (withCode) undo = await placeCode(parts, source, graph);
    return await parts.publication.publish(source, { by, note, undo, mayMove });
  } catch (error) {
    undo();
    throw error;
  }
}

/** Writes what is live to its file, where that is wanted. Returns why that can't be; it is live in any case. */
export function saveLive({ autosave, file }: WorkspaceParts, live: Live | undefined): string | undefined {
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
  { code, flow, library }: Pick<WorkspaceParts, 'code' | 'flow' | 'library'>,
  source: Source,
  graph: Graph,
): Promise<() => void> {
  const faults = await flow.faults(source, library);
  if (faults.length > 0) throw new Faulty(faults);
  refuseToPublish(overtaken(code, graph));
  return code.place();
}

/** A revision's note that also says which code it brings, as the graph doesn't. */
export function noteWith(note: string, { code }: Pick<WorkspaceParts, 'code'>, graph: Graph): string {
  return [note, ...codeItems(code.all, graph).map(({ sentence }) => sentence)].filter(Boolean).join('; ');
}
