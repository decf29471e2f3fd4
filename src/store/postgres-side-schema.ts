import { type DatabaseVariables, readAddress } from './postgres-address.ts';
import { Connection, openSession, type PostgresQuery, type PostgresResult } from './postgres-connection.ts';
import { quoted } from './postgres-functions.ts';
import { StoreFailed } from './store.ts';

/** Queries PostgreSQL like its client's pool. Don't use transactions: all calls share one connection. */
export interface PostgresPool {
  connect(): Promise<{
    query(text: string, values: readonly unknown[]): Promise<NamedRows>;
    release(): void;
  }>;
  end(): Promise<void>;
}

/** Rows as objects by column name. */
interface NamedRows extends Pick<PostgresResult, 'command' | 'rowCount'> {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

interface BesideOptions {
  /** Name of the schema. */
  readonly schema: string;
  readonly variables: DatabaseVariables;
  /** A table that identifies a schema of ours. */
  readonly known: string;
  /** Migrates the tables to this program's layout. Runs in a transaction, under a lock of all processes. */
  migrate(pool: PostgresPool): Promise<void>;
  /** Called with notifications of this and other processes. */
  heard(payload: string): void;
}

/**
 * A schema beside that of a message history, for data that all processes share and no graph may read. It has one
 * connection, which reconnects; until then calls reject with StoreFailed.
 */
export class SideSchema {
  readonly pool: PostgresPool;
  readonly #schema: string;
  readonly #connection: Connection;
  #fault: string | undefined;

  /** Opens or creates a schema. Rejects with StoreFailed. */
  static async open(options: BesideOptions): Promise<SideSchema> {
    await migrate(options);
    const beside = new SideSchema(options);
    try {
      await beside.#connection.opened;
      return beside;
    } catch (error) {
      await beside.close();
      throw error;
    }
  }

  private constructor({ schema, variables, heard }: BesideOptions) {
    this.#schema = schema;
    this.#connection = new Connection(readAddress(variables), {
      prepare: async ask => void (await ask({ text: `LISTEN ${quoted(schema)}` })),
      notified: heard,
    });
    this.pool = poolOf(query => this.#result(query));
  }

  /** The error of the last query; undefined if it succeeded. */
  get fault(): string | undefined {
    return this.#fault;
  }

  async ask(text: string, values: readonly unknown[]): Promise<readonly unknown[][]> {
    return (await this.#result({ text, values })).rows;
  }

  /** Notifies all processes. At most 7,999 bytes. */
  async tell(payload: string): Promise<void> {
    await this.ask('SELECT pg_notify($1, $2)', [this.#schema, payload]);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #result(query: PostgresQuery): Promise<PostgresResult> {
    try {
      const result = await this.#connection.result(query);
      this.#fault = undefined;
      return result;
    } catch (error) {
      this.#fault = (error as Error).message;
      throw error;
    }
  }
}

async function migrate({ schema, variables, known, migrate: bring }: BesideOptions): Promise<void> {
  const { ask, result, close } = await openSession(readAddress(variables));
  try {
    await ask({ text: 'BEGIN' });
    await ask({ text: `SELECT pg_advisory_xact_lock(hashtext('flowchat ' || $1))`, values: [schema] });
    const [[others, ours] = []] = await ask({
      text: `SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace($1)), to_regclass($1 || '.' || $2)`,
      values: [quoted(schema), quoted(known)],
    });
    if (Number(others) > 0 && ours === null)
      throw new StoreFailed(`the schema ${schema} has another program's tables; take another name at STORE`);
    await bring(poolOf(result));
    await ask({ text: 'COMMIT' });
  } finally {
    // Rolls back an open transaction.
    await close();
  }
}

function poolOf(ask: (query: PostgresQuery) => Promise<PostgresResult>): PostgresPool {
  const query = async (text: string, values: readonly unknown[]) => {
    const { rows, fields, command, rowCount } = await ask({ text, values });
    return {
      command,
      rowCount,
      rows: rows.map(row => Object.fromEntries(fields.map(({ name }, index) => [name, row[index]]))),
    };
  };
  return { connect: async () => ({ query, release() {} }), end: async () => {} };
}
