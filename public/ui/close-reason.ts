const MISUNDERSTOOD = 'The server and this page did not understand each other; if that goes on, reload the page';
const RESTART = 'The server stops or restarts';

const reasons: Readonly<Record<number, string>> = {
  1001: RESTART,
  1002: MISUNDERSTOOD,
  1003: MISUNDERSTOOD,
  1007: MISUNDERSTOOD,
  1008: 'The server refused this connection',
  1009: 'Something was longer than the server takes',
  1011: 'Something failed in the server',
  1012: RESTART,
  1013: 'The server has too much to do, or this connection is too slow',
};

/** Why a WebSocket was closed, for people, by its close code; undefined if the code does not tell. */
export const closeReason = (code: number): string | undefined => reasons[code];

/** The codes with which the server closes for more than one reason, which it says in a sentence: its rules, and try again later. */
const TELLING: ReadonlySet<number> = new Set([1008, 1013]);

/** Why the server closed the connection, as a sentence without its full stop; undefined if nobody said so. */
export function lossReason(code: number, reason: string): string | undefined {
  const said = TELLING.has(code) ? reason.trim() : '';
  return said ? said[0]!.toUpperCase() + said.slice(1) : closeReason(code);
}
