import { existsSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { ChangeKind, Reaction } from '../model/chat.ts';
import type { Message } from '../model/packets.ts';
import { message, usualAt } from './message.ts';
import { databaseFault, lock, migrate, openDatabase, recognise } from './sqlite-schema.ts';
import { StoreFailed } from './store.ts';

/** A message as it is exported or imported, with its idempotency key if it has one. */
export interface DumpedMessage extends Message {
  readonly key?: string;
}

/** A change of a message as it is exported or imported; the exported message includes all changes. */
export interface DumpedChange {
  readonly room: string;
  readonly seq: number;
  readonly id: string;
  readonly kind: ChangeKind;
  /** The message's id. */
  readonly about: string;
  readonly at: string;
  /** The message's text before an edit, unless it was removed since. */
  readonly was?: string;
  /** The added or removed reaction, unless the message was removed since. */
  readonly reaction?: Reaction;
}

export type DumpedEntry = DumpedMessage | DumpedChange;

/** A message that conflicts with one already imported. */
export class Misplaced extends Error {
  override readonly name = 'Misplaced';
}

/** Milliseconds to wait for another program's lock. */
const LOCK_TIMEOUT_MS = 5000;
/** SQLite's extended error code for a violated UNIQUE constraint. */
const NOT_UNIQUE = 2067;

/** Layout 1 had no `at`, layout 2 no changes, layout 3 no reactions, layout 5 no author ids. */
const rowsOf = (layout: number, where: string) => `
  SELECT room, seq, id, author, text, time, key, ${layout < 2 ? 'NULL AS at' : 'at'},
    ${layout < 3 ? 'NULL AS edited, NULL AS removed' : 'edited, removed'},
    ${layout < 4 ? 'NULL AS reactions' : 'reactions'}, ${layout < 6 ? 'NULL AS by' : 'by'}, NULL AS kind, NULL AS about
  FROM message ${where}
  ${
    layout < 3
      ? ''
      : `UNION ALL
  SELECT room, seq, id, NULL, was, NULL, NULL, at, NULL, NULL, ${layout < 4 ? 'NULL' : 'reaction'}, NULL, kind,
    (SELECT id FROM message WHERE message.room = change.room AND message.seq = change.about)
  FROM change ${where}`
  }
  ORDER BY room, seq`;

type Row = Record<'room' | 'id' | 'text', string> &
  Record<'seq', number> & { reactions: string | null } & (
    | (Record<'author', string> &
        Record<'time', number> & { key: string | null; by: string | null; kind: null } & Record<
          'at' | 'edited' | 'removed',
          number | null
        >)
    | (Record<'about', string> & Record<'at', number> & { kind: ChangeKind })
  );

/**
 * Yields a snapshot of a database's entries, room by room, oldest first; a server may write meanwhile. Throws
 * StoreFailed if the file can't be read.
 */
export function* dump(file: string, room?: string): Generator<DumpedEntry> {
  if (!existsSync(file))
    throw new StoreFailed(`there is no ${file}; name another with --store sqlite:FILE, or with DATA`);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: true, timeout: LOCK_TIMEOUT_MS });
    const layout = recognise(db, file);
    if (layout === 0) return;
    const [where, values]: [string, SQLInputValue[]] =
      room === undefined ? ['', []] : ['WHERE room = ?', layout < 3 ? [room] : [room, room]];
    for (const row of db.prepare(rowsOf(layout, where)).iterate(...values)) yield dumped(row as unknown as Row);
  } catch (error) {
    throw databaseFault(file, error);
  } finally {
    db?.close();
  }
}

function dumped(row: Row): DumpedEntry {
  const { room, seq, id, text } = row;
  if (row.kind !== null) {
    const { kind, about, reactions } = row;
    const at = new Date(row.at).toISOString();
    const was = { ...(text !== '' && { was: text }), ...(reactions !== null && { reaction: JSON.parse(reactions) }) };
    return { room, seq, id, kind, about, at, ...was };
  }
  const { author, by, time, key, at } = row;
  const moment = { micros: time, at: at ?? usualAt(time) };
  return { ...message(room, seq, id, author, by, text, moment, row), ...(key !== null && { key }) };
}

/**
 * Imports entries into an empty database: all of them or none. Resolves to the number of messages. Rejects with
 * Misplaced if a key occurs twice in a room, with StoreFailed if the database has messages, is in use or can't be
 * written, and with whatever `entries` rejects with.
 */
export async function restore(file: string, entries: AsyncIterable<DumpedEntry>): Promise<number> {
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
    const count = await fill(db, entries);
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

const json = (value: object | undefined) => (value === undefined ? null : JSON.stringify(value));

async function fill(db: DatabaseSync, entries: AsyncIterable<DumpedEntry>): Promise<number> {
  const insert = db.prepare(
    'INSERT INTO message (room, seq, id, author, by, text, time, key, at, edited, removed, reactions) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const record = db.prepare(
    'INSERT INTO change (room, seq, id, kind, about, was, at, reaction) VALUES (?, ?, ?, ?, (SELECT seq FROM message WHERE id = ? AND room = ?), ?, ?, ?)',
  );
  let count = 0;
  let latest = 0;
  for await (const entry of entries) {
    const { room, seq, id } = entry;
    const at = Date.parse(entry.at);
    if ('kind' in entry) {
      record.run(room, seq, id, entry.kind, entry.about, room, entry.was ?? '', at, json(entry.reaction));
      continue;
    }
    const { author, by = null, text, time, edited, removed, reactions, key = null } = entry;
    const micros = Math.round(time * 1e6);
    const clock = at === usualAt(micros) ? null : at;
    const changes = [edited === undefined ? null : Date.parse(edited), removed ? at : null, json(reactions)];
    try {
      insert.run(room, seq, id, author, by, text, micros, key, clock, ...changes);
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
