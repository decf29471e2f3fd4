import { closeReason } from '../../chat/model/closed.ts';

/** The codes with which the server closes for more than one reason, which it says in a sentence: its rules, and try again later. */
const TELLING: ReadonlySet<number> = new Set([1008, 1013]);

/** Why the server closed the connection, as a sentence without its full stop; undefined if nobody said so. */
export function lossReason(code: number, reason: string): string | undefined {
  const said = TELLING.has(code) ? reason.trim() : '';
  return said ? said[0]!.toUpperCase() + said.slice(1) : closeReason(code);
}
