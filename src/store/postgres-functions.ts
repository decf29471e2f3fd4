/** SQL shared by processes of one schema: functions to store entries and records, locks, payloads of notifications. */

/** Columns of a message in the order of `StoredRow`. */
export const MESSAGE_COLUMNS = 'room, seq, id, author, text, time, at, edited, removed, reactions, version, by';

/** The payloads of notifications of records, and of graph revisions; all other payloads are positions. */
export const RECORDED = 'records';
export const REVISED = 'revisions';

/** A shared lock for as long as a connection lasts; an import needs it exclusively. */
export const USER_LOCK = `SELECT pg_advisory_lock_shared(1, hashtext('flowchat ' || $1))`;
/** The leader's lock, held as long as its connection lasts. */
export const LEADER_LOCK = `SELECT pg_try_advisory_lock(2, hashtext('flowchat ' || $1))`;

/** Quotes a schema's name for SQL. */
export const quoted = (name: string) => `"${name}"`;

/**
 * Stores entries in order, in one transaction. A message under a known key is not stored again. A change has the new
 * state of its message, `about`, and the `version` that it is based on; if that is outdated, neither this change nor
 * later ones of the message are stored. No two entries have the same key, and a removal is the only change of its
 * message. `again` says that the same entries may have been stored before, when the connection was lost.
 */
export const keep = (name: string, s = quoted(name)) => `
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
  -- Changes of messages, one by one, as several may be of one message.
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
    -- Only if the message is as the change knows it, and no earlier change of it was stale.
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
      -- Nothing of the removed text stays; the caller gets the former texts, to forget its copies.
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
  WITH
  -- All entries, in their order n.
  draft AS MATERIALIZED (
    SELECT * FROM json_to_recordset(entries) AS d(
      n int, kind text, room text, id text, author text, by text, text text, key text, owner text,
      about bigint, was text, reaction text
    )
  ),
  -- Entries that are stored already: messages under a known key, and after a lost connection the same entries, by their id.
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
  -- Entries to store, numbered over all and in their room.
  fresh AS MATERIALIZED (
    SELECT d.*, row_number() OVER (ORDER BY d.n) AS nth,
      row_number() OVER (PARTITION BY d.room ORDER BY d.n) AS nth_in_room, count(*) OVER (PARTITION BY d.room) AS in_room
    FROM draft d
    WHERE NOT EXISTS (SELECT FROM known k WHERE k.n = d.n) AND d.n <> ALL (stale)
  ),
  -- Counts up the rooms that they are in; a room begins with its first entry.
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
  -- Entries to store, with their position, sequence number and time.
  numbered AS MATERIALIZED (
    SELECT f.*, past.pos + f.nth AS pos, h.last - f.in_room + f.nth_in_room AS seq,
      greatest(clock * 1000, past.time + 1) + f.nth - 1 AS time
    FROM fresh f JOIN head h ON h.room = f.room
  ),
  -- Stores the messages,
  messages AS (
    INSERT INTO ${s}.message (room, seq, pos, id, author, by, text, time, at, key, owner)
    SELECT x.room, x.seq, x.pos, x.id, x.author, x.by, x.text, x.time, clock, x.key, x.owner
    FROM numbered x WHERE x.kind = 'message' ORDER BY x.n
  ),
  -- and the changes.
  changes AS (
    INSERT INTO ${s}.change (room, seq, pos, id, kind, about, was, at, reaction)
    SELECT x.room, x.seq, x.pos, x.id, x.kind, x.about, x.was, clock, x.reaction
    FROM numbered x WHERE x.kind <> 'message' ORDER BY x.n
  ),
  -- Counts up the position and the time of all rooms.
  wound AS (
    UPDATE ${s}.history SET
      pos = past.pos + (SELECT count(*) FROM numbered), time = (SELECT max(x.time) FROM numbered x)
    WHERE EXISTS (SELECT FROM numbered)
    RETURNING history.pos
  )
  -- What became of each entry: KeptRow in postgres-rows.ts.
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
  -- Other processes read what is new.
  SELECT h.pos INTO place FROM ${s}.history h;
  IF place > past.pos THEN PERFORM pg_notify('${name}', place::text); END IF;
END
$keep$;`;

/**
 * Writes directory records at the next position of records and returns it; null if the newest such position is not
 * the one that the caller knows.
 */
export const recordFunction = (name: string, s = quoted(name)) => `
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
 * Stores a message and directory records, or neither: an empty result if the newest position of records is not the one
 * that the caller knows, the outcome `reused` if the message's key is known.
 */
export const keepDecided = (name: string, s = quoted(name)) => `
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
