const CURSOR = /^[\w-]{1,64}:\d{1,15}$/;

/** A cursor of no history, so that whoever goes on from there hears of a gap. */
export const LOST = '-:0';

/** Whether a text is a cursor, `EPOCH:SEQ`. */
export const isCursor = (text: string): boolean => CURSOR.test(text);

/** Of two cursors the later one; the first where they are of different histories. */
export function later(one: string, other: string): string {
  const [[epoch, seq], [otherEpoch, otherSeq]] = [one.split(':'), other.split(':')];
  return epoch === otherEpoch && Number(otherSeq) > Number(seq) ? other : one;
}
