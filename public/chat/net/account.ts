import type { Access } from '../../../src/model/rules.ts';
import { ask, jsonRequest, type ListedPerson } from '../../ui/api.ts';
import { JOINS_SEEN } from '../../ui/joins.ts';
import type { StateStore } from '../../ui/store.ts';
import type { KnownAuthor } from '../model/people.ts';
import { type ChatState, roomIn } from '../model/state.ts';
import type { SignedInPerson } from '../model/wire.ts';
import { framed, signed } from './api.ts';
import type { BrowserStorage } from './storage.ts';

/** A link for signing in on another device. */
export interface DeviceOffer {
  readonly id: string;
  readonly link: string;
}

/** The server's state of accounts, and the caller. */
interface AccountIdentity {
  /** Whether people can have accounts here. */
  readonly accounts: boolean;
  readonly who: SignedInPerson;
  /** The server's title. */
  readonly title: string;
  /** Label of the button for signing in at the OpenID provider; undefined without one. */
  readonly provider?: string;
  /** Whether the caller may edit the graph without a secret. */
  readonly editor: boolean;
}

/** The server's API for accounts; `base` ends in a slash. All methods reject with ApiError. */
export class AccountApi {
  readonly #base: string;
  readonly #roomsChanged: () => void;

  /** `roomsChanged` is called after a call that changed rooms, their titles or members. */
  constructor(base: string, roomsChanged: () => void = () => {}) {
    this.#base = base;
    this.#roomsChanged = roomsChanged;
  }

  async identity(): Promise<AccountIdentity> {
    const { accounts, who, title, provider, editor } = (await this.#ask('GET', 'about')) as Partial<AccountIdentity>;
    return {
      accounts: accounts === true,
      who: who ?? { kind: 'guest', id: '', name: '', role: 'guest' },
      title: title ?? '',
      ...(provider !== undefined && { provider }),
      editor: editor === true,
    };
  }

  /** The current choice of access rules before set-up; undefined if not chosen during set-up. */
  async access(): Promise<Access | 'other' | undefined> {
    return ((await this.#ask('GET', 'setup')) as { readonly access?: Access | 'other' }).access;
  }

  /**
   * Sets the server up, joins, or resets a password, and signs in. Returns a sentence about a part that failed, if any.
   */
  async enter(
    how: 'setup' | 'join' | 'sign-in',
    fields: Readonly<Record<string, string>>,
  ): Promise<string | undefined> {
    return ((await this.#ask('POST', how, fields)) as { readonly notice?: string }).notice;
  }

  /** Redirects to the OpenID provider; `code` is that of an invitation, and `to` is where to return. */
  async leaveToSignIn(sent: { readonly code?: string | undefined; readonly to?: string | undefined }): Promise<void> {
    const { url } = (await this.#ask('POST', 'auth/sign-in/oidc', sent)) as { readonly url: string };
    location.assign(url);
  }

  /** Exchanges a token of the embedding page for a session. Returns its end, in milliseconds since 1970. */
  async enterByToken(token: string): Promise<number> {
    const answer = (await this.#ask('POST', 'auth/sign-in/embed', { token })) as { token: string; until: string };
    framed.token = answer.token;
    return Date.parse(answer.until);
  }

  /** Extends the session, at most once a day. */
  staySignedIn(): Promise<unknown> {
    return this.#ask('GET', 'me');
  }

  signOut(): Promise<unknown> {
    return this.#ask('POST', 'sign-out');
  }

  /** Makes a link for one person to join within a week. */
  async invite(): Promise<string> {
    const { code } = (await this.#ask('POST', 'invites', {})) as { readonly code: string };
    return new URL(`#/join/${code}`, document.baseURI.replace(/#.*/, '')).href;
  }

  /** Creates a room and returns its name, to which the server may have added characters. */
  async makeRoom(name: string, title: string, kind: 'open' | 'private'): Promise<string> {
    const { room } = (await this.#changeRooms('POST', 'rooms', { name, title, kind })) as { readonly room: string };
    return room;
  }

  /** Renames or archives a room. */
  changeRoom(room: string, change: { readonly title?: string; readonly archived?: boolean }): Promise<unknown> {
    return this.#changeRooms('PATCH', `rooms/${room}`, change);
  }

  /** All people with an existing account. */
  async people(): Promise<readonly ListedPerson[]> {
    const { people } = (await this.#ask('GET', 'people')) as { readonly people: readonly ListedPerson[] };
    return people.filter(({ gone }) => !gone);
  }

  /** The present names of people by their ids. */
  async authors(ids: readonly string[]): Promise<readonly KnownAuthor[]> {
    return ((await this.#ask('GET', `people?ids=${ids.join()}`)) as { readonly people: readonly KnownAuthor[] }).people;
  }

  /** The members of a room. */
  async members(room: string): Promise<readonly ListedPerson[]> {
    return ((await this.#ask('GET', `rooms/${room}/members`)) as { readonly members: readonly ListedPerson[] }).members;
  }

  /** Adds a member to a room, or removes one. */
  setMember(room: string, person: string, isIn: boolean): Promise<unknown> {
    return this.#changeRooms(isIn ? 'PUT' : 'DELETE', `rooms/${room}/members/${person}`);
  }

  /** Number of held posts and open reports. */
  async waiting(): Promise<number> {
    return ((await this.#ask('GET', 'held?limit=1')) as { readonly waiting: number }).waiting;
  }

  /** Number of joins since a time. */
  async joined(since: string): Promise<number> {
    const path = `joins?limit=1&since=${encodeURIComponent(since)}`;
    return ((await this.#ask('GET', path)) as { readonly joined: number }).joined;
  }

  /** Reports a message to the moderators. */
  report(room: string, message: string, reason: string): Promise<unknown> {
    return this.#ask('POST', `rooms/${room}/messages/${message}/reports`, { reason });
  }

  /** Opens the direct room with a person; creates it if missing. */
  async directRoom(person: string): Promise<string> {
    return ((await this.#changeRooms('POST', 'rooms', { kind: 'direct', person })) as { readonly room: string }).room;
  }

  /** Makes a passkey on this device, and adds it to the account. */
  async addPasskey(): Promise<void> {
    const options = (await this.#ask('POST', 'passkeys/options')) as PublicKeyCredentialCreationOptionsJSON;
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
    await this.#ask('POST', 'passkeys', { response: made.toJSON() });
  }

  async offerDevice(): Promise<DeviceOffer> {
    const { id, code } = (await this.#ask('POST', 'devices')) as { readonly id: string; readonly code: string };
    return { id, link: new URL(`#/device/${code}`, document.baseURI.replace(/#.*/, '')).href };
  }

  /** The number that the other device shows, once it has opened the link. */
  async deviceNumber(id: string): Promise<{ readonly number?: string }> {
    return (await this.#ask('GET', `devices/${id}`)) as { readonly number?: string };
  }

  /** Admits the other device, or ends the link. */
  decideDevice(id: string, confirm: boolean): Promise<unknown> {
    return this.#ask('POST', `devices/${id}`, { confirm });
  }

  /** Opens a link made on another device of the same person. */
  async openDevice(code: string): Promise<{ readonly ticket: string; readonly number: string }> {
    return (await this.#ask('POST', 'sign-in/device', { code })) as {
      readonly ticket: string;
      readonly number: string;
    };
  }

  /** Whether this device was admitted; then it is signed in. */
  async enterByDevice(ticket: string): Promise<boolean> {
    return 'who' in Object(await this.#ask('POST', 'sign-in/device', { ticket }));
  }

  async signInByPasskey(): Promise<void> {
    const options = (await this.#ask('POST', 'sign-in/passkey/options')) as PublicKeyCredentialRequestOptionsJSON;
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const shown = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
    await this.#ask('POST', 'sign-in/passkey', { response: shown.toJSON() });
  }

  async #changeRooms(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await this.#ask(method, path, body);
    this.#roomsChanged();
    return answer;
  }

  #ask(method: string, path: string, body?: object): Promise<unknown> {
    return ask(this.#base + path, jsonRequest(method, body, signed()));
  }
}

/** Milliseconds before a token's end at which the next one is requested. */
const RENEWAL_MS = 60_000;

/**
 * Signs in with tokens from the embedding page; requests one now, and whenever a new one is needed. Calls `told` after
 * each with the error, if any.
 */
export function signInByParent(api: AccountApi, told: (fault: string | undefined) => void): void {
  let renewal: ReturnType<typeof setTimeout> | undefined;
  framed.renew = () => window.parent.postMessage({ type: 'flowchat:token-wanted' }, '*');
  addEventListener(
    'message',
    async ({ source, data }: MessageEvent<{ type?: unknown; token?: unknown } | undefined>) => {
      // The browser only allows the embedding pages that the server names.
      if (source !== window.parent || data?.type !== 'flowchat:token') return;
      try {
        const until = await api.enterByToken(String(data.token));
        clearTimeout(renewal);
        renewal = setTimeout(() => framed.renew?.(), until - Date.now() - RENEWAL_MS);
        told(undefined);
      } catch (error) {
        told((error as Error).message);
      }
    },
  );
  framed.renew();
}

/** Milliseconds for which joins are shown as new, if nobody has looked yet. */
const UNSEEN_MS = 7 * 86_400_000;

/** Limit of ids in one request. */
const MAX_IDS = 50;
/** Time in milliseconds over which pages spread their requests for a changed name. */
const SPREAD_MS = 500;

/**
 * People in the state: who is signed in, how much waits for a moderator, and present names of authors, since messages
 * contain the names at posting.
 */
export class KnownPeople {
  readonly #store: StateStore<ChatState>;
  readonly #account: AccountApi;
  readonly #storage: BrowserStorage;
  /** Requested ids, each with the name at a message. */
  readonly #asked = new Set<string>();

  constructor(store: StateStore<ChatState>, account: AccountApi, storage: BrowserStorage) {
    this.#store = store;
    this.#account = account;
    this.#storage = storage;
  }

  /** Loads the signed-in person, whose name is then used. */
  async identify(): Promise<void> {
    const known = await this.#account.identity().catch(() => undefined);
    if (!known?.accounts) return;
    const me = known.who.kind === 'person' ? known.who : undefined;
    this.#store.update(state => ({
      ...state,
      hasAccounts: true,
      me,
      mayEdit: known.editor,
      ...(me && { name: me.name }),
    }));
    this.findAuthors();
    // A failure to extend the session is repeated on the next visit.
    if (me) void this.#account.staySignedIn().catch(() => {});
    await this.countWaiting();
  }

  /** Loads the numbers of waiting items and of new joins, while the page is visible. */
  async countWaiting(): Promise<void> {
    const { me, about } = this.#store.get();
    const may = (verb: string) => (me?.role === 'moderator' || me?.role === 'owner') && about?.can.includes(verb);
    const seen = this.#storage.read<string>(JOINS_SEEN) ?? new Date(Date.now() - UNSEEN_MS).toISOString();
    const [waiting, joined] = await Promise.all([
      may('review') ? this.#account.waiting().catch(() => 0) : 0,
      may('invite') ? this.#account.joined(seen).catch(() => 0) : 0,
    ]);
    this.#store.update(state =>
      state.waiting === waiting && state.joined === joined ? state : { ...state, waiting, joined },
    );
  }

  /** Loads the authors of the shown room that were not yet loaded with their name there; with `again`, all. */
  findAuthors(again = false): void {
    const state = this.#store.get();
    if (!state.hasAccounts) return;
    if (again) this.#asked.clear();
    const { messages } = roomIn(state, state.here);
    const written = messages.map(({ by, author }) => ({ by, name: author }));
    const reacted = messages.flatMap(({ reactions = {} }) => Object.values(reactions).flat());
    const ids = new Set<string>();
    for (const { by, name } of [...written, ...reacted]) {
      if (by === undefined || this.#asked.has(`${by} ${name}`)) continue;
      this.#asked.add(`${by} ${name}`);
      ids.add(by);
    }
    this.#askAll([...ids]);
  }

  /**
   * Call when these people joined, left, or changed their name or role. Returns whether titles of rooms may have
   * changed.
   */
  changed(ids: readonly string[]): boolean {
    const { authors, me, hasAccounts, made } = this.#store.get();
    if (!hasAccounts) return false;
    void (me && ids.includes(me.id) ? this.identify() : this.countWaiting());
    const shown = ids.filter(id => authors.has(id));
    // Every open page gets this event at the same moment.
    if (shown.length > 0) setTimeout(() => this.#askAll(shown), Math.random() * SPREAD_MS);
    this.#store.update(state => ({ ...state, peopleVersion: state.peopleVersion + 1 }));
    // A direct room has the other person's name.
    return [...made.values()].some(({ kind }) => kind === 'direct');
  }

  #askAll(ids: readonly string[]): void {
    for (let at = 0; at < ids.length; at += MAX_IDS) void this.#ask(ids.slice(at, at + MAX_IDS));
  }

  async #ask(ids: readonly string[]): Promise<void> {
    // On failure, messages keep their original names.
    const found = await this.#account.authors(ids).catch(() => []);
    if (found.length === 0) return;
    this.#store.update(state => {
      const authors = new Map(state.authors);
      for (const author of found) authors.set(author.id, author);
      return { ...state, authors };
    });
  }
}

/** Whether this browser supports passkeys. */
export const hasPasskeys = (): boolean =>
  typeof PublicKeyCredential === 'function' && 'parseCreationOptionsFromJSON' in PublicKeyCredential;
