import type { RoomSummary } from '../../../src/model/chat.ts';
import { cursorOf } from '../../../src/model/events.ts';
import { MAX_PAGE_LENGTH } from '../../../src/model/limits.ts';
import { JOINS_SEEN } from '../../ui/joins.ts';
import { newKey } from '../../ui/socket.ts';
import { nextFrame, StateStore } from '../../ui/store.ts';
import { hrefOf, type RoomAddress } from '../model/address.ts';
import { atRisk } from '../model/outbox.ts';
import { withoutLine, withRoomRead, wrote } from '../model/reading.ts';
import { lastOwn, type Room, trimmed, withUnreadLine } from '../model/room.ts';
import {
  type ChatConnectionState,
  type ChatState,
  can,
  comesLive,
  type Feature,
  initialChatState,
  madeRooms,
  withRoomShown,
  withStored,
} from '../model/state.ts';
import type { ScrollAnchor } from '../model/timeline.ts';
import {
  aboutOf,
  type KnownAbout,
  type ReceivedFrame,
  reasonOf,
  type ShownMessage,
  shownMessage,
} from '../model/wire.ts';
import { AccountApi, KnownPeople } from './account.ts';
import { Api } from './api.ts';
import { Changes } from './changes.ts';
import { ChatConnection } from './connection.ts';
import { HistoryLoader, Rooms } from './rooms.ts';
import { Sender } from './sender.ts';
import { type BrowserStorage, Drafts, OwnMessages, REACTED, ReadPositionStore, storedPositionsIn } from './storage.ts';
import { Subscriptions } from './subscriptions.ts';

/** How often the list of rooms is refreshed, and how often while polling; milliseconds. */
const interval = 30_000;
const polledInterval = 10_000;
/** Polling interval of the shown room if nothing arrives live, in milliseconds. */
const unliveInterval = 3_000;
/** Limit of remembered visited rooms. */
const mostVisited = 20;
/** Limit of pages loaded to reach the first unread message. */
const mostPages = 10;
/** Limit of messages in memory of a room that is not shown. */
const MAX_HIDDEN_ROOM_MESSAGES = 200;

/** The chat as the views use it: one state, and the actions of the user. */
export class Chat {
  readonly store: StateStore<ChatState>;
  readonly storage: BrowserStorage;
  readonly account: AccountApi;
  readonly drafts: Drafts;
  /** Where the user stopped reading in each room; no entry if that was the end. */
  readonly scrollAnchors = new Map<string, ScrollAnchor>();
  readonly #api: Api;
  readonly #connection: ChatConnection;
  readonly #rooms: Rooms;
  readonly #history: HistoryLoader;
  readonly #subscriptions: Subscriptions;
  readonly #sender: Sender;
  readonly #changes: Changes;
  readonly #ownMessages: OwnMessages;
  readonly #readPositions: ReadPositionStore;
  readonly #people: KnownPeople;
  #version: string | undefined;

  /**
   * `base` is the server's address and ends in a slash; `storage` is shared by all windows, `own` belongs to this one.
   */
  constructor(base: string, { room, seq, unknown }: RoomAddress, storage: BrowserStorage, own: BrowserStorage) {
    this.storage = storage;
    this.drafts = new Drafts(own, storage);
    const readPositions = storedPositionsIn(storage);
    const name = storage.read<string>('name') ?? '';
    const visited = new Set(storage.read<string[]>('visited') ?? []);
    const ownMessages = new OwnMessages(storage);
    const reacted = ownMessages.reactions;
    this.store = new StateStore<ChatState>(
      {
        ...initialChatState(room),
        about: aboutOf(storage.read('about')),
        unknown,
        target: seq,
        readPositions,
        name,
        visited,
        reacted,
      },
      nextFrame,
    );
    this.#readPositions = new ReadPositionStore(this.store, storage);
    const api = new Api(`${base}api/`);
    this.account = new AccountApi(`${base}api/`, () => void this.#subscriptions.refresh());
    this.#people = new KnownPeople(this.store, this.account, storage);
    this.#api = api;
    this.#connection = new ChatConnection(api, `${base.replace(/^http/, 'ws')}api/socket`, {
      link: link => this.#linked(link),
      frame: frame => this.#heard(frame),
    });
    this.#rooms = new Rooms(this.store, (room, before) => this.#roomChanged(room, before));
    this.#ownMessages = ownMessages;
    this.#history = new HistoryLoader(api, this.#rooms, ownMessages, name => this.#subscriptions.hear(name));
    this.#subscriptions = new Subscriptions(
      api,
      this.#rooms,
      this.#history,
      this.#connection,
      heads => this.#listed(heads),
      feature => can(this.store.get(), feature),
    );
    this.#sender = new Sender(this.store, storage, this.drafts, ownMessages, this.#connection);
    this.#changes = new Changes(this.store, ownMessages, this.#connection);
  }

  /** Whether closing this window would lose something the user wrote. */
  get atRisk(): boolean {
    return this.drafts.atRisk || atRisk(this.store.get().outbox);
  }

  /** Connects, and reconnects until the page is closed. */
  start(): void {
    this.#sender.collect();
    void this.#people.identify();
    this.#visit(this.store.get().here);
    this.#connection.connect();
    setInterval(() => document.hidden || this.#refresh(), interval);
    setInterval(() => this.#refreshOften(), polledInterval);
    setInterval(() => document.hidden || this.#poll(), unliveInterval);
    this.storage.watch(name => this.#elsewhere(name));
  }

  /** Opens a room that doesn't exist. With accounts it is created; otherwise the first message creates it. */
  async begin(room: string): Promise<void> {
    // If it can't be created, the room shows the reason.
    await this.account.makeRoom(room, room, 'open').catch(() => {});
    location.hash = hrefOf(room);
  }

  /** Shows a room, or one of its messages. `unknown` is the invalid room name of the address, if any. */
  open({ room: name, seq, unknown }: RoomAddress): void {
    const { here } = this.store.get();
    this.store.update(state => ({ ...state, unknown, target: seq }));
    if (name === here) return;
    if (!this.scrollAnchors.has(here)) this.#rooms.update(here, room => trimmed(room, MAX_HIDDEN_ROOM_MESSAGES));
    this.store.update(state => withRoomShown(withoutLine(state, here), name));
    this.#visit(name);
  }

  /** Sets whether the user is looking at the end of the shown room. */
  attend(attended: boolean): void {
    if (attended === this.store.get().attended) return;
    this.store.update(state => ({ ...state, attended }));
    if (attended) this.#readPositions.change(withRoomRead);
  }

  /** Sends a text to the shown room, now or once connected. */
  post(text: string): void {
    const { here, name } = this.store.get();
    this.#rooms.update(here, room => withUnreadLine(room, undefined));
    this.#sender.post({ key: newKey(), room: here, author: name, text: text.trim() });
  }

  /** Saves the draft of a room. */
  draft(room: string, text: string): void {
    const draftUnkept = !this.drafts.write(room, text);
    this.store.update(state => (state.draftUnkept === draftUnkept ? state : { ...state, draftUnkept }));
  }

  /** Sends a refused post again. */
  retry(key: string): void {
    this.#sender.retry(key);
  }

  /** Drops a post that was not sent yet, or was refused. */
  discard(key: string): void {
    this.#sender.discard(key);
  }

  /** Edits one of the user's messages in the composer; undefined ends editing. */
  edit(message?: ShownMessage): void {
    this.store.update(state => ({ ...state, editing: message }));
  }

  /** Edits the user's last message in the shown room; false if there is none. */
  editLast(): boolean {
    const { here } = this.store.get();
    const last = lastOwn(this.#rooms.get(here), this.store.get().me?.id);
    if (!last || !can(this.store.get(), 'edit')) return false;
    this.edit(last);
    return true;
  }

  /** Sends the new text of the edited message. */
  saveEdit(text: string): void {
    const { editing } = this.store.get();
    this.edit();
    if (editing && editing.text !== text.trim()) this.#changes.edit(editing, text.trim());
  }

  /** Removes one of the user's messages. */
  remove(message: ShownMessage): void {
    this.#changes.remove(message);
  }

  /** Adds the user's reaction to a message, or removes it. */
  react(message: ShownMessage, emoji: string): void {
    this.#changes.react(message, emoji);
  }

  /** Sets the user's name for all later messages. */
  rename(name: string): void {
    this.store.update(state => ({ ...state, name }));
    this.choose('name', name);
  }

  /** Saves a setting in this browser. */
  choose(name: string, value: unknown): void {
    const isKept = this.storage.write(name, value);
    this.store.update(state => withStored(state, name, isKept));
  }

  /** Loads earlier messages of the shown room. After a failure it loads again only with `again`. */
  older(again = false): void {
    void this.#history.older(this.store.get().here, again);
  }

  /** Loads earlier messages of the shown room until the first unread one is loaded, up to a limit of pages. */
  async toLine(): Promise<void> {
    const { line } = this.#rooms.get(this.store.get().here);
    if (line !== undefined) await this.reach(line + 1);
  }

  /** Loads earlier messages of the shown room until this one is loaded, up to a limit of pages. */
  async reach(seq: number): Promise<void> {
    const { here } = this.store.get();
    for (let page = 0; page < mostPages; page++) {
      const { messages, older } = this.#rooms.get(here);
      const isThere = (messages[0]?.seq ?? 0) <= seq;
      if (isThere || !(older === 'more' || older === 'failed')) return;
      await this.#history.older(here, true, MAX_PAGE_LENGTH);
    }
  }

  /** Loads the shown room again. */
  reload(): void {
    void this.#history.load(this.store.get().here);
  }

  /** The browser is online again. */
  online(): void {
    this.#connection.retry();
  }

  /** The browser is offline. */
  offline(): void {
    this.#connection.drop();
  }

  /** Connects now instead of waiting for the next try, and refreshes the list of rooms. */
  wake(): void {
    this.#connection.connect();
    this.#refresh();
    this.#poll();
  }

  #refresh(): void {
    void this.#subscriptions.refresh();
    void this.#people.countWaiting();
  }

  /** Requests what a socket would push, without a socket or without live events. */
  #refreshOften(): void {
    if (this.#isPolled) void this.#askAbout();
    if (document.hidden) this.#poll();
    else if (this.#isPolled || !comesLive(this.store.get())) void this.#subscriptions.refresh();
  }

  /** Polls the shown room if nothing arrives live. */
  #poll(): void {
    const state = this.store.get();
    if (state.link.kind === 'live' && !comesLive(state)) this.#subscriptions.poll();
  }

  async #askAbout(): Promise<void> {
    this.#people.findAuthors(true);
    this.#offered(await this.#api.about().catch(() => undefined));
  }

  /** Call when the server sent the features of its graph. */
  #offered(about: KnownAbout | undefined): void {
    const before = this.store.get();
    if (!about || JSON.stringify(about) === JSON.stringify(before.about)) return;
    const { can: features, limits, title } = about;
    this.storage.write('about', { can: features, limits, title });
    this.store.update(state => ({ ...state, about }));
    if (before.link.kind !== 'live') return;
    const differs = (features: readonly Feature[]) =>
      features.some(feature => can(before, feature) !== can({ about }, feature));
    if (differs(['read', 'rooms', 'listen', 'live'])) this.#subscriptions.rewired();
    this.#sender.flush();
  }

  get #isPolled(): boolean {
    const { link } = this.store.get();
    return link.kind === 'live' && link.polled === true;
  }

  #visit(name: string): void {
    const others = (this.storage.read<string[]>('visited') ?? []).filter(other => other !== name);
    this.storage.write('visited', [name, ...others].slice(0, mostVisited));
    void this.#history.load(name);
    this.#people.findAuthors();
  }

  #linked(link: ChatConnectionState): void {
    this.store.update(state => ({ ...state, link }));
    if (link.kind === 'offline') {
      this.#subscriptions.disconnected();
      this.#sender.interrupt();
      this.#changes.interrupt();
    }
    if (link.kind === 'live') {
      this.#sender.collect();
      this.#sender.flush();
      void this.#subscriptions.connected();
      if (link.polled) void this.#askAbout();
      else this.#people.findAuthors(true);
    }
  }

  #heard(frame: ReceivedFrame): void {
    if (frame.type === 'hello') {
      this.#greeted(frame.version);
      this.#offered(aboutOf(frame.about));
    }
    if (frame.type === 'about') this.#offered(aboutOf(frame));
    if (frame.type === 'people' && this.#people.changed(frame.ids)) void this.#subscriptions.refresh();
    if ('seq' in frame && 'author' in frame) {
      const { type, cursor, ...told } = frame;
      const message = shownMessage(told);
      const { seq } = cursorOf(cursor);
      if (type === 'message') this.#sender.meet(message);
      this.#subscriptions.receive(cursor, message);
      // Edits and reactions don't count as unread.
      if (seq !== message.seq) this.#readPositions.change(state => wrote(state, message.room, seq));
    }
    if (frame.type === 'ack' && !this.#changes.done(frame.key)) {
      this.#sender.acknowledge(frame.key, frame.seq);
      this.#readPositions.change(state => wrote(state, frame.room, frame.seq));
    }
    if (frame.type === 'answer' && !this.#changes.fail(frame.key, frame.text)) this.#sender.answer(frame.key, frame);
    if (frame.type === 'ack') this.#poll();
    if (frame.type === 'subscribed') this.#subscriptions.granted(frame.room);
    if (frame.type === 'gap') this.#subscriptions.gap(frame.room, frame.cursor);
    if (frame.type !== 'error') return;
    if (frame.key !== undefined && this.#changes.fail(frame.key, reasonOf(frame))) return;
    if (frame.key !== undefined) this.#sender.fail(frame.key, frame);
    else if (frame.room !== undefined) this.#subscriptions.fail(frame.room, frame);
  }

  #roomChanged(room: Room, before: Room): void {
    this.#sender.settle(room);
    this.#readPositions.notice(room, before);
    if (room.messages !== before.messages) this.#people.findAuthors();
  }

  /** The server has a newer version of this page. */
  outdate(): void {
    this.store.update(state => (state.outdated ? state : { ...state, outdated: true }));
  }

  /** Call when the server sent its version. If it changed since the page was loaded, the page is outdated. */
  #greeted(version: string): void {
    this.#version ??= version;
    if (version !== this.#version) this.outdate();
  }

  #listed(heads: readonly RoomSummary[]): void {
    this.#readPositions.list(heads);
    const made = madeRooms(heads);
    if (made.size > 0 || this.store.get().made.size > 0) this.store.update(state => ({ ...state, made }));
    for (const { room } of this.store.get().outbox) this.#sender.settle(this.#rooms.get(room));
  }

  #elsewhere(name: string): void {
    if (name === 'name') this.store.update(state => ({ ...state, name: this.storage.read<string>('name') ?? '' }));
    if (name === JOINS_SEEN) void this.#people.countWaiting();
    if (name === REACTED) this.store.update(state => ({ ...state, reacted: this.#ownMessages.reactions }));
    this.#readPositions.merge(name);
    this.#sender.heed(name);
  }
}
