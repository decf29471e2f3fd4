import pg from 'pg';
import type { DatabaseAddress } from './postgres-address.ts';
import { StoreFailed } from './store.ts';

/** PostgreSQL can't be reached or written now, but may recover. */
export class PostgresUnavailable extends StoreFailed {
  override readonly isTransient = true;
}

/** The connection was lost during a call, so it is unknown whether the call took effect. */
export class OutcomeUnknown extends PostgresUnavailable {}

/** A query with values at $1, $2, …; a named one is planned once per connection. */
export interface PostgresQuery {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** The result of a query: rows as arrays, and the columns' names. */
export type PostgresResult = Pick<pg.QueryArrayResult<unknown[]>, 'rows' | 'fields' | 'command' | 'rowCount'>;

/** What PostgreSQL's codes mean for the operator. */
const CODES: Readonly<Record<string, string>> = {
  '25006':
    'is read-only, as a standby is; name the primary, or all servers with commas between, in DATABASE_URL or PGHOST',
  '28000': 'does not let this user in; look at DATABASE_URL or PGUSER, and at pg_hba.conf there',
  '28P01': 'refuses this user or password; look at DATABASE_URL, or PGUSER and PGPASSWORD',
  '3D000': 'has no such database; create it with createdb, or name another in DATABASE_URL or PGDATABASE',
  '42501': 'does not allow this user that; make it the owner of the database',
  '53100': 'has no room on its disk any more; make room there',
  '53300': 'takes no more connections; raise max_connections there, or start fewer processes',
  '55P03': 'waits for a transaction that keeps a lock; find it in pg_stat_activity there and end it',
  '57014': 'takes too long; find what keeps it in pg_stat_activity there',
};
/** Codes after which another connection may succeed. */
const AWAY = /^(08...|25006|25P03|57P0.|53300)$/;
const UNREACHABLE =
  'does not answer; start it, or look after it and the way there; this goes on by itself once it is back';

/** Timeout in milliseconds for connecting to a server, */
const CONNECT_MS = 2000;
/** and for a call that waits for reconnection, so that a short outage goes unnoticed. */
const GRACE_MS = 4000;
const MAX_PAUSE_MS = 500;
/** Timeout of a query in milliseconds; longer than the server's own. */
const QUERY_MS = 5500;

/**
 * Forces use of indexes. PostgreSQL would keep a plan with a full scan, made while a table was empty, until it next
 * analyses the table.
 */
const SESSION = `
  SET synchronous_commit = on;
  SET jit = off;
  SET enable_seqscan = off;
  SET enable_bitmapscan = off;
  SET lock_timeout = '3s';
  SET statement_timeout = '5s';
  SET idle_in_transaction_session_timeout = '10s';
  SET default_transaction_isolation = 'read committed'`;

/** Numbers of rows, positions and times are within the range of exact integers. */
const types = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** Waits without keeping the process alive. */
export const pauseOf = (milliseconds: number): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, milliseconds).unref());

interface ConnectionListeners {
  /** Called with each new connection before it is used; if it rejects, the connection is dropped. */
  prepare?(ask: AskPostgres): Promise<void>;
  notified?(payload: string): void;
}

/** Runs a query; returns each row as an array. */
export type AskPostgres = (statement: PostgresQuery, milliseconds?: number) => Promise<unknown[][]>;

interface Waiting {
  resolve(client: pg.Client): void;
  reject(error: StoreFailed): void;
}

/** A connection to PostgreSQL that reconnects after a loss. */
export class Connection {
  /** Resolves with the first connection, or rejects with the error of the first attempt. */
  readonly opened: Promise<void>;
  readonly #address: DatabaseAddress;
  readonly #listeners: ConnectionListeners;
  readonly #closing = new AbortController();
  #client: pg.Client | undefined;
  #lostAt = performance.now();
  #fault: StoreFailed | undefined;
  #waiting = new Set<Waiting>();
  #asked = 0;
  /** The client runs one query at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(address: DatabaseAddress, listeners: ConnectionListeners = {}) {
    this.#address = address;
    this.#listeners = listeners;
    this.opened = new Promise((resolve, reject) => void this.#reconnect(resolve, reject));
    this.opened.catch(() => {});
  }

  /** Number of unanswered calls. */
  get load(): number {
    return this.#asked;
  }

  /** Why there is no connection; undefined if there is one. */
  get fault(): StoreFailed | undefined {
    return this.#client ? undefined : (this.#fault ?? new PostgresUnavailable('PostgreSQL is being connected to'));
  }

  /**
   * Runs a query; waits for reconnection for a while. Rejects with OutcomeUnknown if the connection is lost meanwhile,
   * otherwise with StoreFailed.
   */
  async ask(statement: PostgresQuery, milliseconds = QUERY_MS): Promise<unknown[][]> {
    return (await this.result(statement, milliseconds)).rows;
  }

  /** As `ask`, with PostgreSQL's full result. */
  async result(statement: PostgresQuery, milliseconds = QUERY_MS): Promise<PostgresResult> {
    this.#asked++;
    const asked = this.#last.then(async () => {
      const client = this.#client ?? (await this.#awaited());
      return this.#answer(client, statement, milliseconds);
    });
    this.#last = asked.catch(() => {});
    return asked.finally(() => this.#asked--);
  }

  /** Drops the connection and reconnects. */
  drop(): void {
    if (this.#client) this.#lose(this.#client);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const { reject } of this.#waiting) reject(new PostgresUnavailable('the store is closed'));
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    await Promise.race([client.end(), pauseOf(CONNECT_MS)]);
    destroy(client);
  }

  async #answer(client: pg.Client, query: PostgresQuery, milliseconds: number): Promise<PostgresResult> {
    try {
      return await answer(client, query, milliseconds);
    } catch (error) {
      if (error instanceof OutcomeUnknown) this.#lose(client, error);
      throw error;
    }
  }

  #awaited(): Promise<pg.Client> {
    const left = this.#lostAt + GRACE_MS - performance.now();
    if (left <= 0 || this.#closing.signal.aborted) return Promise.reject(this.fault);
    const { promise, resolve, reject } = Promise.withResolvers<pg.Client>();
    const waiting: Waiting = { resolve, reject };
    this.#waiting.add(waiting);
    const timer = setTimeout(() => reject(this.fault), left);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(waiting);
    });
  }

  #lose(client: pg.Client, fault?: StoreFailed): void {
    destroy(client);
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#lostAt = performance.now();
    this.#fault = fault;
    void this.#reconnect();
  }

  async #reconnect(opened?: () => void, failed?: (fault: StoreFailed) => void): Promise<void> {
    const { signal } = this.#closing;
    for (let pause = 20; !signal.aborted; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
      try {
        const client = await connect(this.#address, (client, fault) => this.#lose(client, fault), this.#listeners);
        if (signal.aborted) return destroy(client);
        this.#client = client;
        this.#fault = undefined;
        for (const { resolve } of this.#waiting) resolve(client);
        opened?.();
        return;
      } catch (error) {
        this.#fault = error as StoreFailed;
        failed?.(this.#fault);
      }
      await pauseOf(pause);
    }
  }
}

/** Connects to the first server that accepts connections and writes. Rejects with StoreFailed. */
async function connect(
  { servers, password, ...login }: DatabaseAddress,
  lost: (client: pg.Client, fault?: StoreFailed) => void,
  { prepare, notified }: ConnectionListeners,
): Promise<pg.Client> {
  let fault: StoreFailed | undefined;
  for (const server of servers) {
    const client = new pg.Client({
      ...server,
      ...login,
      ...(password !== undefined && { password }),
      application_name: 'flowchat',
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
    });
    client.on('error', error => lost(client, faultOf(error, client)));
    client.on('end', () => lost(client));
    client.on('notification', ({ payload = '' }) => notified?.(payload));
    const ask: AskPostgres = async (query, milliseconds = QUERY_MS) => (await answer(client, query, milliseconds)).rows;
    try {
      await client.connect();
      await ask({ text: SESSION });
      const [[isReadOnly] = []] = await ask({ text: 'SHOW transaction_read_only' });
      if (isReadOnly === 'on') throw Object.assign(new Error('read-only session'), { code: '25006' });
      await prepare?.(ask);
      return client;
    } catch (error) {
      destroy(client);
      fault = faultOf(error, client);
    }
  }
  throw fault;
}

/** A connection for one task, which fails if the connection is lost. */
export async function openSession(address: DatabaseAddress): Promise<{
  readonly ask: AskPostgres;
  result(query: PostgresQuery): Promise<PostgresResult>;
  close(): Promise<void>;
}> {
  const client = await connect(address, () => {}, {});
  return {
    ask: async (query, milliseconds = QUERY_MS) => (await answer(client, query, milliseconds)).rows,
    result: query => answer(client, query, QUERY_MS),
    close: () => client.end(),
  };
}

async function answer(
  client: pg.Client,
  { name, text, values }: PostgresQuery,
  milliseconds: number,
): Promise<PostgresResult> {
  const query = { text, values: values as unknown[], rowMode: 'array' as const, types, query_timeout: milliseconds };
  try {
    return await client.query<unknown[]>(name === undefined ? query : { ...query, name });
  } catch (error) {
    const fault = faultOf(error, client);
    throw fault instanceof PostgresUnavailable ? new OutcomeUnknown(fault.message) : fault;
  }
}

function faultOf(error: unknown, { host, port }: pg.Client): StoreFailed {
  if (error instanceof StoreFailed) return error;
  const { code = '', message } = error as { code?: string; message: string };
  const isSqlState = /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E');
  const isAway = !isSqlState || AWAY.test(code);
  const reason = CODES[code] ?? (isAway ? UNREACHABLE : 'fails');
  const sentence = `PostgreSQL at ${host}:${port} ${reason} (${message || code})`;
  return isAway ? new PostgresUnavailable(sentence) : new StoreFailed(sentence);
}

/** Closes a connection without PostgreSQL's farewell, which a frozen server would not read. */
function destroy(client: pg.Client): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
