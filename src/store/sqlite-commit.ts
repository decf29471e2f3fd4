import type { DatabaseSync } from 'node:sqlite';
import { isSame, type Moment, tick, usualAt } from './message.ts';

/** A message to be written, with its id. */
export interface PendingMessage {
  readonly room: string;
  readonly author: string;
  readonly text: string;
  readonly id: string;
  readonly key: string | null;
}

/** Result of an entry. Has `id` if its key was known: that message's id. Null instead if the key was used for another message. */
export interface CommitResult extends Moment {
  readonly seq: number;
  readonly id?: string;
}

interface Row {
  readonly seq: number;
  readonly micros: number;
  readonly at: number | null;
  readonly id: string;
  readonly author: string;
  readonly text: string;
}

/**
 * Writes entries in one transaction: they are durable when it returns, and none is written if it throws. Without
 * entries it tests whether the database can be written.
 */
export type Commit = (entries: readonly PendingMessage[]) => (CommitResult | null)[];

/** Prepares the statements for `Commit` on the only connection that writes to this database. */
export function committing(db: DatabaseSync): Commit {
  const clock = db.prepare('SELECT time FROM history');
  const wind = db.prepare('UPDATE history SET time = ?');
  const head = db.prepare('SELECT max(seq) AS last FROM message WHERE room = ?');
  const known = db.prepare('SELECT seq, time AS micros, at, id, author, text FROM message WHERE room = ? AND key = ?');
  const insert = db.prepare(
    `INSERT INTO message (room, seq, id, author, text, time, key, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (room, key) WHERE key IS NOT NULL DO NOTHING`,
  );

  const keep = (entries: readonly PendingMessage[]) => {
    const heads = new Map<string, number>();
    let micros = Number(clock.get()?.time);
    const outcomes = entries.map(({ room, author, text, id, key }) => {
      const seq = (heads.get(room) ?? Number(head.get(room)?.last)) + 1;
      const now = tick(micros);
      const at = now.at === usualAt(now.micros) ? null : now.at;
      if (insert.run(room, seq, id, author, text, now.micros, key, at).changes === 0) {
        const old = known.get(room, key) as unknown as Row;
        if (!isSame(old, { author, text })) return null;
        return { seq: old.seq, micros: old.micros, at: old.at ?? usualAt(old.micros), id: old.id };
      }
      ({ micros } = now);
      heads.set(room, seq);
      return { seq, ...now };
    });
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
      // SQLite has rolled back already if the disk is full.
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  };
}
