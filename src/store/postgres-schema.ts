import { randomBytes } from 'node:crypto';
import type { AskPostgres } from './postgres-connection.ts';
import { StoreFailed } from './store.ts';

/** One migration of the schema. */
interface Step {
  readonly sql: string;
  /** The oldest layout whose programs can run beside this one, for rolling updates. */
  readonly oldest: number;
}

/** Columns of a message in the order of `StoredRow`. */
export const MESSAGE_COLUMNS = 'room, seq, id, author, text, time, at, edited, removed, reactions, version, by';

/**
 * Migrations of schema `s`, one from each layout to the next. Never change a released one; functions that an older
 * program calls stay as long as `oldest` permits that program. `history` has one row, whose lock orders the writes of
 * all processes: `pos` numbers all entries without gaps, `time` is that of the newest message in microseconds,
 * `timeline` is PostgreSQL's, which increases at a fail-over, `recorded` is the position of the newest directory
 * records. In `room`, `last` is the number of the newest entry, `newest` of the newest message, `oldest` of the oldest
 * message that is not removed. `by` of a message is the author's id. `place` of a graph's revision increases with each
 * change of any revision. `version` of a message increases with each change. Times are in milliseconds, except `time`.
 */
const steps = (name: string, s = quoted(name)): readonly Step[] => [
  {
    oldest: 1,
    sql: `
CREATE TABLE ${s}.history (
  layout int NOT NULL,
  oldest int NOT NULL,
  epoch text NOT NULL,
  secret text NOT NULL,
  timeline bigint NOT NULL,
  time bigint NOT NULL,
  pos bigint NOT NULL,
  recorded bigint NOT NULL
);
CREATE TABLE ${s}.room (
  room text COLLATE "C" PRIMARY KEY,
  last bigint NOT NULL,
  newest bigint,
  oldest bigint
) WITH (fillfactor = 50);
CREATE TABLE ${s}.message (
  room text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  pos bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  author text NOT NULL,
  text text NOT NULL,
  time bigint NOT NULL,
  at bigint NOT NULL,
  key text COLLATE "C",
  owner text,
  edited bigint,
  removed bigint,
  reactions text,
  version int NOT NULL DEFAULT 0,
  PRIMARY KEY (room, seq)
);
CREATE UNIQUE INDEX message_key ON ${s}.message (room, key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX message_pos ON ${s}.message (pos);
CREATE INDEX message_id ON ${s}.message (id);
CREATE TABLE ${s}.change (
  room text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  pos bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  about bigint NOT NULL,
  was text NOT NULL,
  at bigint NOT NULL,
  reaction text,
  PRIMARY KEY (room, seq)
);
CREATE UNIQUE INDEX change_pos ON ${s}.change (pos);
CREATE INDEX change_about ON ${s}.change (room, about, seq);
CREATE TABLE ${s}.record (
  kind text NOT NULL,
  key text COLLATE "C" NOT NULL,
  value text,
  at bigint NOT NULL,
  PRIMARY KEY (kind, key)
);
CREATE INDEX record_at ON ${s}.record (at);
${record(name)}`,
  },
  {
    oldest: 1,
    sql: `
CREATE TABLE ${s}.revision (
  number bigint PRIMARY KEY,
  place bigint NOT NULL UNIQUE,
  state text NOT NULL,
  record text NOT NULL
);
CREATE TABLE ${s}.audit (number bigint PRIMARY KEY, line text NOT NULL);`,
  },
  {
    oldest: 1,
    sql: `
ALTER TABLE ${s}.message ADD COLUMN by text;
${keep(name)}
${keepDecided(name)}`,
  },
];

/**
 * Stores entries in order, in one transaction. A message under a known key is not stored again. A change has the new
 * state of its message, `about`, and the `version` that it is based on; if that is outdated, neither this change nor
 * later ones of the message are stored. No two entries have the same key, and a removal is the only change of its
 * message. `again` says that the same entries may have been stored before, when the connection was lost.
 */
const keep = (name: string, s = quoted(name)) => `
CREATE OR REPLACE FUNCTION ${s}.keep(entries json, again boolean)
RETURNS TABLE (
  outcome text, epoch text, pos bigint, seq bigint, micros bigint, at bigint, texts jsonb, posted text, known json
)
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $keep$
#variable_conflict use_column
DECLARE
  past ${s}.history%ROWTYPE;
  clock bigint;
  change record;
  stale int[] := '{}';
  lost text[] := '{}';
  former jsonb := '{}';
  place bigint;
BEGIN
  SELECT * INTO STRICT past FROM ${s}.history FOR UPDATE;
  clock := floor(extract(epoch FROM clock_timestamp()) * 1000);
  FOR change IN
    SELECT * FROM json_to_recordset(entries) AS d(
      n int, kind text, room text, id text, about bigint, version int, text text, reactions text
    )
    WHERE d.kind <> 'message'
  LOOP
    IF again AND EXISTS (
      SELECT FROM ${s}.change c WHERE c.room = change.room AND c.about = change.about AND c.id = change.id
    ) THEN
      CONTINUE;
    END IF;
    UPDATE ${s}.message m SET
      text = change.text,
      edited = CASE WHEN change.kind = 'edit' THEN clock ELSE m.edited END,
      removed = CASE WHEN change.kind = 'remove' THEN clock END,
      reactions = change.reactions,
      version = m.version + 1
    WHERE m.room = change.room AND m.seq = change.about AND m.version = change.version
      AND change.room || ' ' || change.about <> ALL (lost);
    IF NOT FOUND THEN
      stale := stale || change.n;
      lost := lost || (change.room || ' ' || change.about);
    ELSIF change.kind = 'remove' THEN
      former := former || jsonb_build_object(change.n, (
        SELECT coalesce(jsonb_agg(c.was), '[]') FROM ${s}.change c
        WHERE c.room = change.room AND c.about = change.about AND c.kind = 'edit'
      ));
      UPDATE ${s}.change c SET was = '', reaction = NULL WHERE c.room = change.room AND c.about = change.about;
      UPDATE ${s}.room r SET oldest = (
        SELECT m.seq FROM ${s}.message m
        WHERE m.room = r.room AND m.seq > change.about AND m.removed IS NULL ORDER BY m.seq LIMIT 1
      )
      WHERE r.room = change.room AND r.oldest = change.about;
    END IF;
  END LOOP;
  RETURN QUERY
  WITH draft AS MATERIALIZED (
    SELECT * FROM json_to_recordset(entries) AS d(
      n int, kind text, room text, id text, author text, by text, text text, key text, owner text,
      about bigint, was text, reaction text
    )
  ),
  known AS MATERIALIZED (
    SELECT d.n, m.seq AS subject, m.seq, m.pos, m.time, m.at, m.id = d.id AS is_own
    FROM draft d CROSS JOIN LATERAL (
      SELECT * FROM ${s}.message m WHERE m.room = d.room AND m.key = d.key LIMIT 1
    ) m
    WHERE d.kind = 'message'
    UNION ALL
    SELECT d.n, m.seq, m.seq, m.pos, m.time, m.at, true
    FROM draft d CROSS JOIN LATERAL (SELECT * FROM ${s}.message m WHERE m.id = d.id LIMIT 1) m
    WHERE again AND d.kind = 'message' AND d.key IS NULL
    UNION ALL
    SELECT d.n, c.about, c.seq, c.pos, 0, c.at, true
    FROM draft d CROSS JOIN LATERAL (
      SELECT * FROM ${s}.change c WHERE c.room = d.room AND c.about = d.about AND c.id = d.id LIMIT 1
    ) c
    WHERE again AND d.kind <> 'message'
  ),
  fresh AS MATERIALIZED (
    SELECT d.*, row_number() OVER (ORDER BY d.n) AS nth,
      row_number() OVER (PARTITION BY d.room ORDER BY d.n) AS nth_in_room, count(*) OVER (PARTITION BY d.room) AS in_room
    FROM draft d
    WHERE NOT EXISTS (SELECT FROM known k WHERE k.n = d.n) AND d.n <> ALL (stale)
  ),
  head AS (
    INSERT INTO ${s}.room AS r (room, last, newest, oldest)
    SELECT f.room, count(*), max(f.nth_in_room) FILTER (WHERE f.kind = 'message'),
      min(f.nth_in_room) FILTER (WHERE f.kind = 'message')
    FROM fresh f GROUP BY f.room ORDER BY f.room
    ON CONFLICT (room) DO UPDATE SET
      last = r.last + excluded.last,
      newest = coalesce(r.last + excluded.newest, r.newest),
      oldest = coalesce(r.oldest, r.last + excluded.oldest)
    RETURNING r.room, r.last
  ),
  numbered AS MATERIALIZED (
    SELECT f.*, past.pos + f.nth AS pos, h.last - f.in_room + f.nth_in_room AS seq,
      greatest(clock * 1000, past.time + 1) + f.nth - 1 AS time
    FROM fresh f JOIN head h ON h.room = f.room
  ),
  messages AS (
    INSERT INTO ${s}.message (room, seq, pos, id, author, by, text, time, at, key, owner)
    SELECT x.room, x.seq, x.pos, x.id, x.author, x.by, x.text, x.time, clock, x.key, x.owner
    FROM numbered x WHERE x.kind = 'message' ORDER BY x.n
  ),
  changes AS (
    INSERT INTO ${s}.change (room, seq, pos, id, kind, about, was, at, reaction)
    SELECT x.room, x.seq, x.pos, x.id, x.kind, x.about, x.was, clock, x.reaction
    FROM numbered x WHERE x.kind <> 'message' ORDER BY x.n
  ),
  wound AS (
    UPDATE ${s}.history SET
      pos = past.pos + (SELECT count(*) FROM numbered), time = (SELECT max(x.time) FROM numbered x)
    WHERE EXISTS (SELECT FROM numbered)
    RETURNING history.pos
  )
  SELECT
    CASE WHEN k.is_own OR x.n IS NOT NULL THEN 'kept' WHEN k.n IS NOT NULL THEN 'known' ELSE 'stale' END,
    past.epoch, coalesce(x.pos, k.pos), coalesce(x.seq, k.seq), coalesce(x.time, k.time), coalesce(k.at, clock),
    former -> d.n::text,
    CASE WHEN k.n IS NOT NULL THEN (
      SELECT c.was FROM ${s}.change c
      WHERE c.room = d.room AND c.about = k.subject AND c.kind = 'edit' ORDER BY c.seq LIMIT 1
    ) END,
    CASE WHEN k.n IS NOT NULL THEN (
      SELECT json_build_array(${MESSAGE_COLUMNS.replaceAll(/\w+/g, 'm.$&')})
      FROM ${s}.message m WHERE m.room = d.room AND m.seq = k.subject
    ) END
  FROM draft d LEFT JOIN known k ON k.n = d.n LEFT JOIN numbered x ON x.n = d.n
  ORDER BY d.n;
  SELECT h.pos INTO place FROM ${s}.history h;
  IF place > past.pos THEN PERFORM pg_notify('${name}', place::text); END IF;
END
$keep$;`;

/**
 * Writes directory records at the next position and returns it; null if the newest position is not the one that the
 * caller knows.
 */
const record = (name: string, s = quoted(name)) => `
CREATE FUNCTION ${s}.record(records json, known bigint) RETURNS bigint
LANGUAGE plpgsql AS $record$
DECLARE
  place bigint;
BEGIN
  SELECT recorded INTO STRICT place FROM ${s}.history FOR UPDATE;
  IF place <> known THEN RETURN NULL; END IF;
  place := place + 1;
  INSERT INTO ${s}.record (kind, key, value, at)
  SELECT r.kind, r.key, r.value, place
  FROM json_to_recordset(records) AS r(kind text, key text, value text)
  ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, at = excluded.at;
  UPDATE ${s}.history SET recorded = place;
  PERFORM pg_notify('${name}', '${RECORDED}');
  RETURN place;
END
$record$;`;

/**
 * Stores a message and directory records, or neither: an empty result if the newest position is not the one that the
 * caller knows, the outcome `reused` if the message's key is known.
 */
const keepDecided = (name: string, s = quoted(name)) => `
CREATE FUNCTION ${s}.keep_decided(entries json, records json, place bigint)
RETURNS TABLE (outcome text, epoch text, pos bigint, seq bigint, micros bigint, at bigint, texts jsonb, posted text, known json)
LANGUAGE plpgsql AS $decided$
BEGIN
  PERFORM FROM ${s}.history FOR UPDATE;
  IF EXISTS (
    SELECT FROM json_to_recordset(entries) AS d(room text, key text) JOIN ${s}.message m ON m.room = d.room AND m.key = d.key
  ) THEN
    RETURN QUERY SELECT 'reused', '', 0::bigint, 0::bigint, 0::bigint, 0::bigint, NULL::jsonb, NULL, NULL::json;
  ELSIF ${s}.record(records, place) IS NOT NULL THEN
    RETURN QUERY SELECT * FROM ${s}.keep(entries, false);
  END IF;
END
$decided$;`;

/** The payloads of notifications of records, and of graph revisions; all other payloads are positions. */
export const RECORDED = 'records';
export const REVISED = 'revisions';

/** Quotes a schema's name for SQL. */
export const quoted = (name: string) => `"${name}"`;

/** Properties of a schema's history. */
export interface SchemaHistory {
  readonly epoch: string;
  /** Key of the hashes of proofs of authorship. */
  readonly secret: string;
  /** Position of the newest entry. */
  readonly pos: number;
  readonly timeline: number;
}

const TIMELINE = `('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint`;

/**
 * Reads a schema's history; creates or migrates the schema under a lock of all processes. After a fail-over the history
 * gets a new epoch, since its last entries may be lost and their numbers reused, unless the standby was synchronous.
 * Throws StoreFailed if the schema is not ours or newer than this program.
 */
export async function openSchema(ask: AskPostgres, name: string, isStandbySync: boolean): Promise<SchemaHistory> {
  const layout = await schemaLayout(ask, name);
  if (layout === steps(name).length) {
    const found = await readHistory(ask, name);
    if (isStandbySync || found.timeline === found.current) return found;
  }
  await ask({ text: 'BEGIN' });
  try {
    await ask({ text: `SELECT pg_advisory_xact_lock(hashtext('flowchat ${name}'))` });
    await migrate(ask, name);
    let found = await readHistory(ask, name, 'FOR UPDATE');
    if (found.timeline !== found.current) {
      const epoch = isStandbySync ? found.epoch : newEpoch();
      await ask({
        text: `UPDATE ${quoted(name)}.history SET epoch = $1, timeline = $2`,
        values: [epoch, found.current],
      });
      found = { ...found, epoch };
    }
    await ask({ text: 'COMMIT' });
    return found;
  } catch (error) {
    await ask({ text: 'ROLLBACK' }).catch(() => {});
    throw error;
  }
}

export const newEpoch = () => randomBytes(4).toString('hex');

async function readHistory(
  ask: AskPostgres,
  name: string,
  lock = '',
): Promise<SchemaHistory & { readonly current: number }> {
  const text = `SELECT epoch, secret, pos, timeline, ${TIMELINE} FROM ${quoted(name)}.history ${lock}`;
  const [[epoch, secret, pos, timeline, current] = []] = await ask({ text });
  return {
    epoch: String(epoch),
    secret: String(secret),
    pos: Number(pos),
    timeline: Number(timeline),
    current: Number(current),
  };
}

/** The layout of a schema; 0 if it doesn't exist. */
export async function schemaLayout(ask: AskPostgres, name: string): Promise<number> {
  const [[encoding, history, others] = []] = await ask({
    text: `SELECT current_setting('server_encoding'), to_regclass('${quoted(name)}.history'),
      (SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('${quoted(name)}'))`,
  });
  if (encoding !== 'UTF8')
    throw new StoreFailed(
      `the database is encoded in ${encoding}; create one with createdb --encoding=UTF8 --template=template0`,
    );
  if (history === null) {
    if (Number(others) === 0) return 0;
    throw new StoreFailed(`the schema ${name} has another program's tables; take another name at STORE`);
  }
  const [[layout, oldest] = []] = await ask({ text: `SELECT layout, oldest FROM ${quoted(name)}.history` });
  const known = steps(name).length;
  if (Number(oldest) > known)
    throw new StoreFailed(
      `the schema ${name} was made by a newer flowchat (layout ${layout}, this one knows ${known}); update this one or take another name at STORE`,
    );
  return Math.min(Number(layout), known);
}

async function migrate(ask: AskPostgres, name: string): Promise<void> {
  const layout = await schemaLayout(ask, name);
  // Needs the right to create schemas only if it is missing.
  if (layout === 0) {
    const [[isThere] = []] = await ask({ text: `SELECT to_regnamespace('${quoted(name)}') IS NOT NULL` });
    if (!isThere) await ask({ text: `CREATE SCHEMA ${quoted(name)}` });
  }
  for (const [done, { sql, oldest }] of steps(name).entries()) {
    if (done < layout) continue;
    await ask({ text: sql });
    if (done === 0)
      await ask({
        text: `INSERT INTO ${quoted(name)}.history VALUES (0, 0, $1, $2, ${TIMELINE}, 0, 0, 0)`,
        values: [newEpoch(), randomBytes(32).toString('hex')],
      });
    await ask({ text: `UPDATE ${quoted(name)}.history SET layout = $1, oldest = $2`, values: [done + 1, oldest] });
  }
}
