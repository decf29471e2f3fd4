import { existsSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { Message } from '../model/packets.ts';
import { message, usualAt } from './message.ts';
import { databaseFault, lock, migrate, openDatabase, recognise } from './schema.ts';
import { StoreFailed } from './store.ts';

/** A message as it is exported or imported, with its idempotency key if it has one. */
export interface DumpedMessage extends Message {
  readonly key?: string;
}

/** A message that conflicts with one already imported. */
export class Misplaced extends Error {
  override readonly name = 'Misplaced';
}

/** Milliseconds to wait for another program's lock. */
const LOCK_TIMEOUT_MS = 5000;
/** SQLite's extended error code for a violated UNIQUE constraint. */
const NOT_UNIQUE = 2067;

/** Layout 1 had no `at`. */
const columns = (layout: number) =>
  `SELECT room, seq, id, author, text, time, key, ${layout < 2 ? 'NULL AS at' : 'at'} FROM message`;

/**
 * Yields a snapshot of a database's messages, room by room, oldest first; a server may write meanwhile. Throws
 * StoreFailed if the file can't be read.
 */
export function* dumpMessages(file: string, room?: string): Generator<DumpedMessage> {
  if (!existsSync(file))
    throw new StoreFailed(`there is no ${file}; name another with --store sqlite:FILE, or with DATA`);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: true, timeout: LOCK_TIMEOUT_MS });
    const layout = recognise(db, file);
    if (layout === 0) return;
    const [where, values]: [string, SQLInputValue[]] = room === undefined ? ['', []] : ['WHERE room = ?', [room]];
    for (const row of db.prepare(`${columns(layout)} ${where} ORDER BY room, seq`).iterate(...values)) {
      const { room, seq, id, author, text, time, key, at } = row as Record<'room' | 'id' | 'author' | 'text', string> &
        Record<'seq' | 'time', number> & { key: string | null; at: number | null };
      const moment = { micros: time, at: at ?? usualAt(time) };
      yield { ...message(room, seq, id, author, text, moment), ...(key !== null && { key }) };
    }
  } catch (error) {
    throw databaseFault(file, error);
  } finally {
    db?.close();
  }
}

/**
 * Imports messages into an empty database: all of them or none. Rejects with Misplaced if a key occurs twice in a room,
 * with StoreFailed if the database has messages, is in use or can't be written, and with whatever `messages` rejects
 * with.
 */
export async function restore(file: string, messages: AsyncIterable<DumpedMessage>): Promise<number> {
  let held: DatabaseSync | undefined;
  let db: DatabaseSync | undefined;
  try {
    held = lock(file);
    db = openDatabase(file, LOCK_TIMEOUT_MS);
    migrate(db, file);
    if (db.prepare('SELECT 1 FROM message LIMIT 1').get())
      throw new StoreFailed(
        `${file} has messages already; move it away first, or take a new file with --store sqlite:FILE`,
      );
    db.exec('BEGIN IMMEDIATE');
    const count = await fill(db, messages);
    db.exec('COMMIT');
    return count;
  } catch (error) {
    throw 'errcode' in (error as Error) ? databaseFault(file, error) : error;
  } finally {
    // Closing rolls an open transaction back.
    db?.close();
    held?.close();
  }
}

async function fill(db: DatabaseSync, messages: AsyncIterable<DumpedMessage>): Promise<number> {
  const insert = db.prepare(
    'INSERT INTO message (room, seq, id, author, text, time, key, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  let count = 0;
  let latest = 0;
  for await (const { room, seq, id, author, text, time, at, key = null } of messages) {
    const micros = Math.round(time * 1e6);
    const clock = Date.parse(at);
    try {
      insert.run(room, seq, id, author, text, micros, key, clock === usualAt(micros) ? null : clock);
    } catch (error) {
      if ((error as { errcode?: number }).errcode !== NOT_UNIQUE) throw error;
      throw new Misplaced(`the key ${JSON.stringify(key)} is there twice in room ${room}`);
    }
    count += 1;
    latest = Math.max(latest, micros);
  }
  db.prepare('UPDATE history SET time = ?').run(latest);
  return count;
}
