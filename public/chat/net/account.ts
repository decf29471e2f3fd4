import type { Access } from '../../../src/model/rules.ts';
import { ask, jsonRequest, type ListedPerson } from '../../ui/api.ts';
import { JOINS_SEEN } from '../../ui/joins.ts';
import type { StateStore } from '../../ui/store.ts';
import type { KnownAuthor } from '../model/people.ts';
import { type ChatState, roomIn } from '../model/state.ts';
import type { SignedInPerson } from '../model/wire.ts';
import { framed, signed } from './api.ts';
import type { BrowserStorage } from './storage.ts';

/** A link by which one comes in on another device. */
export interface DeviceOffer {
  readonly id: string;
  readonly link: string;
}

/** What the server says about accounts, and about who asks. */
interface AccountIdentity {
  /** Whether people can have accounts here. */
  readonly accounts: boolean;
  readonly who: SignedInPerson;
  /** What the place is called. */
  readonly title: string;
  /** What the button says that leads to another server to sign in; undefined if there is none. */
  readonly provider?: string;
  /** Whether they may edit the graph without a secret. */
  readonly editor: boolean;
}

/** The server's API for accounts; `base` ends in a slash. All methods reject with ApiError. */
export class AccountApi {
  readonly #base: string;
  readonly #roomsChanged: () => void;

  /** `roomsChanged` is called when this has changed which rooms there are, what they are called, or who is in them. */
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

  /** Who may read and post before the place is set up; nothing where that is not chosen there. */
  async access(): Promise<Access | 'other' | undefined> {
    return ((await this.#ask('GET', 'setup')) as { readonly access?: Access | 'other' }).access;
  }

  /** Sets the place up, joins, or gets back in; afterwards one is signed in. Returns what could not be done with it, if anything. */
  async enter(
    how: 'setup' | 'join' | 'sign-in',
    fields: Readonly<Record<string, string>>,
  ): Promise<string | undefined> {
    return ((await this.#ask('POST', how, fields)) as { readonly notice?: string }).notice;
  }

  /** Leaves for the server where one signs in; `code` is that of an invitation, and `to` is where one comes back to. */
  async leaveToSignIn(sent: { readonly code?: string | undefined; readonly to?: string | undefined }): Promise<void> {
    const { url } = (await this.#ask('POST', 'auth/sign-in/oidc', sent)) as { readonly url: string };
    location.assign(url);
  }

  /** Signs in by a token of another server, in exchange for one of this server. Returns when that ends, in milliseconds since 1970. */
  async enterByToken(token: string): Promise<number> {
    const answer = (await this.#ask('POST', 'auth/sign-in/embed', { token })) as { token: string; until: string };
    framed.token = answer.token;
    return Date.parse(answer.until);
  }

  /** Lets the session last as long again, once a day. */
  staySignedIn(): Promise<unknown> {
    return this.#ask('GET', 'me');
  }

  signOut(): Promise<unknown> {
    return this.#ask('POST', 'sign-out');
  }

  /** A link by which one person may join within a week. */
  async invite(): Promise<string> {
    const { code } = (await this.#ask('POST', 'invites', {})) as { readonly code: string };
    return new URL(`#/join/${code}`, document.baseURI.replace(/#.*/, '')).href;
  }

  /** Makes a room and returns its name, which the server may have added to. */
  async makeRoom(name: string, title: string, kind: 'open' | 'private'): Promise<string> {
    const { room } = (await this.#changeRooms('POST', 'rooms', { name, title, kind })) as { readonly room: string };
    return room;
  }

  /** Gives a room another title, or archives it. */
  changeRoom(room: string, change: { readonly title?: string; readonly archived?: boolean }): Promise<unknown> {
    return this.#changeRooms('PATCH', `rooms/${room}`, change);
  }

  /** Who has an account and is still there. */
  async people(): Promise<readonly ListedPerson[]> {
    const { people } = (await this.#ask('GET', 'people')) as { readonly people: readonly ListedPerson[] };
    return people.filter(({ gone }) => !gone);
  }

  /** What those with these ids are called now. */
  async authors(ids: readonly string[]): Promise<readonly KnownAuthor[]> {
    return ((await this.#ask('GET', `people?ids=${ids.join()}`)) as { readonly people: readonly KnownAuthor[] }).people;
  }

  /** Who is in a room. */
  async members(room: string): Promise<readonly ListedPerson[]> {
    return ((await this.#ask('GET', `rooms/${room}/members`)) as { readonly members: readonly ListedPerson[] }).members;
  }

  /** Takes somebody into a room, or out of it. */
  setMember(room: string, person: string, isIn: boolean): Promise<unknown> {
    return this.#changeRooms(isIn ? 'PUT' : 'DELETE', `rooms/${room}/members/${person}`);
  }

  /** How much waits for a moderator: posts that are held, and reports. */
  async waiting(): Promise<number> {
    return ((await this.#ask('GET', 'held?limit=1')) as { readonly waiting: number }).waiting;
  }

  /** How many have joined since a time. */
  async joined(since: string): Promise<number> {
    const path = `joins?limit=1&since=${encodeURIComponent(since)}`;
    return ((await this.#ask('GET', path)) as { readonly joined: number }).joined;
  }

  /** Tells the moderators of a message. */
  report(room: string, message: string, reason: string): Promise<unknown> {
    return this.#ask('POST', `rooms/${room}/messages/${message}/reports`, { reason });
  }

  /** The room of two, which is made unless it is there. */
  async directRoom(person: string): Promise<string> {
    return ((await this.#changeRooms('POST', 'rooms', { kind: 'direct', person })) as { readonly room: string }).room;
  }

  /** Makes a passkey on this device and adds it to the account. */
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

  /** The number that the other device shows, once one has opened the link. */
  async deviceNumber(id: string): Promise<{ readonly number?: string }> {
    return (await this.#ask('GET', `devices/${id}`)) as { readonly number?: string };
  }

  /** Lets the other device in, or ends the link. */
  decideDevice(id: string, confirm: boolean): Promise<unknown> {
    return this.#ask('POST', `devices/${id}`, { confirm });
  }

  /** Opens a link of another device of the same person. */
  async openDevice(code: string): Promise<{ readonly ticket: string; readonly number: string }> {
    return (await this.#ask('POST', 'sign-in/device', { code })) as {
      readonly ticket: string;
      readonly number: string;
    };
  }

  /** Whether this device is let in by now; then it is signed in. */
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

/** Milliseconds before a token ends in which another one is asked for. */
const RENEWAL_MS = 60_000;

/**
 * Signs in by tokens that the page around this one sends, and asks it for one now, and whenever another one is needed. Calls `told` after
 * each, with what was wrong with it.
 */
export function signInByParent(api: AccountApi, told: (fault: string | undefined) => void): void {
  let renewal: ReturnType<typeof setTimeout> | undefined;
  framed.renew = () => window.parent.postMessage({ type: 'flowchat:token-wanted' }, '*');
  addEventListener(
    'message',
    async ({ source, data }: MessageEvent<{ type?: unknown; token?: unknown } | undefined>) => {
      // The browser lets no other pages be around this one than those that the server names.
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

/** Milliseconds for which it is told that somebody has joined where nobody has looked yet. */
const UNSEEN_MS = 7 * 86_400_000;

/** Ids that the server takes in one question. */
const MAX_IDS = 50;
/** Milliseconds in which all pages that show somebody ask for their new name. */
const SPREAD_MS = 500;

/** What the state has of people: who is signed in, how much waits for a moderator, and what authors are called now, as messages have the names by which they were written. */
export class KnownPeople {
  readonly #store: StateStore<ChatState>;
  readonly #account: AccountApi;
  readonly #storage: BrowserStorage;
  /** Ids that were asked for, each with the name at a message. */
  readonly #asked = new Set<string>();

  constructor(store: StateStore<ChatState>, account: AccountApi, storage: BrowserStorage) {
    this.#store = store;
    this.#account = account;
    this.#storage = storage;
  }

  /** Asks who is signed in, whose name counts then. */
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
    // Where the page can't be signed in for longer now, it can the next time.
    if (me) void this.#account.staySignedIn().catch(() => {});
    await this.countWaiting();
  }

  /** Asks how much waits for a moderator, and how many have joined since one has looked, if one looks at the page. */
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

  /** Asks for the authors of the shown room that were not asked for under their name there; for all with `again`. */
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

  /** These people have other names or roles, have joined or have gone. Returns whether rooms may be called otherwise now. */
  changed(ids: readonly string[]): boolean {
    const { authors, me, hasAccounts, made } = this.#store.get();
    if (!hasAccounts) return false;
    void (me && ids.includes(me.id) ? this.identify() : this.countWaiting());
    const shown = ids.filter(id => authors.has(id));
    // Every open page hears of it at the same moment.
    if (shown.length > 0) setTimeout(() => this.#askAll(shown), Math.random() * SPREAD_MS);
    this.#store.update(state => ({ ...state, peopleVersion: state.peopleVersion + 1 }));
    // A room of two has the name of the other one.
    return [...made.values()].some(({ kind }) => kind === 'direct');
  }

  #askAll(ids: readonly string[]): void {
    for (let at = 0; at < ids.length; at += MAX_IDS) void this.#ask(ids.slice(at, at + MAX_IDS));
  }

  async #ask(ids: readonly string[]): Promise<void> {
    // If they can't be asked for, messages keep the names that they have.
    const found = await this.#account.authors(ids).catch(() => []);
    if (found.length === 0) return;
    this.#store.update(state => {
      const authors = new Map(state.authors);
      for (const author of found) authors.set(author.id, author);
      return { ...state, authors };
    });
  }
}

/** Whether this browser knows passkeys. */
export const hasPasskeys = (): boolean =>
  typeof PublicKeyCredential === 'function' && 'parseCreationOptionsFromJSON' in PublicKeyCredential;
