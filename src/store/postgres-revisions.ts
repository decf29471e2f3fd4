import { type Connection, OutcomeUnknown, type PostgresQuery } from './postgres-connection.ts';
import { quoted, REVISED } from './postgres-functions.ts';
import type { SharedRevision, SharedRevisions } from './store.ts';

/** Reads the application_name of the leading process. */
const LEADER = `
  SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
  WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 2 AND l.objsubid = 2
    AND l.objid = (hashtext('flowchat ' || $1)::bigint & 4294967295)::oid
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** Limits of stored revisions and of audit lines; the oldest are dropped. */
const MAX_REVISIONS = 1000;
const MAX_LINES = 100_000;

interface RevisionsDeps {
  /** Name of the schema. */
  readonly name: string;
  readonly connection: Connection;
  /** This process's address. */
  readonly place: string;
  isLeading(): boolean;
}

/** Shared revisions of the graph in a schema, by number, and the editors' audit log. */
export class PostgresRevisions implements SharedRevisions {
  readonly #deps: RevisionsDeps;
  readonly #texts: ReturnType<typeof texts>;
  #listener: () => void = () => {};

  constructor(deps: RevisionsDeps) {
    this.#deps = deps;
    this.#texts = texts(deps.name);
  }

  get isLeading(): boolean {
    return this.#deps.isLeading();
  }

  listen(listener: () => void): void {
    this.#listener = listener;
  }

  /** Call if revisions or the leader may have changed. */
  changed(): void {
    this.#listener();
  }

  async otherLeader(): Promise<string | undefined> {
    const [[name] = []] = await this.#ask({ text: LEADER, values: [this.#deps.name] });
    const [, place] = /^flowchat at (.+)$/.exec(String(name)) ?? [];
    return place === this.#deps.place ? undefined : place;
  }

  async since(place: number): Promise<readonly SharedRevision[]> {
    const rows = (await this.#ask({ text: this.#texts.since, values: [place] })) as [
      number,
      number,
      SharedRevision['state'],
      string,
    ][];
    return rows.map(([number, place, state, record]) => ({ number, place, state, record }));
  }

  async add({ number, state, record }: Omit<SharedRevision, 'place'>): Promise<boolean> {
    const query = { text: this.#texts.add, values: [number, state, record] };
    const rows = await this.#ask(query).catch(error => {
      // It is unknown whether the row was written; writing it twice is harmless.
      if (error instanceof OutcomeUnknown) return this.#ask(query);
      throw error;
    });
    if (rows.length > 0) return true;
    const [[found] = []] = await this.#ask({ text: this.#texts.find, values: [number] });
    return found === record;
  }

  async settle({ number, state, record }: Omit<SharedRevision, 'place'>): Promise<void> {
    await this.#ask({ text: this.#texts.settle, values: [number, state, record] });
  }

  async audit(lines: readonly string[]): Promise<void> {
    await this.#ask({ text: this.#texts.audit, values: [lines] });
  }

  #ask(query: PostgresQuery): Promise<unknown[][]> {
    return this.#deps.connection.ask(query);
  }
}

function texts(name: string) {
  const s = quoted(name);
  const told = `SELECT pg_notify('${name}', '${REVISED}') FROM done`;
  const next = `(SELECT coalesce(max(place), 0) + 1 FROM ${s}.revision)`;
  return {
    since: `SELECT number, place, state, record FROM ${s}.revision WHERE place > $1 ORDER BY number`,
    find: `SELECT record FROM ${s}.revision WHERE number = $1`,
    // The second writer of a number adds nothing.
    add: `
      WITH done AS (
        INSERT INTO ${s}.revision (number, place, state, record)
        SELECT $1::bigint, ${next}, $2, $3 FROM ${s}.revision HAVING coalesce(max(number) + 1, $1) = $1
        ON CONFLICT DO NOTHING RETURNING number
      ),
      gone AS (DELETE FROM ${s}.revision WHERE number <= $1 - ${MAX_REVISIONS})
      ${told}`,
    settle: `
      WITH done AS (
        UPDATE ${s}.revision SET place = ${next}, state = $2, record = $3 WHERE number = $1 RETURNING number
      )
      ${told}`,
    audit: `
      WITH newest AS (SELECT coalesce(max(number), 0) AS number FROM ${s}.audit),
      gone AS (DELETE FROM ${s}.audit WHERE number <= (SELECT number FROM newest) - ${MAX_LINES})
      INSERT INTO ${s}.audit (number, line)
      SELECT newest.number + l.nth, l.line FROM newest, unnest($1::text[]) WITH ORDINALITY AS l(line, nth)`,
  };
}
