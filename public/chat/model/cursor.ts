/** A place in a room's history: the history's name, and the sequence number of the last message before the place. */
export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

/** Reads `EPOCH:SEQ`; what is no such text is the beginning of an unknown history. */
export function cursorOf(text: string): Cursor {
  const colon = text.lastIndexOf(':');
  const seq = Number(text.slice(colon + 1));
  if (colon < 1 || !Number.isSafeInteger(seq) || seq < 0) return { epoch: '', seq: 0 };
  return { epoch: text.slice(0, colon), seq };
}

/** Writes a cursor the way the server does. */
export const cursorText = ({ epoch, seq }: Cursor): string => `${epoch}:${seq}`;
