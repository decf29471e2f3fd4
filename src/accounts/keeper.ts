import type { IncomingHttpHeaders } from 'node:http';
import type { Request } from '../gate/contract.ts';
import type { DirectoryRecord, PeopleAuditKind } from '../model/directory.ts';
import type { Answer, Refusal } from '../model/packets.ts';
import { guest, isKnown, type Who } from '../model/who.ts';
import { excerpt } from '../model/words.ts';
import type { ClaimRule } from '../raw-settings.ts';
import type { SharedDirectory } from '../store/directory.ts';
import { StoreFailed } from '../store/store.ts';
import {
  type AccountReply,
  type Accounts,
  type Caller,
  nobody,
  type PersonOrder,
  type PublishedRules,
  type Visitor,
} from './accounts.ts';
import { Attempts } from './attempts.ts';
import { type AuditLog, roomDeed } from './audit.ts';
import type { Credentials } from './credentials.ts';
import type { SharedAccounts } from './database.ts';
import { DeviceLinks } from './devices.ts';
import type { EmbedTokens } from './embed.ts';
import { hashOf } from './hashed-sessions.ts';
import { LentTokens } from './lent-tokens.ts';
import type { OidcSignIn } from './oidc.ts';
import { refusedWith } from './people.ts';
import { bearerOf, SessionCookies } from './session-cookies.ts';
import { newCode, SetupCode } from './setup-code.ts';

/** A session whose properties can change. */
export interface LiveVisitor extends Visitor {
  who: Who;
  until: number;
  /** Id of the database row that must exist for it; undefined for a bot. */
  readonly row?: string;
  /** When a person last used a passkey or a password; undefined for a token. */
  readonly proved?: number;
}

/** Limit of cached sessions; the library is asked for others. */
const MAX_VISITORS = 10_000;
/** Interval in milliseconds of checks for expired sessions, */
const SWEEP_MS = 15_000;
/**
 * and of checks for sessions that another process ended without a notification: they are valid for 5 s longer at most.
 */
const ENDED_ELSEWHERE_MS = 2000;
/** Milliseconds after signing in during which the graph may be edited. */
const PROVED_MS = 15 * 60_000;
/** Limit of the audited description of changed rules, in characters. */
const MAX_RULES_LENGTH = 2000;

/** Dependencies of accounts. */
export interface AccountsDeps {
  readonly directory: SharedDirectory;
  readonly credentials: Credentials;
  /** Undefined without an OpenID provider. */
  readonly provider?: OidcSignIn | undefined;
  /** Undefined if no server of an embedding page is trusted. */
  readonly embed?: EmbedTokens | undefined;
  /** Rules about who may join without an invitation, by claims of other servers. */
  readonly rules: readonly ClaimRule[];
  readonly audit: AuditLog;
  /** DATA. */
  readonly data: string;
  /** The set-up code shared by all processes; undefined if there is only one, which makes its own. */
  readonly setupCode?: string | undefined;
  /** Public origin with BASE_PATH. */
  readonly place: string;
  /** A keyed hash of an address, as in `from`. */
  hashAddress(address: string): string;
  /** Called with the server's name when it changes. */
  called(name: string): void;
  /** Called with the ids of people who changed their name or role, joined or left. */
  peopleChanged(ids: string[]): void;
  /** The access rules of the live graph; undefined if they can't be set from here. */
  rulesNow(): string | undefined;
  /** Publishes other access rules. Rejects with a sentence on failure. */
  publishRules(rules: string): Promise<void>;
  warn(sentence: string): void;
}

/** Handlers of requests and of the operator's orders. */
interface Answers {
  isOwn(path: string): boolean;
  readonly answer: AnswerAccount;
  order(keeper: AccountKeeper, order: PersonOrder): Promise<string>;
}

/** Answers a request about accounts. */
type AnswerAccount = (
  request: Request,
  headers: IncomingHttpHeaders,
  visitor: Visitor,
  keeper: AccountKeeper,
) => Promise<AccountReply | Omit<Refusal, 'id'>>;

/** Identifies people by the cookies and tokens of their requests, and reports changes of their rights. */
export class AccountKeeper implements Accounts {
  readonly isOn = true;
  readonly deps: AccountsDeps;
  readonly devices: DeviceLinks;
  /** Limits for guessing. Nobody can lock somebody else out for longer than an account's longest delay. */
  readonly guesses = {
    byAddress: new Attempts({ free: 5, firstMs: 1000, longestMs: 900_000 }),
    byAccount: new Attempts({ free: 5, firstMs: 500, longestMs: 10_000 }),
    /** People who start signing in at a provider without returning; a school behind one address needs many. */
    leaving: new Attempts({ free: 60, firstMs: 1000, longestMs: 60_000 }),
    /** Number of passwords being hashed. */
    hashing: 0,
  };
  readonly #answers: Answers;
  /** By the hash of the proof; most recently used last. */
  readonly #visitors = new Map<string, LiveVisitor>();
  readonly #lent: LentTokens;
  readonly #cookies: SessionCookies;
  readonly #listeners = new Set<(whom: (caller: Caller) => boolean) => void>();
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #end: () => void;
  readonly #setup: SetupCode;
  /** Whether it was logged that sessions can't be read, to log it once. */
  #isUnreadable = false;
  readonly #release: () => Promise<void>;

  constructor(deps: AccountsDeps, answers: Answers, release: () => Promise<void> = async () => {}) {
    this.deps = deps;
    this.#answers = answers;
    this.#release = release;
    const { rows, shared } = deps.credentials;
    this.#cookies = new SessionCookies(deps.credentials.cookieName);
    [this.devices, this.#lent] = [new DeviceLinks(rows), new LentTokens(rows)];
    this.#setup = new SetupCode(deps.data, deps.directory, deps.setupCode);
    this.#end = deps.directory.follow(records => this.#directoryChanged(records));
    this.#tellPlace();
    const timers = [setInterval(() => this.#endOld(), SWEEP_MS)];
    if (shared) {
      // While the store is unavailable, nobody can read or write messages either, and it is retried.
      const look = (person?: string) => void this.#endedElsewhere(shared, person).catch(() => {});
      shared.listen(look);
      timers.push(setInterval(look, ENDED_ELSEWHERE_MS));
    }
    this.#timers = timers.map(timer => timer.unref());
  }

  visit(headers: IncomingHttpHeaders, from: string): Visitor | Promise<Visitor> {
    const key = this.#cookies.keyOf(headers);
    if (key === '') return nobody(from);
    const known = this.#visitors.get(key);
    if (known && known.until > Date.now()) return this.#seen(key, known);
    const token = bearerOf(headers.authorization);
    if (token === undefined) return this.#proved(key, from, () => this.#signedIn(this.#cookies.own(headers.cookie)!));
    return token.startsWith(LENT) ? this.#proved(key, from, () => this.#lentTo(key)) : this.#bot(key, from);
  }

  changed(listener: (whom: (caller: Caller) => boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  owns(path: string): boolean {
    return this.#answers.isOwn(path);
  }

  async answer(request: Request, headers: IncomingHttpHeaders, visitor: Visitor) {
    const cookie = this.#cookies.own(headers.cookie);
    const given = cookie === undefined ? headers : { ...headers, cookie };
    try {
      return await this.#answers.answer(request, given, visitor, this);
    } catch (error) {
      const { message, code } = error as Error & { readonly code?: string };
      if (!(error instanceof StoreFailed) && code !== 'ERR_SQLITE_ERROR') throw error;
      this.deps.warn(
        `${request.method} ${request.path} could not be answered, as accounts can't be read or written: ${message}`,
      );
      return UNREADABLE;
    }
  }

  ownership(visitor: Visitor): 'none' | 'known' | 'proved' {
    const { who, until, proved } = visitor as LiveVisitor;
    const now = Date.now();
    const { now: directory } = this.deps.directory;
    if (proved === undefined || who.kind !== 'person' || who.role !== 'owner') return 'none';
    if (until <= now || directory.ban(now, who.id)) return 'none';
    return now - proved < PROVED_MS ? 'proved' : 'known';
  }

  isPrivate(room: string): boolean {
    const { now } = this.deps.directory;
    return now.hasHidden && (now.room(room)?.kind ?? 'open') !== 'open';
  }

  answered(request: Request, answer: Answer): void {
    const { method, who, from } = request;
    if (method === 'GET' || !isKnown(who)) return;
    const deed = roomDeed(request, answer, room => this.deps.directory.now.room(room)?.kind ?? 'open');
    if (deed) this.deps.audit.note({ ...deed, by: who.id, from });
  }

  published({ by, revision, rules }: PublishedRules): void {
    this.#noteOfEditor('revision', by, JSON.stringify({ revision }), `revision ${revision}`);
    if (rules.length === 0) return;
    this.#noteOfEditor('rules', by, excerpt(rules.join('; '), MAX_RULES_LENGTH), `rules ${revision}`);
  }

  looked(by: string): void {
    this.#noteOfEditor('private look', by);
  }

  order(order: PersonOrder): Promise<string> {
    return this.#answers.order(this, order);
  }

  /**
   * Issues a token of a person to a page, which keeps it in memory. It ends by itself, or with the person's sessions.
   * Rejects if it can't be stored.
   */
  async lend(person: string): Promise<{ readonly token: string; readonly until: number }> {
    const token = LENT + newCode();
    return { token, until: await this.#lent.lend(person, hashOf(token)) };
  }

  /**
   * Ends sessions of a person on all connections of all processes: the session that headers prove, or all. Call it
   * after they were deleted from the database. Rejects if lent tokens can't be ended.
   */
  async end(person: string, proof?: Pick<IncomingHttpHeaders, 'cookie' | 'authorization'>): Promise<void> {
    const key = proof && this.#cookies.keyOf(proof);
    try {
      await this.#lent.end(key === undefined ? { person } : { hash: key });
    } finally {
      for (const [at, visitor] of this.#visitors)
        if (proof ? at === key : visitor.who.id === person) this.#drop(at, visitor);
    }
    // Processes that miss the notification find out by polling.
    await this.deps.credentials.shared?.tell(person).catch(() => {});
  }

  setupCode(): string | undefined {
    return this.#setup.now();
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#end();
    this.#setup.close();
    await this.deps.audit.close();
    await this.deps.credentials.close();
    await this.#release();
  }

  /** The visitor according to the database; a guest if it can't be read. */
  async #proved(
    key: string,
    from: string,
    find: () => Promise<Omit<LiveVisitor, 'session'> | undefined>,
  ): Promise<Visitor> {
    try {
      const found = await find();
      this.#isUnreadable = false;
      return found ? this.#remember(key, found) : nobody(from);
    } catch (error) {
      const why = `sessions can't be read, so whoever is signed in is taken for a guest: ${(error as Error).message}`;
      if (!this.#isUnreadable) this.deps.warn(why);
      this.#isUnreadable = true;
      return nobody(from);
    }
  }

  async #signedIn(cookie: string) {
    const session = await this.deps.credentials.session(cookie);
    const who = session && (await this.#whoJoined(session.person));
    return who && { who, until: session.until, proved: session.since, row: session.row };
  }

  async #lentTo(key: string) {
    const lent = await this.#lent.find(key);
    const who = lent && (await this.#whoJoined(lent.person));
    return who && { who, until: lent.until, row: lent.id };
  }

  #bot(key: string, from: string): Visitor {
    const person = this.deps.directory.now.token(key)?.person;
    const who = person === undefined ? undefined : this.#whoIs(person);
    return who ? this.#remember(key, { who, until: Number.POSITIVE_INFINITY }) : nobody(from);
  }

  /** As `#whoIs`, including a person who has just joined at another process. */
  async #whoJoined(id: string): Promise<Who | undefined> {
    if (!this.deps.directory.now.person(id)) await this.deps.directory.refresh();
    return this.#whoIs(id);
  }

  #whoIs(id: string): Who | undefined {
    const person = this.deps.directory.now.person(id);
    if (!person || person.isGone) return;
    const { kind, name, role } = person;
    return Object.freeze({ kind, id, name, role });
  }

  #remember(key: string, given: Omit<LiveVisitor, 'session'>): Visitor {
    // A concurrent request of the same session may have been faster; all need the same object.
    const known = this.#visitors.get(key);
    if (known && known.until > Date.now()) return known;
    return this.#seen(key, { session: key.slice(0, 16), ...given });
  }

  #seen(key: string, visitor: LiveVisitor): Visitor {
    this.#visitors.delete(key);
    this.#visitors.set(key, visitor);
    if (this.#visitors.size > MAX_VISITORS) {
      const [oldest, gone] = this.#visitors.entries().next().value!;
      // An uncached session can't be notified of changes, so its connections end; the next request loads it again.
      this.#drop(oldest, gone);
    }
    return visitor;
  }

  #drop(key: string, visitor: LiveVisitor): void {
    this.#visitors.delete(key);
    visitor.who = guest(visitor.session);
    visitor.until = 0;
    this.#tell(caller => caller.visitor === visitor);
  }

  #endOld(): void {
    const now = Date.now();
    for (const [key, visitor] of this.#visitors) if (visitor.until <= now) this.#drop(key, visitor);
  }

  /** Ends the sessions, of a person or of all, that are no longer in the database. */
  async #endedElsewhere(shared: SharedAccounts, person?: string): Promise<void> {
    const isMeant = ({ row, who }: LiveVisitor) => row !== undefined && (person === undefined || who.id === person);
    const seen = [...this.#visitors].filter(([, visitor]) => isMeant(visitor));
    if (seen.length === 0) return;
    const alive = await shared.alive(seen.map(([, { row }]) => row!));
    for (const [key, visitor] of seen)
      if (!alive.has(visitor.row!) && this.#visitors.get(key) === visitor) this.#drop(key, visitor);
  }

  #directoryChanged(records: readonly DirectoryRecord[]): void {
    const changed = new Set<string>();
    for (const { kind, key, value } of records) {
      if (kind === 'person' || kind === 'ban') changed.add(key);
      else if (kind === 'place') this.#tellPlace();
      else if (kind === 'member') changed.add(key.split(' ')[1]!);
      else if (kind === 'token' && value === null) this.#forgetToken(key);
      else if (kind === 'held' && value?.verdict)
        this.deps.audit.note({ what: `post ${value.verdict.what}`, by: value.verdict.by, on: value.by });
      else if (kind === 'report' && value?.verdict)
        this.deps.audit.note({
          what: `reported message ${value.verdict.what}`,
          by: value.verdict.by,
          on: value.message,
        });
    }
    if (changed.size === 0) return;
    for (const [key, visitor] of this.#visitors) {
      if (!changed.has(visitor.who.id)) continue;
      const who = this.#whoIs(visitor.who.id);
      if (who) visitor.who = who;
      else this.#drop(key, visitor);
    }
    const people = records.filter(({ kind }) => kind === 'person').map(({ key }) => key);
    if (people.length > 0) this.deps.peopleChanged(people);
    // A ban may concern an address, by the same hash as `from`.
    this.#tell(({ visitor, request: { from = '' } }) => changed.has(visitor.who.id) || changed.has(from));
  }

  #tellPlace(): void {
    const { placeName } = this.deps.directory.now;
    if (placeName !== undefined) this.deps.called(placeName);
  }

  /** Owners edit under their names, which are unique. */
  #noteOfEditor(what: PeopleAuditKind, by: string, detail?: string, once?: string): void {
    const owner = this.deps.directory.now.owners.find(({ name }) => name === by);
    this.deps.audit.note({ what, by: owner?.id ?? by, ...(detail !== undefined && { detail }) }, once);
  }

  #forgetToken(key: string): void {
    const visitor = this.#visitors.get(key);
    if (visitor) this.#drop(key, visitor);
  }

  #tell(whom: (caller: Caller) => boolean): void {
    for (const listener of this.#listeners) listener(whom);
  }
}

const UNREADABLE = refusedWith('store-failed', 'accounts cannot be read or written at the moment; try again', {
  'Retry-After': '1',
});

/** Prefix of tokens lent to pages. */
const LENT = 'fe_';
