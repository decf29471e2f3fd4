import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { type BehaviourDatabase, behaviourDatabase, hasBehaviourDatabase } from './database.ts';
import {
  attempt,
  type DeliveryAttempt,
  type DeliveryRow,
  type DeliveryState,
  hostOf,
  type NewDelivery,
  packetOf,
  pauseAfter,
  stateOf,
} from './delivery.ts';
import { OutboundFailed } from './outbound.ts';

/** Limits of pending deliveries: total, per URL, bytes. */
const MAX_WAITING = 20_000;
const MAX_PER_URL = 10_000;
const MAX_BYTES = 64 * 1024 * 1024;
/** Limits of stored failed deliveries: number of the newest, and age. */
const MAX_FAILED = 1000;
const MAX_FAILED_MS = 30 * 86_400_000;
const MAX_AT_ONCE = 16;
/** The longest timeout of a timer; later deliveries are checked again by then. */
const MAX_TIMER_MS = 86_400_000;
/** Pause in milliseconds before a failed database access is repeated. */
const TROUBLE_MS = 60_000;
/** Receives the results of a node's deliveries. */
interface DeliveryListener {
  sent(packet: unknown, status: number): void;
  failed(packet: unknown, why: string): void;
}

const detached = AsyncLocalStorage.snapshot();

/**
 * Delivers webhooks at least once: they are on disk from before the first attempt until success or final failure.
 * Deliveries to one URL are sent one at a time, in order.
 */
export class WebhookOutbox {
  readonly #database: BehaviourDatabase;
  readonly #warn: (sentence: string) => void;
  readonly #listeners = new Map<string, DeliveryListener[]>();
  /** URLs whose first delivery is being sent or scheduled. */
  readonly #active = new Map<string, NodeJS.Timeout | 'ready' | 'sending'>();
  readonly #ready: string[] = [];
  readonly #sending = new Set<Promise<void>>();
  #count = 0;
  #bytes = 0;
  #isClosed = false;
  #isFull = false;

  constructor(database: BehaviourDatabase, warn: (sentence: string) => void = () => {}) {
    this.#database = database;
    this.#warn = warn;
  }

  /** Continues with stored deliveries. */
  start(): void {
    this.#measure();
    const urls = this.#database.db.prepare('SELECT DISTINCT url FROM delivery WHERE failed IS NULL').all();
    for (const { url } of urls as { url: string }[]) this.#look(url);
  }

  /**
   * Resolves once a delivery is on disk, and then attempts it. Rejects with a sentence if the outbox is full or can't
   * be written.
   */
  async add(delivery: NewDelivery): Promise<void> {
    const { node, url, body, type, secret, hops, about, retries } = delivery;
    const packet = delivery.packet === undefined ? null : JSON.stringify(delivery.packet);
    const bytes = Buffer.byteLength(body) + Buffer.byteLength(packet ?? '');
    this.#refuseOverflow(url, bytes);
    const now = Date.now();
    this.#database.change(db =>
      db
        .prepare(
          `INSERT INTO delivery (id, node, url, body, type, secret, hops, packet, about, at, retries, due)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          `msg_${randomUUID()}`,
          node,
          url,
          body,
          type,
          secret ?? null,
          hops,
          packet,
          about ?? null,
          now,
          retries,
          now,
        ),
    );
    this.#count += 1;
    this.#bytes += bytes;
    await this.#database.written();
    this.#look(url);
  }

  /**
   * Reports the results of a node's deliveries; of several listeners, as of two revisions, to the newest. Returns a
   * function that ends it.
   */
  listen(node: string, listener: DeliveryListener): () => void {
    const all = this.#listeners.get(node) ?? [];
    this.#listeners.set(node, [...all, listener]);
    return () => {
      const left = (this.#listeners.get(node) ?? []).filter(each => each !== listener);
      if (left.length > 0) this.#listeners.set(node, left);
      else this.#listeners.delete(node);
    };
  }

  /** Number of waiting and of failed deliveries. */
  counts(): { readonly waiting: number; readonly failed: number } {
    const [counts] = this.#database.db
      .prepare('SELECT count(*) - count(failed) AS waiting, count(failed) AS failed FROM delivery')
      .all() as [{ waiting: number; failed: number }];
    return { ...counts };
  }

  /** Failed deliveries, newest first, then waiting ones, next first; at most so many. */
  list(most: number): readonly DeliveryState[] {
    const rows = this.#database.db
      .prepare('SELECT * FROM delivery ORDER BY failed IS NULL, failed DESC, due, seq LIMIT ?')
      .all(most) as unknown as DeliveryRow[];
    return rows.map(stateOf);
  }

  /** Attempts deliveries at once, also failed ones. Returns their number. */
  retry(all: readonly number[]): number {
    return this.#each(
      all,
      'UPDATE delivery SET due = ?2, attempts = CASE WHEN failed IS NULL THEN attempts ELSE 0 END, failed = NULL WHERE seq = ?1',
      Date.now(),
    );
  }

  /** Deletes deliveries. Returns their number. */
  drop(all: readonly number[]): number {
    return this.#each(all, 'DELETE FROM delivery WHERE seq = ?1');
  }

  /** Starts no further attempts; resolves once running ones are answered, or after a timeout in milliseconds. */
  async close(patience: number): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#active.values()) if (typeof timer === 'object') clearTimeout(timer);
    const late = new Promise<void>(resolve => setTimeout(resolve, patience).unref());
    await Promise.race([Promise.all(this.#sending), late]);
  }

  #each(all: readonly number[], sql: string, ...values: number[]): number {
    const urls = new Set<string>();
    const changed = this.#database.change(db =>
      all.map(seq => {
        const row = db.prepare('SELECT url FROM delivery WHERE seq = ?').get(seq) as { url: string } | undefined;
        if (!row) return 0;
        urls.add(row.url);
        return Number(db.prepare(sql).run(seq, ...values).changes);
      }),
    );
    this.#measure();
    for (const url of urls) {
      const timer = this.#active.get(url);
      if (typeof timer === 'object') {
        clearTimeout(timer);
        this.#active.delete(url);
      }
      this.#look(url);
    }
    return changed.filter(count => count > 0).length;
  }

  #measure(): void {
    const [sums] = this.#database.db
      .prepare(
        'SELECT count(*) AS count, coalesce(sum(octet_length(body) + coalesce(octet_length(packet), 0)), 0) AS bytes FROM delivery WHERE failed IS NULL',
      )
      .all() as [{ count: number; bytes: number }];
    this.#count = sums.count;
    this.#bytes = sums.bytes;
  }

  #refuseOverflow(url: string, bytes: number): void {
    const isAllFull = () => this.#count >= MAX_WAITING || this.#bytes + bytes > MAX_BYTES;
    // Some may have been deleted with their messages.
    if (isAllFull()) this.#measure();
    const isUrlFull = this.#count >= MAX_PER_URL && this.#countOf(url) >= MAX_PER_URL;
    if (!isAllFull() && !isUrlFull) {
      this.#isFull = false;
      return;
    }
    const many = (isUrlFull ? MAX_PER_URL : this.#count).toLocaleString('en');
    const sentence = `the outbox is full: ${many} webhooks wait${isUrlFull ? ` for ${hostOf(url)}` : ''}; see to the server that they are for, or give them up`;
    if (!this.#isFull) this.#warn(sentence);
    this.#isFull = true;
    throw new OutboundFailed(sentence);
  }

  #countOf(url: string): number {
    const row = this.#database.db
      .prepare('SELECT count(*) AS count FROM delivery WHERE url = ? AND failed IS NULL')
      .get(url) as { count: number };
    return row.count;
  }

  /** Schedules the first delivery to a URL. */
  #look(url: string): void {
    if (this.#isClosed || this.#active.has(url)) return;
    detached(() => {
      try {
        const first = this.#first(url);
        if (!first) return;
        if (first.due <= Date.now()) {
          this.#active.set(url, 'ready');
          this.#ready.push(url);
          this.#next();
        } else this.#wait(url, first.due - Date.now());
      } catch (error) {
        this.#warn(`${(error as Error).message}; webhooks wait until it works again`);
        this.#wait(url, TROUBLE_MS);
      }
    });
  }

  #wait(url: string, milliseconds: number): void {
    if (this.#isClosed) return;
    const again = () => {
      this.#active.delete(url);
      this.#look(url);
    };
    this.#active.set(url, setTimeout(again, Math.min(milliseconds, MAX_TIMER_MS)).unref());
  }

  #next(): void {
    while (!this.#isClosed && this.#sending.size < MAX_AT_ONCE) {
      const url = this.#ready.shift();
      if (url === undefined) return;
      this.#active.set(url, 'sending');
      const sending: Promise<void> = this.#deliver(url).then(isWritten => {
        this.#sending.delete(sending);
        this.#active.delete(url);
        if (isWritten) this.#look(url);
        else this.#wait(url, TROUBLE_MS);
        this.#next();
      });
      this.#sending.add(sending);
    }
  }

  #first(url: string): DeliveryRow | undefined {
    return this.#database.db
      .prepare('SELECT * FROM delivery WHERE url = ? AND failed IS NULL ORDER BY seq LIMIT 1')
      .get(url) as unknown as DeliveryRow | undefined;
  }

  /** Resolves to false if the result can't be saved. */
  async #deliver(url: string): Promise<boolean> {
    try {
      // It may have been deleted while it waited.
      const row = this.#first(url);
      if (!row || row.due > Date.now()) return true;
      const outcome = await attempt(row);
      if (!this.#isClosed) this.#settle(row, outcome);
      return true;
    } catch (error) {
      this.#warn(`${(error as Error).message}; a webhook to ${hostOf(url)} is tried again in a minute`);
      return false;
    }
  }

  #settle(row: DeliveryRow, outcome: DeliveryAttempt): void {
    const { seq, attempts, retries } = row;
    if (outcome.isSent) {
      const { changes } = this.#database.change(db => db.prepare('DELETE FROM delivery WHERE seq = ?').run(seq));
      if (changes === 0) return;
      this.#settled(row);
      this.#tell(row, listener => listener.sent(packetOf(row), outcome.status));
    } else if (outcome.isFinal || attempts >= retries) {
      this.#fail(row, outcome.why);
    } else {
      const due = Date.now() + Math.max(outcome.wait ?? 0, pauseAfter(attempts));
      this.#database.change(db =>
        db
          .prepare('UPDATE delivery SET attempts = attempts + 1, due = ?, why = ? WHERE seq = ?')
          .run(due, outcome.why, seq),
      );
    }
  }

  #fail(row: DeliveryRow, why: string): void {
    const now = Date.now();
    const { changes } = this.#database.change(db => {
      db.prepare('DELETE FROM delivery WHERE failed < ?').run(now - MAX_FAILED_MS);
      db.prepare(
        'DELETE FROM delivery WHERE seq IN (SELECT seq FROM delivery WHERE failed IS NOT NULL ORDER BY failed DESC LIMIT -1 OFFSET ?)',
      ).run(MAX_FAILED - 1);
      return db
        .prepare('UPDATE delivery SET attempts = attempts + 1, failed = ?, why = ? WHERE seq = ?')
        .run(now, why, row.seq);
    });
    if (changes === 0) return;
    this.#settled(row);
    const times = row.attempts === 0 ? 'once' : `${row.attempts + 1} times`;
    this.#warn(`${row.node} gave a webhook up after it was tried ${times}: ${why}`);
    this.#tell(row, listener => listener.failed(packetOf(row), why));
  }

  #settled({ body, packet }: DeliveryRow): void {
    this.#count -= 1;
    this.#bytes -= Buffer.byteLength(body) + Buffer.byteLength(packet ?? '');
  }

  #tell({ node }: DeliveryRow, tell: (listener: DeliveryListener) => void): void {
    const listener = this.#listeners.get(node)?.at(-1);
    if (listener) tell(listener);
  }
}

let current: WebhookOutbox | undefined;

/** The server's outbox, opened on first use. Throws a sentence if it can't be opened. */
export function outbox(): WebhookOutbox {
  if (current) return current;
  current = new WebhookOutbox(behaviourDatabase().value, warnOperator);
  current.start();
  return current;
}

/** The server's outbox; undefined if it was never used. Throws a sentence if it can't be opened. */
export const outboxIfUsed = (): WebhookOutbox | undefined => current ?? (hasBehaviourDatabase() ? outbox() : undefined);

let warnOperator: (sentence: string) => void = () => {};

/** Continues with deliveries of an earlier run. Throws a sentence if the outbox can't be opened. */
export function startOutbox(warn: (sentence: string) => void): void {
  warnOperator = warn;
  if (hasBehaviourDatabase()) outbox();
}

/**
 * Resolves once running attempts are answered, or after a timeout in milliseconds; the rest waits for the next start.
 */
export async function closeOutbox(patience: number): Promise<void> {
  const last = current;
  current = undefined;
  await last?.close(patience);
}
