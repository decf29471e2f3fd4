import { randomBytes } from 'node:crypto';
import type { AskPostgres } from './postgres-connection.ts';
import { keep, keepDecided, quoted, recordFunction } from './postgres-functions.ts';
import { StoreFailed } from './store.ts';

/** One migration of the schema. */
interface Step {
  readonly sql: string;
  /** The oldest layout whose programs can run beside this one, for rolling updates. */
  readonly oldest: number;
}

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
${recordFunction(name)}`,
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
