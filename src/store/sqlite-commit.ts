import type { DatabaseSync } from 'node:sqlite';
import type { Reaction } from '../model/chat.ts';
import type { DecidedRecords } from './directory.ts';
import { fold } from './fold.ts';
import { isSame, type MessageStatus, type Moment, nextMoment, ownerHash, usualAt } from './message.ts';
import type { ChangeFault, NewChange } from './store.ts';

/** A message to be written, with its id. */
export interface PendingMessage {
  readonly kind: 'message';
  readonly room: string;
  readonly author: string;
  readonly by?: string;
  readonly text: string;
  readonly id: string;
  readonly key: string | null;
  readonly owner?: string;
  /** Records to write in the same transaction. */
  readonly decided?: DecidedRecords;
}

/** A change to be written, with its id. */
interface PendingChange extends NewChange {
  readonly id: string;
}

/** Directory records to write, if the newest position is still this one. */
interface PendingRecords extends DecidedRecords {
  readonly kind: 'records';
}

/** An entry or records to be written. */
export type PendingEntry = PendingMessage | PendingChange | PendingRecords;

/** A message as in its row. */
export interface StoredMessage extends Moment, MessageStatus {
  readonly seq: number;
  readonly id: string;
  readonly author: string;
  readonly by: string | null;
  readonly text: string;
}

/**
 * Result of a message. `known` is the earlier message under its key. Instead of a result: `reused` if the key was used
 * for a different message, `stale` if its records are based on an outdated position.
 */
type MessageResult = (Moment & { readonly seq: number; readonly known?: StoredMessage }) | 'reused' | 'stale';

/** Result of a change: the message's present state, and the stored entry, if any. */
type ChangeOutcome =
  | { readonly refused: ChangeFault }
  | {
      readonly message: StoredMessage;
      readonly entry?: { readonly seq: number; readonly at: number; readonly reaction?: Reaction };
      /** As in ChangeResult. */
      readonly texts?: readonly string[];
    };

/** Result of records: their position, or null if they are based on an outdated one. */
type RecordsResult = number | null;

export type CommitResult<T extends PendingEntry = PendingEntry> = T extends PendingMessage
  ? MessageResult
  : T extends PendingRecords
    ? RecordsResult
    : ChangeOutcome;

/**
 * Writes entries in one transaction: on return they are durable, and none is written if it throws. An empty list tests
 * whether the database can be written.
 */
export type Commit = (entries: readonly PendingEntry[]) => CommitResult[];

const MESSAGE_FIELDS = 'seq, id, author, by, text, time AS micros, at, owner, edited, removed, reactions';

interface Row extends Omit<StoredMessage, 'at'> {
  readonly at: number | null;
  readonly owner: string | null;
}

const asRow = ({ at, micros, owner: _, ...row }: Row): StoredMessage => ({ ...row, micros, at: at ?? usualAt(micros) });

/** Prepares the statements of `Commit` on the only connection that writes to this database. */
export function prepareCommit(db: DatabaseSync): Commit {
  const secret = String(db.prepare('SELECT secret FROM history').get()?.secret);
  const clock = db.prepare('SELECT time FROM history');
  const wind = db.prepare('UPDATE history SET time = ?');
  const head = db.prepare(LAST_SEQ);
  const keyed = db.prepare(`SELECT ${MESSAGE_FIELDS} FROM message WHERE room = ? AND key = ?`);
  const found = db.prepare(`SELECT ${MESSAGE_FIELDS} FROM message WHERE id = ? AND room = ?`);
  // Without the hint, SQLite would scan all changes of the room.
  const about = 'change INDEXED BY change_about';
  const posted = db.prepare(
    `SELECT was FROM ${about} WHERE room = ? AND about = ? AND kind = 'edit' ORDER BY seq LIMIT 1`,
  );
  const edits = db.prepare(`SELECT was FROM ${about} WHERE room = ? AND about = ? AND kind = 'edit'`);
  const insert = db.prepare(
    `INSERT INTO message (room, seq, id, author, by, text, time, key, at, owner) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (room, key) WHERE key IS NOT NULL DO NOTHING`,
  );
  const log = db.prepare(
    'INSERT INTO change (room, seq, id, kind, about, was, at, reaction) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const update = db.prepare(
    'UPDATE message SET text = ?, edited = ?, removed = ?, reactions = ? WHERE room = ? AND seq = ?',
  );
  const blank = db.prepare(`UPDATE ${about} SET was = '', reaction = NULL WHERE room = ? AND about = ?`);

  const newest = db.prepare('SELECT coalesce(max(at), 0) AS at FROM record');
  const put = db.prepare(
    'INSERT INTO record (kind, key, value, at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, at = excluded.at',
  );

  const record = ({ records, at }: DecidedRecords): RecordsResult => {
    if (Number(newest.get()?.at) !== at) return null;
    for (const { kind, key, value } of records) put.run(kind, key, value && JSON.stringify(value), at + 1);
    return at + 1;
  };

  const keep = (entries: readonly PendingEntry[]) => {
    const heads = new Map<string, number>();
    let micros = Number(clock.get()?.time);
    const next = (room: string) => (heads.get(room) ?? Number(head.get(room, room)?.last)) + 1;

    const append = (draft: PendingMessage): MessageResult => {
      const { room, author, by = null, text, id, key, owner, decided } = draft;
      if (decided && Number(newest.get()?.at) !== decided.at) return 'stale';
      const seq = next(room);
      const now = nextMoment(micros);
      const at = now.at === usualAt(now.micros) ? null : now.at;
      if (insert.run(room, seq, id, author, by, text, now.micros, key, at, ownerHash(secret, owner)).changes === 0) {
        const known = keyed.get(room, key) as unknown as Row;
        const first = known.edited === null ? known.text : String(posted.get(room, known.seq)?.was);
        const isOther = known.removed === null && !isSame({ ...known, text: first }, draft);
        if (decided || isOther) return 'reused';
        const row = asRow(known);
        return { ...row, known: row };
      }
      if (decided) record(decided);
      ({ micros } = now);
      heads.set(room, seq);
      return { seq, ...now };
    };

    const change = (draft: PendingChange): ChangeOutcome => {
      const { kind, room, about, id } = draft;
      const row = found.get(about, room) as unknown as Row | undefined;
      const at = Date.now();
      const owner = ownerHash(secret, draft.owner);
      const before = row && { ...asRow(row), owner: row.owner };
      const outcome = fold(before, draft, owner, at);
      if ('refused' in outcome) return outcome;
      const { message: folded, reaction } = outcome;
      const { owner: _, ...message } = folded;
      if (folded === before) return { message };
      const seq = next(room);
      heads.set(room, seq);
      const was = kind === 'edit' ? before!.text : '';
      const texts =
        kind === 'remove' ? [before!.text, ...edits.all(room, message.seq).map(({ was }) => String(was))] : undefined;
      log.run(room, seq, id, kind, message.seq, was, at, reaction ? JSON.stringify(reaction) : null);
      update.run(message.text, message.edited, message.removed, message.reactions, room, message.seq);
      if (texts) blank.run(room, message.seq);
      return { message, entry: { seq, at, ...(reaction && { reaction }) }, ...(texts && { texts }) };
    };

    const outcomes = entries.map(entry =>
      entry.kind === 'message' ? append(entry) : entry.kind === 'records' ? record(entry) : change(entry),
    );
    wind.run(micros);
    return outcomes;
  };

  return entries => {
    db.exec('BEGIN IMMEDIATE');
    try {
      const outcomes = keep(entries);
      db.exec('COMMIT');
      return outcomes;
    } catch (error) {
      // On a full disk, SQLite has rolled back already.
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  };
}

/** Sequence number of a room's newest entry; the room is bound twice. */
export const LAST_SEQ = `
  SELECT max(
    coalesce((SELECT max(seq) FROM message WHERE room = ?), 0),
    coalesce((SELECT max(seq) FROM change WHERE room = ?), 0)
  ) AS last`;
