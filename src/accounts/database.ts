import { DatabaseSync } from 'node:sqlite';
import { createKyselyAdapter, kyselyAdapter } from '@better-auth/kysely-adapter';
import type { BetterAuthOptions } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { hide } from '../files/data-folder.ts';
import type { DatabaseVariables } from '../store/postgres-address.ts';
import { accountsSchema } from '../store/url.ts';
import { auditTable } from './shared-audit.ts';

/**
 * Where accounts are stored: a file of one process, or a PostgreSQL schema that processes share, named after their
 * store.
 */
export type AccountsPlace =
  | { readonly file: string }
  | { readonly postgres: string; readonly variables: DatabaseVariables };

/** Functions across processes that share accounts. */
export interface SharedAccounts {
  /** The PostgreSQL schema. */
  readonly schema: string;
  /** Rejects with StoreFailed. */
  ask(text: string, values: readonly unknown[]): Promise<readonly unknown[][]>;
  /** Which of these sessions and lent tokens still exist. Rejects with StoreFailed. */
  alive(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Notifies all processes that sessions of a person have ended. Rejects with StoreFailed. */
  tell(person: string): Promise<void>;
  /** Sets the only listener; called with the person whose sessions have ended. */
  listen(listener: (person: string) => void): void;
}

/** The library's database. */
export interface AccountsDatabase {
  readonly adapter: ReturnType<typeof kyselyAdapter>;
  /** Undefined if no other process can use it. */
  readonly shared?: SharedAccounts;
  /** The error of the last query, if known. */
  fault(): string | undefined;
  close(): Promise<void>;
}

/** Opens or creates the database, with the tables that the library's options require. Rejects on failure. */
export const openAccountsDatabase = (place: AccountsPlace, options: BetterAuthOptions): Promise<AccountsDatabase> =>
  'file' in place ? openFile(place.file, options) : openSchemaOf(place, options);

async function openFile(file: string, options: BetterAuthOptions): Promise<AccountsDatabase> {
  const database = new DatabaseSync(file, { timeout: 1000 });
  hide(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON');
  const { runMigrations } = await getMigrations({ ...options, database });
  await runMigrations();
  const { kysely } = await createKyselyAdapter({ database });
  const adapter = kyselyAdapter(kysely!, { type: 'sqlite', transaction: false });
  return { adapter, fault: () => undefined, close: async () => database.close() };
}

async function openSchemaOf(
  { postgres, variables }: Extract<AccountsPlace, { readonly postgres: string }>,
  options: BetterAuthOptions,
): Promise<AccountsDatabase> {
  const schema = accountsSchema(postgres);
  let listener: (person: string) => void = () => {};
  // PostgreSQL's client is loaded on demand.
  const { SideSchema } = await import('../store/postgres-side-schema.ts');
  const kyselyOf = async (pool: object) =>
    (await createKyselyAdapter({ database: pool as NonNullable<BetterAuthOptions['database']> })).kysely!;
  const beside = await SideSchema.open({
    schema,
    variables,
    known: 'session',
    async migrate(pool) {
      const database = { db: await kyselyOf(pool), type: 'postgres' as const, schemaName: schema };
      const { runMigrations } = await getMigrations({ ...options, database });
      await runMigrations();
      await (await pool.connect()).query(auditTable(schema), []);
    },
    heard: person => listener(person),
  });
  const kysely = (await kyselyOf(beside.pool)).withSchema(schema);
  const alive = `SELECT id FROM "${schema}".session WHERE id = ANY ($1) AND "expiresAt" > now()
    UNION ALL SELECT id FROM "${schema}"."lentToken" WHERE id = ANY ($1)`;
  return {
    adapter: kyselyAdapter(kysely, { type: 'postgres', transaction: false }),
    shared: {
      schema,
      ask: (text, values) => beside.ask(text, values),
      alive: async ids => new Set((await beside.ask(alive, [ids])).map(([id]) => String(id))),
      tell: person => beside.tell(person),
      listen(listening) {
        listener = listening;
      },
    },
    fault: () => beside.fault,
    close: () => beside.close(),
  };
}
