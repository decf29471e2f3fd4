import type { PeopleAuditEntry } from '../model/directory.ts';
import type { DatabaseVariables } from '../store/postgres-address.ts';
import { accountsSchema } from '../store/url.ts';
import { type AuditLog, type AuditPart, type AuditQuery, KEPT_MS, PRUNING_MS } from './audit.ts';

/** Queries the accounts' database. */
type Ask = (text: string, values: readonly unknown[]) => Promise<readonly unknown[][]>;

/**
 * The audit log's table; processes never change each other's rows. `once` is set for entries that several processes
 * make.
 */
export const auditTable = (schema: string): string => `
  CREATE TABLE IF NOT EXISTS "${schema}".audit (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    what text NOT NULL,
    "by" text,
    "on" text,
    entry text NOT NULL,
    once text UNIQUE
  )`;

const insert = (schema: string) => `
  INSERT INTO "${schema}".audit (what, "by", "on", entry, once) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`;
const rowOf = (entry: PeopleAuditEntry, once: string | null) => [
  entry.what,
  entry.by ?? null,
  entry.on ?? null,
  JSON.stringify(entry),
  once,
];

/** Audits a command, if accounts are in PostgreSQL; does nothing if there are none. Rejects with StoreFailed. */
export async function noteOrderedShared(
  name: string,
  variables: DatabaseVariables,
  what: PeopleAuditEntry['what'],
): Promise<void> {
  const [{ openSession }, { readAddress }] = await Promise.all([
    import('../store/postgres-connection.ts'),
    import('../store/postgres-address.ts'),
  ]);
  const schema = accountsSchema(name);
  const { ask, close } = await openSession(readAddress(variables));
  try {
    const [[isThere] = []] = await ask({ text: `SELECT to_regclass('"${schema}".audit') IS NOT NULL` });
    if (isThere === true) await ask({ text: insert(schema), values: rowOf({ what, by: 'operator' }, null) });
  } finally {
    await close();
  }
}

/** The audit log about people in a table that all processes share: append-only, and pruned after a year. */
export class SharedPeopleLog implements AuditLog {
  readonly #schema: string;
  readonly #ask: Ask;
  readonly #warn: (sentence: string) => void;
  readonly #pruning: NodeJS.Timeout;
  #written: Promise<unknown> = Promise.resolve();

  constructor(schema: string, ask: Ask, warn: (sentence: string) => void) {
    this.#schema = schema;
    this.#ask = ask;
    this.#warn = warn;
    this.#pruning = setInterval(() => this.#prune(), PRUNING_MS).unref();
    this.#prune();
  }

  note(entry: PeopleAuditEntry, once: string | null = null): void {
    this.#write(`it lacks "${entry.what}"`, insert(this.#schema), rowOf(entry, once));
  }

  async page({ what, person, before, limit }: AuditQuery): Promise<AuditPart> {
    const rows = (await this.#ask(
      `SELECT number, at, entry FROM "${this.#schema}".audit
      WHERE ($1::bigint IS NULL OR number < $1) AND ($2::text IS NULL OR what = $2)
        AND ($3::text IS NULL OR "by" = $3 OR "on" = $3)
      ORDER BY number DESC LIMIT $4`,
      [before ?? null, what ?? null, person ?? null, limit + 1],
    )) as [number, Date, string][];
    const audit = rows.slice(0, limit).map(([, at, entry]) => ({ at: at.toISOString(), ...JSON.parse(entry) }));
    return { audit, ...(rows.length > limit && { next: rows[limit - 1]![0] }) };
  }

  async close(): Promise<void> {
    clearInterval(this.#pruning);
    await this.#written;
  }

  #prune(): void {
    const old = `DELETE FROM "${this.#schema}".audit WHERE at < now() - interval '${KEPT_MS} milliseconds'`;
    this.#write('what is older than a year is still in it', old, []);
  }

  #write(otherwise: string, text: string, values: readonly unknown[]): void {
    const written = this.#ask(text, values).catch((error: Error) => {
      this.#warn(`the record of people can't be written, so ${otherwise}: ${error.message}`);
    });
    this.#written = Promise.all([this.#written, written]);
  }
}
