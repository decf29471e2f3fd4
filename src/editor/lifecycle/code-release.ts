import type { Graph } from '../../fbp.ts';
import { Faulty, type Source } from '../../flow.ts';
import { codeItems } from '../difference/code.ts';
import { overtaken, refuseToPublish } from '../draft/fault.ts';
import type { WorkspaceParts } from './happening.ts';

/**
 * Writes the draft's code to its files, where the draft has no fault with it and nobody has changed these files meanwhile.
 * Returns how to take that back. Rejects with what `faultsOf` reads, and then no file has changed.
 */
export async function placeCode(
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
