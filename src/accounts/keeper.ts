import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { removeFile, replacePrivate } from '../files/contents.ts';
import type { Request } from '../gate/contract.ts';
import { cached, dropOldest } from '../model/cached.ts';
import type { DirectoryRecord, PeopleAuditKind } from '../model/directory.ts';
import type { Answer, Refusal } from '../model/packets.ts';
import { guest, isKnown, type Who } from '../model/who.ts';
import { excerpt } from '../model/words.ts';
import type { ClaimRule } from '../raw-settings.ts';
import type { SharedDirectory } from '../store/directory.ts';
import { StoreFailed } from '../store/store.ts';
import type { AccountReply, Accounts, Caller, PersonOrder, PublishedRules, Visitor } from './accounts.ts';
import { Attempts } from './attempts.ts';
import { type PeopleLog, roomDeed } from './audit.ts';
import type { Credentials } from './credentials.ts';
import { DeviceLinks } from './devices.ts';
import type { EmbedTokens } from './embed.ts';
import { hashOf } from './hashed-sessions.ts';
import { refusedWith } from './people.ts';
import type { Provider } from './provider.ts';

/** A session that can change under those who hold it. */
export interface LiveVisitor extends Visitor {
  who: Who;
  until: number;
  /** When a person has shown a passkey or a password; undefined of who came by a token. */
  readonly proved?: number;
}

/** The most sessions that are remembered; the library is asked for others again. */
const MAX_VISITORS = 10_000;
/** Milliseconds between looks for sessions that have ended. */
const SWEEP_MS = 15_000;
/** Milliseconds after which whoever would edit the graph has to sign in again. */
const PROVED_MS = 15 * 60_000;
/** Milliseconds that a page's token is good. */
const LENT_MS = 12 * 3_600_000;
/** The most characters of what has changed about the rules that are taken down. */
const MAX_RULES_LENGTH = 2000;

export const newCode = (): string => randomBytes(24).toString('base64url');
export const newPersonId = (): string => `p${randomBytes(8).toString('hex')}`;

/** What people's accounts rest on. */
export interface AccountsDeps {
  readonly directory: SharedDirectory;
  readonly credentials: Credentials;
  /** Undefined if nobody signs in elsewhere. */
  readonly provider?: Provider | undefined;
  /** Undefined if no other page's server says who somebody is. */
  readonly embed?: EmbedTokens | undefined;
  /** Who may join without an invitation, by what other servers say of them. */
  readonly rules: readonly ClaimRule[];
  readonly audit: PeopleLog;
  /** DATA. */
  readonly data: string;
  /** Scheme, host and port by which people reach the server, with BASE_PATH. */
  readonly place: string;
  /** A keyed hash of an address, as in `from`. */
  hashAddress(address: string): string;
  /** Called with the name of the place, whenever it gets one. */
  called(name: string): void;
  /** Called with the ids of people who have another name or role, have joined or have gone. */
  peopleChanged(ids: string[]): void;
  /** Who may do what by the live graph; undefined if that can't be set from here. */
  rulesNow(): string | undefined;
  /** Makes other rules live. Rejects with a sentence if that can't be. */
  publishRules(rules: string): Promise<void>;
  warn(sentence: string): void;
}

/** What answers requests, and does what the operator orders. */
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

/** Knows people by the cookies and tokens of their requests, and tells when they may do something else. */
export class AccountKeeper implements Accounts {
  readonly isOn = true;
  readonly deps: AccountsDeps;
  readonly devices = new DeviceLinks();
  /** What slows down who guesses. Nobody can lock somebody else out for longer than an account's longest wait. */
  readonly guesses = {
    byAddress: new Attempts({ free: 5, firstMs: 1000, longestMs: 900_000 }),
    byAccount: new Attempts({ free: 5, firstMs: 500, longestMs: 10_000 }),
    /** People who go elsewhere to sign in and do not come back: many may, from one school. */
    leaving: new Attempts({ free: 60, firstMs: 1000, longestMs: 60_000 }),
    /** Passwords that are hashed at the moment. */
    hashing: 0,
  };
  readonly #answers: Answers;
  /** By the hash of what proves them, those that were seen last at the end. */
  readonly #visitors = new Map<string, LiveVisitor>();
  /** Tokens that are good until the server stops, by their hash. */
  readonly #lent = new Map<string, { readonly person: string; readonly until: number }>();
  readonly #listeners = new Set<(whom: (caller: Caller) => boolean) => void>();
  readonly #sweep: NodeJS.Timeout;
  readonly #end: () => void;
  readonly #release: () => Promise<void>;

  constructor(deps: AccountsDeps, answers: Answers, release: () => Promise<void> = async () => {}) {
    this.deps = deps;
    this.#answers = answers;
    this.#release = release;
    this.#end = deps.directory.follow(records => this.#directoryChanged(records));
    this.#tellPlace();
    this.#sweep = setInterval(() => this.#endOld(), SWEEP_MS).unref();
  }

  visit({ cookie, authorization }: IncomingHttpHeaders, from: string): Visitor | Promise<Visitor> {
    const token = bearerOf(authorization);
    const key = token === undefined ? this.#sessionKey(cookie ?? '') : hashOf(token);
    if (key === '') return nobody(from);
    const known = this.#visitors.get(key);
    if (known && known.until > Date.now()) return this.#seen(key, known);
    return token === undefined ? this.#signedIn(key, this.#ownCookies(cookie)!, from) : this.#bearer(key, from);
  }

  /** The hash of the session's proof among cookies; empty if there is none. */
  readonly #sessionKey = cached((cookies: string): string => {
    const session = this.#session(this.#ownCookies(cookies));
    return session === undefined ? '' : hashOf(session);
  });

  changed(listener: (whom: (caller: Caller) => boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  owns(path: string): boolean {
    return this.#answers.isOwn(path);
  }

  async answer(request: Request, headers: IncomingHttpHeaders, visitor: Visitor) {
    const cookie = this.#ownCookies(headers.cookie);
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
    this.#noteOfEditor('revision', by, JSON.stringify({ revision }));
    if (rules.length > 0) this.#noteOfEditor('rules', by, excerpt(rules.join('; '), MAX_RULES_LENGTH));
  }

  looked(by: string): void {
    this.#noteOfEditor('private look', by);
  }

  order(order: PersonOrder): Promise<string> {
    return this.#answers.order(this, order);
  }

  /** A token of a person for the memory of a page. It ends by itself, with the person's sessions, or with the server. */
  lend(person: string): { readonly token: string; readonly until: number } {
    const [token, until] = [`fe_${newCode()}`, Date.now() + LENT_MS];
    this.#lent.set(hashOf(token), { person, until });
    dropOldest(this.#lent, MAX_VISITORS);
    return { token, until };
  }

  /** Ends sessions on all connections: a session by what proves it, or all of a person. */
  end(which: Pick<IncomingHttpHeaders, 'cookie' | 'authorization'> | { readonly person: string }): void {
    const proof =
      'person' in which ? undefined : (bearerOf(which.authorization) ?? this.#session(this.#ownCookies(which.cookie)));
    const key = proof === undefined ? undefined : hashOf(proof);
    for (const [at, { person }] of this.#lent)
      if (at === key || ('person' in which && person === which.person)) this.#lent.delete(at);
    for (const [at, visitor] of this.#visitors)
      if (at === key || ('person' in which && visitor.who.id === which.person)) this.#drop(at, visitor);
  }

  /** The code by which the first owner sets the place up; undefined once there is one. */
  setupCode(): string | undefined {
    const file = join(this.deps.data, 'setup-code');
    if (this.deps.directory.now.owners.length > 0) {
      removeFile(file);
      return;
    }
    try {
      return readFileSync(file, 'utf8').trim();
    } catch {
      const code = newCode();
      replacePrivate(file, `${code}\n`);
      return code;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    this.#end();
    await this.deps.audit.close();
    this.deps.credentials.close();
    await this.#release();
  }

  /** The cookies of a request, each once: whoever can add one of the same name must not choose which of them is believed. */
  #ownCookies(cookies: string | undefined): string | undefined {
    if (!cookies?.includes(this.deps.credentials.cookieName)) return cookies;
    const first = new Map<string, string>();
    for (const cookie of cookies.split(';')) {
      const [name = ''] = cookie.trim().split('=', 1);
      if (!first.has(name)) first.set(name, cookie.trim());
    }
    return [...first.values()].join('; ');
  }

  /** The proof of a session among them. */
  #session(cookies: string | undefined): string | undefined {
    const start = `${this.deps.credentials.cookieName}=`;
    const found = cookies?.split('; ').find(cookie => cookie.startsWith(start));
    return found?.slice(start.length) || undefined;
  }

  async #signedIn(key: string, cookie: string, from: string): Promise<Visitor> {
    try {
      const session = await this.deps.credentials.session(cookie);
      const who = session && this.#whoIs(session.person);
      return who ? this.#remember(key, { who, until: session.until, proved: session.since }) : nobody(from);
    } catch (error) {
      this.deps.warn(
        `sessions can't be read, so whoever is signed in is taken for a guest: ${(error as Error).message}`,
      );
      return nobody(from);
    }
  }

  #bearer(key: string, from: string): Visitor {
    const lent = this.#lent.get(key);
    const until = lent?.until ?? Number.POSITIVE_INFINITY;
    const person = (lent ?? this.deps.directory.now.token(key))?.person;
    const who = person !== undefined && until > Date.now() ? this.#whoIs(person) : undefined;
    return who ? this.#remember(key, { who, until }) : nobody(from);
  }

  #whoIs(id: string): Who | undefined {
    const person = this.deps.directory.now.person(id);
    if (!person || person.isGone) return;
    const { kind, name, role } = person;
    return Object.freeze({ kind, id, name, role });
  }

  #remember(key: string, given: Omit<LiveVisitor, 'session'>): Visitor {
    // Another request of the same session may have been faster: all have to get the same object.
    const known = this.#visitors.get(key);
    if (known && known.until > Date.now()) return known;
    return this.#seen(key, { session: key.slice(0, 16), ...given });
  }

  #seen(key: string, visitor: LiveVisitor): Visitor {
    this.#visitors.delete(key);
    this.#visitors.set(key, visitor);
    if (this.#visitors.size > MAX_VISITORS) {
      const [oldest, gone] = this.#visitors.entries().next().value!;
      // What is not remembered can't be told of a change, so it ends here, and begins anew with the next request.
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
    for (const [key, { until }] of this.#lent) if (until <= now) this.#lent.delete(key);
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
    // A ban may be of an address, by the same hash as `from`.
    this.#tell(({ visitor, request: { from = '' } }) => changed.has(visitor.who.id) || changed.has(from));
  }

  #tellPlace(): void {
    const { placeName } = this.deps.directory.now;
    if (placeName !== undefined) this.deps.called(placeName);
  }

  /** Owners edit under their names, which are nobody else's. */
  #noteOfEditor(what: PeopleAuditKind, by: string, detail?: string): void {
    const owner = this.deps.directory.now.owners.find(({ name }) => name === by);
    this.deps.audit.note({ what, by: owner?.id ?? by, ...(detail !== undefined && { detail }) });
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

const bearerOf = (authorization: string | undefined) => /^Bearer (\S{1,200})$/i.exec(authorization ?? '')?.[1];

const nobody = (from: string): Visitor => ({ session: from, who: guest(from), until: Number.POSITIVE_INFINITY });
