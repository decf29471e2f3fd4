import { message } from './message.ts';
import { type DatabaseVariables, readAddress } from './postgres-address.ts';
import { type AskPostgres, openSession } from './postgres-connection.ts';
import { quoted } from './postgres-functions.ts';
import { newEpoch, openSchema, schemaLayout } from './postgres-schema.ts';
import { type DumpedChange, type DumpedEntry, type DumpedMessage, Misplaced } from './sqlite-dump.ts';
import { StoreFailed } from './store.ts';

/** Locks a schema exclusively, if no process uses it. */
const USE_ALONE = `SELECT pg_try_advisory_lock(1, hashtext('flowchat ' || $1))`;
/** Entries per read or write. */
const PART = 5000;
/** Timeout of one read or write, in milliseconds. */
const PART_MS = 600_000;

type DumpedRow = [
  room: string,
  seq: number,
  id: string,
  kind: 'message' | DumpedChange['kind'],
  author: string,
  text: string,
  time: number,
  at: number,
  key: string | null,
  edited: number | null,
  removed: number | null,
  reactions: string | null,
  about: string,
  by: string | null,
];

/**
 * Yields a snapshot of a schema's entries, room by room, oldest first; processes may use it meanwhile. Rejects with
 * StoreFailed.
 */
export async function* dumpSchema(
  variables: DatabaseVariables,
  name: string,
  room?: string,
): AsyncGenerator<DumpedEntry> {
  const { ask, close } = await openSession(readAddress(variables));
  try {
    const layout = await schemaLayout(ask, name);
    if (layout === 0)
      throw new StoreFailed(`there is no schema ${name} in PostgreSQL; name another with --store postgres:NAME`);
    await ask({ text: 'SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0' });
    await ask({ text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' });
    const s = quoted(name);
    const where = room === undefined ? '' : 'WHERE e.room = $1';
    await ask({
      text: `DECLARE entries CURSOR FOR
        SELECT room, seq, id, kind, author, text, time, at, key, edited, removed, reactions, about, by FROM (
          SELECT room, seq, id, 'message' AS kind, author, text, time, at, key, edited, removed, reactions, '' AS about, ${layout < 3 ? 'NULL::text AS by' : 'by'}
          FROM ${s}.message
          UNION ALL
          SELECT room, seq, id, kind, '', was, 0, at, NULL, NULL, NULL, reaction,
            (SELECT id FROM ${s}.message m WHERE m.room = c.room AND m.seq = c.about), NULL
          FROM ${s}.change c
        ) e ${where} ORDER BY room, seq`,
      values: room === undefined ? [] : [room],
    });
    for (;;) {
      const rows = await ask({ text: `FETCH ${PART} FROM entries` }, PART_MS);
      for (const row of rows as DumpedRow[]) yield dumped(row);
      if (rows.length < PART) return;
    }
  } finally {
    await close();
  }
}

function dumped(row: DumpedRow): DumpedEntry {
  const [room, seq, id, kind, author, text, micros, at, key, edited, removed, reactions, about, by] = row;
  if (kind === 'message') {
    const status = { edited, removed, reactions };
    return { ...message(room, seq, id, author, by, text, { micros, at }, status), ...(key !== null && { key }) };
  }
  const was = { ...(text !== '' && { was: text }), ...(reactions !== null && { reaction: JSON.parse(reactions) }) };
  return { room, seq, id, kind, about, at: new Date(at).toISOString(), ...was };
}

/**
 * Imports entries into an empty schema: all of them or none. Resolves to the number of messages. Rejects with Misplaced
 * if a key occurs twice in a room, with StoreFailed if the schema has messages, is in use or can't be written, and with
 * whatever `entries` rejects with.
 */
export async function restoreSchema(
  variables: DatabaseVariables,
  name: string,
  entries: AsyncIterable<DumpedEntry>,
): Promise<number> {
  const { ask, close } = await openSession(readAddress(variables));
  try {
    await openSchema(ask, name, false);
    const [[isAlone] = []] = await ask({ text: USE_ALONE, values: [name] });
    if (!isAlone) throw new StoreFailed(`postgres:${name} is used by another flowchat; stop all that use it first`);
    await ask({ text: 'SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0' });
    await ask({ text: 'BEGIN' });
    const [[pos] = []] = await ask({ text: `SELECT pos FROM ${quoted(name)}.history FOR UPDATE` });
    if (pos !== 0)
      throw new StoreFailed(`postgres:${name} has messages already; take another name with --store postgres:NAME`);
    const count = await fill(ask, name, entries);
    await ask({ text: 'COMMIT' });
    return count;
  } finally {
    // Closing rolls back an open transaction.
    await close();
  }
}

async function fill(ask: AskPostgres, name: string, entries: AsyncIterable<DumpedEntry>): Promise<number> {
  const s = quoted(name);
  const keys = new Set<string>();
  let [count, pos, latest] = [0, 0, 0];
  let messages: object[] = [];
  let changes: object[] = [];
  const flush = async () => {
    const parts = [
      [messages, insertMessages(s)],
      [changes, insertChanges(s)],
    ] as const;
    for (const [rows, text] of parts) if (rows.length > 0) await ask({ text, values: [JSON.stringify(rows)] }, PART_MS);
    [messages, changes] = [[], []];
  };
  for await (const entry of entries) {
    pos += 1;
    if ('kind' in entry) changes.push(changeRow(entry, pos));
    else {
      const { room, key, time } = entry;
      const named = `${room} ${key}`;
      if (key !== undefined && keys.has(named))
        throw new Misplaced(`the key ${JSON.stringify(key)} is there twice in room ${room}`);
      if (key !== undefined) keys.add(named);
      count += 1;
      latest = Math.max(latest, micros(time));
      messages.push(messageRow(entry, pos));
    }
    if (messages.length + changes.length === PART) await flush();
  }
  await flush();
  await ask({ text: countRooms(s) }, PART_MS);
  await ask({
    text: `UPDATE ${s}.history SET pos = $1, time = $2, epoch = $3`,
    values: [pos, latest, newEpoch()],
  });
  return count;
}

const micros = (seconds: number) => Math.round(seconds * 1e6);
const json = (value: object | undefined) => value && JSON.stringify(value);

function messageRow(entry: DumpedMessage, pos: number): object {
  const { time, edited, removed, reactions, ...rest } = entry;
  const at = Date.parse(entry.at);
  return {
    ...rest,
    pos,
    at,
    time: micros(time),
    reactions: json(reactions),
    ...(edited !== undefined && { edited: Date.parse(edited) }),
    ...(removed && { removed: at }),
  };
}

function changeRow({ reaction, was = '', ...entry }: DumpedChange, pos: number): object {
  return { ...entry, pos, was, at: Date.parse(entry.at), reaction: json(reaction) };
}

const insertMessages = (s: string) => `
  INSERT INTO ${s}.message (room, seq, pos, id, author, by, text, time, at, key, edited, removed, reactions)
  SELECT * FROM json_to_recordset($1) AS m(
    room text, seq bigint, pos bigint, id text, author text, by text, text text, time bigint, at bigint, key text,
    edited bigint, removed bigint, reactions text
  )`;

const insertChanges = (s: string) => `
  INSERT INTO ${s}.change (room, seq, pos, id, kind, about, was, at, reaction)
  SELECT c.room, c.seq, c.pos, c.id, c.kind, (
    SELECT m.seq FROM ${s}.message m WHERE m.id = c.about AND m.room = c.room
  ), c.was, c.at, c.reaction
  FROM json_to_recordset($1) AS c(
    room text, seq bigint, pos bigint, id text, kind text, about text, was text, at bigint, reaction text
  )`;

const countRooms = (s: string) => `
  INSERT INTO ${s}.room (room, last, newest, oldest)
  SELECT m.room, greatest(m.newest, (SELECT max(c.seq) FROM ${s}.change c WHERE c.room = m.room)), m.newest, m.oldest
  FROM (
    SELECT room, max(seq) AS newest, min(seq) FILTER (WHERE removed IS NULL) AS oldest FROM ${s}.message GROUP BY room
  ) m`;
