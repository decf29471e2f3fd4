import type { Reaction } from '../model/chat.ts';
import type { Entry } from '../model/packets.ts';
import { type DecidedRecords, RecordsStale } from './directory.ts';
import { type FoldedMessage, fold } from './fold.ts';
import { isSame, newId, ownerHash, wellFormed, wellFormedText } from './message.ts';
import { type Connection, OutcomeUnknown, type PostgresQuery, PostgresUnavailable } from './postgres-connection.ts';
import { MESSAGE_COLUMNS, quoted } from './postgres-functions.ts';
import type { MessageInterner, StoredRow } from './postgres-messages.ts';
import { changedRow, foldedRow, type KeptEntry, type KeptRow, keptEntry, rowText } from './postgres-rows.ts';
import {
  type AppendResult,
  ChangeRefused,
  type ChangeResult,
  type Commits,
  KeyReused,
  type NewChange,
  type NewMessage,
  StoreFailed,
} from './store.ts';

/** Limit of entries per transaction. */
const MAX_BATCH = 500;
/** How long after its arrival an entry may be tried again, in milliseconds. */
const PATIENCE_MS = 9000;
/** Pause in milliseconds after a failure, before writing is tested again. */
const RETRY_MS = 1000;

interface Pending {
  readonly id: string;
  readonly room: string;
  readonly since: number;
  reject(error: Error): void;
}

interface PendingMessage extends Pending {
  readonly draft: NewMessage;
  /** Records to be written with it, in a transaction of its own. */
  readonly decided?: DecidedRecords;
  resolve(result: AppendResult): void;
}

interface PendingChange extends Pending {
  readonly change: NewChange;
  resolve(result: ChangeResult): void;
}

type PendingEntry = PendingMessage | PendingChange;

/** The message of a change before and after it, and the reaction. */
interface FoldedChange {
  readonly before: StoredRow;
  readonly after: FoldedMessage;
  readonly reaction: Reaction | undefined;
}

/** The newly stored entries of a transaction; their positions are consecutive. */
export interface KeptBatch {
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
}

interface WriterListeners {
  /** Called before the entries are acknowledged; resolves once all earlier entries were emitted, or can't be read. */
  kept(batch: KeptBatch): Promise<void>;
  /** Called once each entry of a batch was stored, refused or put back. */
  settled(): void;
}

/** Stores entries in batches, one transaction at a time; entries that arrive meanwhile form the next batch. */
export class PostgresWriter {
  readonly #connection: Connection;
  readonly #messages: MessageInterner;
  readonly #secret: () => Promise<string>;
  readonly #listeners: WriterListeners;
  readonly #find: (ids: readonly string[], rooms: readonly string[]) => PostgresQuery;
  readonly #keep: (entries: string, again: boolean) => PostgresQuery;
  readonly #probe: PostgresQuery;
  readonly #keepDecided: (entries: string, decided: DecidedRecords) => PostgresQuery;
  #waiting: PendingEntry[] = [];
  /** Ids of entries that are being written by this process. */
  readonly own = new Set<string>();
  #isWorking = false;
  #work = Promise.resolve();
  #commits: Commits = { count: 0, seconds: 0 };
  #fault: StoreFailed | undefined;
  #retryTimer: NodeJS.Timeout | undefined;

  constructor(
    name: string,
    connection: Connection,
    messages: MessageInterner,
    { secret, ...listeners }: WriterListeners & { secret(): Promise<string> },
  ) {
    this.#connection = connection;
    this.#messages = messages;
    this.#secret = secret;
    this.#listeners = listeners;
    const find = `SELECT json_build_array(${MESSAGE_COLUMNS}), owner, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
      FROM ${quoted(name)}.message WHERE id = ANY ($1) AND room = ANY ($2)`;
    this.#find = (ids, rooms) => ({ name: 'find', text: find, values: [ids, rooms] });
    const keep = `SELECT * FROM ${quoted(name)}.keep($1, $2)`;
    this.#keep = (entries, again) => ({ name: 'keep', text: keep, values: [entries, again] });
    this.#probe = { text: probe(name) };
    const keepDecided = `SELECT * FROM ${quoted(name)}.keep_decided($1, $2, $3)`;
    this.#keepDecided = (entries, { records, at }) => ({
      name: 'keepDecided',
      text: keepDecided,
      values: [entries, recordRows(records), at],
    });
  }

  /** Why PostgreSQL refuses to write, such as a full disk; undefined if it doesn't. */
  get fault(): StoreFailed | undefined {
    return this.#fault;
  }

  get commits(): Commits {
    return this.#commits;
  }

  append(draft: NewMessage, decided?: DecidedRecords): Promise<AppendResult> {
    const formed = wellFormed(draft);
    const more = { draft: formed, ...(decided && { decided }) };
    return new Promise((resolve, reject) => this.#add({ ...pendingIn(formed.room), ...more, resolve, reject }));
  }

  change(draft: NewChange): Promise<ChangeResult> {
    const change = { ...draft, text: wellFormedText(draft.text) };
    return new Promise((resolve, reject) => this.#add({ ...pendingIn(change.room), change, resolve, reject }));
  }

  /** Resolves once every entry was stored or refused. */
  async settled(): Promise<void> {
    while (this.#isWorking) await this.#work;
  }

  #add(pending: PendingEntry): void {
    this.#waiting.push(pending);
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#work = this.#commitAll();
  }

  async #commitAll(): Promise<void> {
    // Entries of one turn of the event loop form one batch.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const batch = this.#next();
      for (const { id } of batch) this.own.add(id);
      try {
        await this.#commit(batch);
        this.#fault = undefined;
      } catch (error) {
        this.#failed(error);
        for (const { reject } of batch) reject(error as Error);
      }
      for (const { id } of batch) this.own.delete(id);
      this.#listeners.settled();
    }
    this.#isWorking = false;
  }

  /**
   * The oldest pending entries for one transaction: no two with the same key, no removal with other changes of its
   * message, and no entry with records together with others.
   */
  #next(): PendingEntry[] {
    const names = new Set<string>();
    const changed = new Set<string>();
    const isPossible = (pending: PendingEntry) => {
      const { room } = pending;
      if ('draft' in pending) return pending.draft.key === undefined || !names.has(`${room} ${pending.draft.key}`);
      const { kind, about } = pending.change;
      return !names.has(about) && !(kind === 'remove' && changed.has(about));
    };
    let end = 0;
    for (const pending of this.#waiting.slice(0, MAX_BATCH)) {
      const isDecided = 'draft' in pending && pending.decided !== undefined;
      if (isDecided && end === 0) return this.#waiting.splice(0, 1);
      if (isDecided || !isPossible(pending)) break;
      if ('draft' in pending && pending.draft.key !== undefined) names.add(`${pending.room} ${pending.draft.key}`);
      if ('change' in pending) (pending.change.kind === 'remove' ? names : changed).add(pending.change.about);
      end++;
    }
    return this.#waiting.splice(0, end);
  }

  async #commit(batch: readonly PendingEntry[]): Promise<void> {
    const secret = await this.#secret();
    const folded = await this.#fold(
      batch.filter(pending => 'change' in pending),
      secret,
    );
    const pending = batch.filter(each => 'draft' in each || folded.has(each));
    if (pending.length === 0) return;
    const start = performance.now();
    const kept = await this.#written(pending, folded, secret);
    const { count, seconds } = this.#commits;
    this.#commits = { count: count + 1, seconds: seconds + (performance.now() - start) / 1000 };
    const [first] = pending;
    const [head] = kept;
    if (!head) throw new RecordsStale();
    if (head.outcome === 'reused' && first && 'draft' in first) throw new KeyReused(String(first.draft.key));
    const fresh = kept.filter(({ outcome }) => outcome === 'kept').map(({ pos }) => pos);
    const [begin, end] = [fresh[0], fresh.at(-1)];
    if (begin !== undefined && end !== undefined)
      await this.#listeners.kept({ epoch: head.epoch, first: begin, last: end });
    const stale: PendingEntry[] = [];
    const changed = new Map<string, StoredRow>();
    for (const [index, entry] of kept.entries()) {
      const each = pending[index]!;
      if (entry.outcome === 'stale') stale.push(each);
      else if ('draft' in each) this.#settleMessage(each, entry);
      else {
        const { about } = each.change;
        changed.set(about, this.#settleChange(each, folded.get(each)!, entry, changed.get(about)));
      }
    }
    this.#retry(stale);
  }

  /**
   * Notes why writing failed, and tests it until it works again: proxies send no posts to a server that is not ready.
   */
  #failed(error: unknown): void {
    // The connection reports its own loss.
    this.#fault = error instanceof StoreFailed && !(error instanceof PostgresUnavailable) ? error : undefined;
    clearTimeout(this.#retryTimer);
    if (this.#fault) this.#retryTimer = setTimeout(() => void this.#tryAgain(), RETRY_MS).unref();
  }

  async #tryAgain(): Promise<void> {
    try {
      await this.#connection.ask(this.#probe);
      this.#fault = undefined;
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Repeats the call after a lost connection, as it is unknown whether the entries were stored. */
  async #written(
    pending: readonly PendingEntry[],
    folded: ReadonlyMap<PendingEntry, FoldedChange>,
    secret: string,
  ): Promise<readonly KeptEntry[]> {
    const ask = async (...query: Parameters<Connection['ask']>) =>
      ((await this.#connection.ask(...query)) as unknown as readonly KeptRow[]).map(keptEntry);
    const entries = JSON.stringify(
      pending.map((each, n) => ('draft' in each ? messageRow(each, n, secret) : changeRow(each, n, folded.get(each)!))),
    );
    const [first] = pending;
    // Not repeated: if the first call took effect, its position is outdated, and the repeat would be refused as stale.
    if (first && 'draft' in first && first.decided) return ask(this.#keepDecided(entries, first.decided));
    try {
      return await ask(this.#keep(entries, false));
    } catch (error) {
      const left = Math.min(...pending.map(({ since }) => since)) + PATIENCE_MS - performance.now();
      if (!(error instanceof OutcomeUnknown) || left <= 0) throw error;
      return ask(this.#keep(entries, true), left);
    }
  }

  /** Reads the messages of changes, and settles those that are refused or change nothing. */
  async #fold(changes: readonly PendingChange[], secret: string): Promise<ReadonlyMap<PendingEntry, FoldedChange>> {
    const folded = new Map<PendingEntry, FoldedChange>();
    if (changes.length === 0) return folded;
    const [ids, rooms] = [changes.map(({ change }) => change.about), changes.map(({ room }) => room)];
    const rows = (await this.#connection.ask(this.#find(ids, rooms))) as [
      before: StoredRow,
      owner: string | null,
      now: number,
    ][];
    const subjects = new Map(
      rows.map(([before, owner, now]) => {
        const [room, , id] = before;
        return [`${room} ${id}`, { before, owner, now }];
      }),
    );
    const begun = new Set<string>();
    const later: PendingEntry[] = [];
    for (const pending of changes) {
      const { change, room, resolve, reject } = pending;
      const { before, owner = null, now = 0 } = subjects.get(`${room} ${change.about}`) ?? {};
      const subject = before && foldedRow(before, owner);
      const outcome = fold(subject, change, ownerHash(secret, change.owner), now);
      const isUnchanged = 'refused' in outcome || outcome.message === subject;
      // It depends on an earlier change in this batch.
      if (isUnchanged && begun.has(change.about)) later.push(pending);
      else if ('refused' in outcome) reject(new ChangeRefused(outcome.refused));
      else if (isUnchanged) resolve({ message: this.#messages.of(before!) });
      else {
        begun.add(change.about);
        folded.set(pending, { before: before!, after: outcome.message, reaction: outcome.reaction });
        const after = changedRow(before!, outcome.message, change.kind, now);
        subjects.set(`${room} ${change.about}`, { before: after, owner, now });
      }
    }
    this.#waiting.unshift(...later);
    return folded;
  }

  #settleMessage({ id, room, draft, resolve, reject }: PendingMessage, entry: KeptEntry): void {
    const { outcome, seq, micros, at, posted, known } = entry;
    if (known === null) {
      const { author, by = null, text } = draft;
      const kept: StoredRow = [room, seq, id, author, text, micros, at, null, null, null, 0, by];
      resolve({ message: this.#messages.of(kept), fresh: true });
      return;
    }
    const [, , , author, text, , , , removed, , , by] = known;
    if (removed === null && !isSame({ author, by, text: posted ?? text }, draft)) reject(new KeyReused(draft.key!));
    else resolve({ message: this.#messages.of(known), fresh: outcome === 'kept' });
  }

  /** Returns the new row of its message; `last` is the row after the previous change in the same transaction. */
  #settleChange(
    { id, change, resolve }: PendingChange,
    folded: FoldedChange,
    { seq, at, texts, known }: KeptEntry,
    last?: StoredRow,
  ): StoredRow {
    const { before, after, reaction } = folded;
    const { kind, about } = change;
    const now = known ?? changedRow(last ?? before, after, kind, at);
    const message = this.#messages.of(now);
    const what = { about, at: new Date(at).toISOString(), ...(reaction && { reaction }) };
    const entry: Entry = Object.freeze({ seq, id, kind, ...what, message });
    resolve({ message, entry, ...(kind === 'remove' && { texts: [rowText(before), ...(texts ?? [])] }) });
    return now;
  }

  /** Repeats changes whose messages were changed meanwhile. */
  #retry(stale: readonly PendingEntry[]): void {
    const now = performance.now();
    const [late, early] = [true, false].map(isLate =>
      stale.filter(({ since }) => now - since > PATIENCE_MS === isLate),
    );
    this.#waiting.unshift(...early!);
    for (const { reject } of late!) reject(new StoreFailed('too many change this message at once; try again'));
  }
}

/** Takes the lock and more than a page of disk, as messages may, and leaves nothing behind. */
const probe = (name: string, s = quoted(name)) => `
DO $probe$ BEGIN
  PERFORM FROM ${s}.history FOR UPDATE;
  INSERT INTO ${s}.message (room, seq, pos, id, author, text, time, at)
  SELECT '', i, -i, '', '', repeat('x', 1900), 0, 0 FROM generate_series(1, 5) i;
  RAISE EXCEPTION USING MESSAGE = 'undo';
EXCEPTION WHEN raise_exception THEN NULL;
END $probe$`;

/** Records in the format of the schema's functions. */
export const recordRows = (records: DecidedRecords['records']): string =>
  JSON.stringify(records.map(({ kind, key, value }) => ({ kind, key, value: value && JSON.stringify(value) })));

const pendingIn = (room: string) => ({ id: newId(), room, since: performance.now() });

function messageRow({ id, room, draft }: PendingMessage, n: number, secret: string): object {
  const { author, by, text, key, owner } = draft;
  return { n, kind: 'message', room, id, author, by, text, key, owner: ownerHash(secret, owner) };
}

function changeRow({ id, room, change }: PendingChange, n: number, { before, after, reaction }: FoldedChange): object {
  const [, about, , , , , , , , , version] = before;
  const was = change.kind === 'edit' ? rowText(before) : '';
  const { text, reactions } = after;
  const now = { about, version, text, reactions };
  return { n, kind: change.kind, room, id, ...now, was, ...(reaction && { reaction: JSON.stringify(reaction) }) };
}
