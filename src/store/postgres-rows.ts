import type { ChangeKind } from '../model/chat.ts';
import type { FoldedMessage } from './fold.ts';
import type { StoredRow } from './postgres-messages.ts';

/** What became of an entry. */
export interface KeptEntry {
  /** `known`: its key is that of an earlier message; `stale`: its message was changed meanwhile; `reused`: as `known`, with records. */
  readonly outcome: 'kept' | 'known' | 'stale' | 'reused';
  readonly epoch: string;
  readonly pos: number;
  readonly seq: number;
  readonly micros: number;
  readonly at: number;
  /** Of a removal, the texts that the message had before its last one. */
  readonly texts: readonly string[] | null;
  /** Of an edited message that was known, the text as it was posted. */
  readonly posted: string | null;
  /** The message as it is, if the entry was known. */
  readonly known: StoredRow | null;
}

/** A row of the schema's function `keep`. */
export type KeptRow = [
  outcome: KeptEntry['outcome'],
  epoch: string,
  pos: number,
  seq: number,
  micros: number,
  at: number,
  texts: readonly string[] | null,
  posted: string | null,
  known: StoredRow | null,
];

export const keptEntry = ([outcome, epoch, pos, seq, micros, at, texts, posted, known]: KeptRow): KeptEntry => ({
  outcome,
  epoch,
  pos,
  seq,
  micros,
  at,
  texts,
  posted,
  known,
});

/** The text of a message's row. */
export const rowText = ([, , , , text]: StoredRow): string => text;

/** What the rules of changes need of a message's row. */
export function foldedRow(
  [, , , , text, , at, edited, removed, reactions]: StoredRow,
  owner: string | null,
): FoldedMessage {
  return { text, at, owner, edited, removed, reactions };
}

/** The row of a message after a change. */
export function changedRow(
  before: StoredRow,
  { text, reactions }: FoldedMessage,
  kind: ChangeKind,
  at: number,
): StoredRow {
  const [room, seq, id, author, , micros, clock, edited, removed, , version, by] = before;
  const times = [kind === 'edit' ? at : edited, kind === 'remove' ? at : removed] as const;
  return [room, seq, id, author, text, micros, clock, ...times, reactions, version + 1, by];
}
