import type { RoomsPage } from '../../../src/model/chat.ts';
import type { PeopleAuditEntry } from '../../../src/model/directory.ts';
import type { HeldPage, ReportsPage } from '../../../src/model/moderation.ts';
import type { Verb } from '../../../src/model/rules.ts';
import type { Role } from '../../../src/model/who.ts';
import { type ApiError, ask, jsonRequest, type ListedPerson } from '../../ui/api.ts';
import { JOINS_SEEN } from '../../ui/joins.ts';

/** A person in the list of all people. */
export interface KnownPerson extends ListedPerson {
  /** When they joined. */
  readonly since: string;
}

interface OpenInvite {
  readonly id: string;
  readonly role: Role;
  readonly uses: number;
  readonly until: string;
  readonly by: string;
  readonly room?: string;
  /** The person whose password it resets. */
  readonly person?: string;
}

/** A recent join. */
export interface Join {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly at: string;
  /** The inviter; undefined if another server vouched for them. */
  readonly by?: string;
}

/** A bot with its token. */
export interface BotToken {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly made: string;
}

export interface StandingBan {
  readonly id: string;
  /** Undefined for an address. */
  readonly name?: string;
  readonly by: string;
  readonly why: string;
  readonly at: string;
  readonly until?: string;
}

export interface AuditPage {
  readonly audit: readonly (PeopleAuditEntry & { readonly at: string })[];
  readonly next?: number;
}

/** The rights that decide which sections are shown. */
export type SectionVerb = Extract<Verb, 'list' | 'invite' | 'ban' | 'role' | 'place' | 'review'>;

export interface Viewer {
  /** The server's title. */
  readonly place: string;
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly may: ReadonlySet<SectionVerb>;
}

interface AboutPeople {
  readonly accounts?: true;
  readonly title: string;
  /** The features of the graph. */
  readonly can: readonly string[];
  readonly who: Omit<Viewer, 'may' | 'place'>;
}

/** For each right, a request that succeeds only with it. */
const PROBES: readonly (readonly [SectionVerb, path: string])[] = [
  ['list', 'people'],
  ['invite', 'invites'],
  ['ban', 'bans'],
  ['role', 'tokens'],
  ['place', 'audit?limit=1'],
  ['review', 'held?limit=1'],
];

/** The server's API about people; `base` ends in a slash. All methods reject with ApiError. */
export class PeopleApi {
  readonly #base: string;
  /** The address of the chat. */
  readonly chat: string;

  constructor(base: string, chat: string) {
    this.#base = base;
    this.chat = chat;
  }

  /** The page's user, with their rights; undefined without accounts. */
  async viewer(): Promise<Viewer | undefined> {
    const { accounts, title, can, who } = await this.#ask<AboutPeople>('GET', 'about');
    if (!accounts) return;
    const viewer = { ...who, place: title };
    if (who.role === 'guest') return { ...viewer, may: new Set() };
    const may = await Promise.all(
      PROBES.filter(([verb]) => can.includes(verb)).map(([verb, path]) =>
        this.#ask('GET', path).then(
          () => [verb],
          (error: ApiError) => {
            if (error.status === 0 || error.status >= 500) throw error;
            return [];
          },
        ),
      ),
    );
    return { ...viewer, may: new Set(may.flat()) };
  }

  people = async () => (await this.#ask<{ people: readonly KnownPerson[] }>('GET', 'people')).people;
  setRole = (id: string, role: Role) => this.#ask('PATCH', `people/${id}`, { role });
  remove = (id: string) => this.#ask('DELETE', `people/${id}`);
  resetLink = async (id: string) =>
    this.#here((await this.#ask<{ link: string }>('POST', `people/${id}`, { reset: true })).link);

  invites = async () => (await this.#ask<{ invites: readonly OpenInvite[] }>('GET', 'invites')).invites;
  invite = async (wanted: { role: Role; uses: number; days: number; room?: string }) =>
    this.#here((await this.#ask<{ link: string }>('POST', 'invites', wanted)).link);
  revoke = (id: string) => this.#ask('DELETE', `invites/${id}`);

  joins = async () => (await this.#ask<{ joins: readonly Join[] }>('GET', 'joins?limit=200')).joins;

  /** When the user last looked at joins; records that they look now. Empty if this browser doesn't know. */
  seeJoins(now: string): string {
    const key = `flowchat:${new URL(this.chat).pathname}:${JOINS_SEEN}`;
    try {
      const before: unknown = JSON.parse(localStorage.getItem(key) ?? '""');
      localStorage.setItem(key, JSON.stringify(now));
      return String(before);
    } catch {
      return '';
    }
  }

  bans = async () => (await this.#ask<{ bans: readonly StandingBan[] }>('GET', 'bans')).bans;
  ban = (wanted: { person?: string; address?: string; held?: string; until?: string; why: string }) =>
    this.#ask('POST', 'bans', wanted);
  unban = (id: string) => this.#ask('DELETE', `bans/${encodeURIComponent(id)}`);

  tokens = async () => (await this.#ask<{ tokens: readonly BotToken[] }>('GET', 'tokens')).tokens;
  makeToken = async (wanted: { name: string; role: Role }) =>
    (await this.#ask<{ token: string }>('POST', 'tokens', wanted)).token;
  revokeToken = (id: string) => this.#ask('DELETE', `tokens/${id}`);

  held = async () => (await this.#ask<HeldPage>('GET', 'held')).held;
  approve = (id: string) => this.#ask('POST', `held/${id}`);
  refuse = (id: string) => this.#ask('DELETE', `held/${id}`);
  reports = async () => (await this.#ask<ReportsPage>('GET', 'reports')).reports;
  removeReported = (id: string) => this.#ask('POST', `reports/${id}`);
  dismiss = (id: string) => this.#ask('DELETE', `reports/${id}`);

  rooms = async (after = ''): Promise<RoomsPage> =>
    this.#ask('GET', `rooms?limit=100${after && `&after=${encodeURIComponent(after)}`}`);
  renamePlace = (place: string) => this.#ask('PATCH', 'place', { place });
  changeRoom = (room: string, change: { title?: string; archived?: boolean }) =>
    this.#ask('PATCH', `rooms/${room}`, change);
  members = async (room: string) =>
    (await this.#ask<{ members: readonly ListedPerson[] }>('GET', `rooms/${room}/members`)).members;
  setMember = (room: string, person: string, isIn: boolean) =>
    this.#ask(isIn ? 'PUT' : 'DELETE', `rooms/${room}/members/${person}`);

  audit = ({ what = '', person = '', before }: { what?: string; person?: string; before?: number | undefined }) => {
    const query = new URLSearchParams({ ...(what && { what }), ...(person && { person }) });
    if (before !== undefined) query.set('before', String(before));
    return this.#ask<AuditPage>('GET', `audit?${query}`);
  };

  /** The same link, with the address of this page. */
  #here(link: string): string {
    return this.chat + link.slice(link.indexOf('#'));
  }

  #ask<T>(method: string, path: string, body?: object): Promise<T> {
    return ask(this.#base + path, jsonRequest(method, body)) as Promise<T>;
  }
}
