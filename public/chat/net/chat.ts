import type { Address } from '../model/address.ts';
import { atRisk } from '../model/outbox.ts';
import { seen, settled, wrote } from '../model/reading.ts';
import { lined, type Room, trimmed } from '../model/room.ts';
import { first, type Link, moved, type State, withKept } from '../model/state.ts';
import type { Frame, Head } from '../model/wire.ts';
import { Api, MOST_PAGE } from './api.ts';
import { Cell, nextFrame } from './cell.ts';
import { Connection } from './connection.ts';
import { Courier } from './courier.ts';
import { Drafts } from './drafts.ts';
import { Feed } from './feed.ts';
import { History } from './history.ts';
import type { Keep } from './keep.ts';
import { newKey } from './key.ts';
import { marksIn, ReadMarks } from './marks.ts';
import { OwnMessages } from './own.ts';
import { Rooms } from './rooms.ts';

/** A message that a person looked at: its key in the timeline, and where it ended in what is in sight, in pixels. */
export interface Place {
  readonly key: string;
  readonly offset: number;
}

/** How often the list of rooms is read again, and how often while messages are asked for over HTTP; milliseconds. */
const interval = 30_000;
const polledInterval = 10_000;
/** How many rooms are remembered as those in which one was lately. */
const mostVisited = 20;
/** How many pages are loaded to reach the first unread message. */
const mostPages = 10;
/** The most messages held of a room that is not on show. */
const held = 200;

/** The chat as the page uses it: one state, and what a person can do. */
export class Chat {
  readonly cell: Cell<State>;
  readonly keep: Keep;
  readonly drafts: Drafts;
  /** Where a person stopped to read in a room, unless that was its end. */
  readonly places = new Map<string, Place>();
  readonly #connection: Connection;
  readonly #rooms: Rooms;
  readonly #history: History;
  readonly #feed: Feed;
  readonly #courier: Courier;
  readonly #marks: ReadMarks;
  #version: string | undefined;

  /** `base` is the server's address, with a slash at its end; `keep` is shared by all windows, `own` lasts as long as this one. */
  constructor(base: string, { room, seq, unknown }: Address, keep: Keep, own: Keep) {
    this.keep = keep;
    this.drafts = new Drafts(own, keep);
    const marks = marksIn(keep);
    const name = keep.read<string>('name') ?? '';
    const visited = new Set(keep.read<string[]>('visited') ?? []);
    this.cell = new Cell<State>({ ...first(room), unknown, target: seq, marks, name, visited }, nextFrame);
    this.#marks = new ReadMarks(this.cell, keep);
    const api = new Api(`${base}api/`);
    this.#connection = new Connection(api, `${base.replace(/^http/, 'ws')}api/socket`, {
      link: link => this.#linked(link),
      frame: frame => this.#heard(frame),
    });
    this.#rooms = new Rooms(this.cell, (room, before) => this.#moved(room, before));
    const ownMessages = new OwnMessages(keep);
    this.#history = new History(api, this.#rooms, ownMessages, name => this.#feed.hear(name));
    this.#feed = new Feed(api, this.#rooms, this.#history, this.#connection, heads => this.#listed(heads));
    this.#courier = new Courier(this.cell, keep, this.drafts, ownMessages, this.#connection);
  }

  /** Whether something that a person wrote would be lost if this window were closed. */
  get atRisk(): boolean {
    return this.drafts.atRisk || atRisk(this.cell.get().outbox);
  }

  /** Connects, and stays connected. */
  start(): void {
    this.#courier.collect();
    this.#visit(this.cell.get().here);
    this.#connection.connect();
    setInterval(() => document.hidden || this.#feed.refresh(), interval);
    setInterval(() => document.hidden || !this.#isPolled || this.#feed.refresh(), polledInterval);
    this.keep.watch(name => this.#elsewhere(name));
  }

  /** Shows a room, whether it has messages or not, or one of its messages; `unknown` is what an address had in place of its name. */
  open({ room: name, seq, unknown }: Address): void {
    const { here } = this.cell.get();
    this.cell.update(state => ({ ...state, unknown, target: seq }));
    if (name === here) return;
    if (!this.places.has(here)) this.#rooms.update(here, room => trimmed(room, held));
    this.cell.update(state => moved(settled(state, here), name));
    this.#visit(name);
  }

  /** Whether a person looks at the end of the room on show. */
  attend(attended: boolean): void {
    if (attended === this.cell.get().attended) return;
    this.cell.update(state => ({ ...state, attended }));
    if (attended) this.#marks.change(seen);
  }

  /** Sends a text to the room on show, now or when there is a connection. */
  post(text: string): void {
    const { here, name } = this.cell.get();
    this.#rooms.update(here, room => lined(room, undefined));
    this.#courier.post({ key: newKey(), room: here, author: name, text: text.trim() });
  }

  /** Keeps what one is about to send to a room. */
  draft(room: string, text: string): void {
    const draftUnkept = !this.drafts.write(room, text);
    this.cell.update(state => (state.draftUnkept === draftUnkept ? state : { ...state, draftUnkept }));
  }

  /** Tries once more to send what was refused. */
  retry(key: string): void {
    this.#courier.retry(key);
  }

  /** Forgets what one wrote and is not yet sent, or was refused. */
  discard(key: string): void {
    this.#courier.discard(key);
  }

  /** Takes a name, for everything written from now on. */
  rename(name: string): void {
    this.cell.update(state => ({ ...state, name }));
    this.choose('name', name);
  }

  /** Keeps something that a person chose for this browser. */
  choose(name: string, value: unknown): void {
    const isKept = this.keep.write(name, value);
    this.cell.update(state => withKept(state, name, isKept));
  }

  /** Loads earlier messages of the room on show; after that failed, only if asked to try again. */
  older(again = false): void {
    void this.#history.older(this.cell.get().here, again);
  }

  /** Loads earlier messages of the room on show until its first unread one is there, or there are very many. */
  async toLine(): Promise<void> {
    const { line } = this.#rooms.get(this.cell.get().here);
    if (line !== undefined) await this.reach(line + 1);
  }

  /** Loads earlier messages of the room on show until one is there, or there are very many. */
  async reach(seq: number): Promise<void> {
    const { here } = this.cell.get();
    for (let page = 0; page < mostPages; page++) {
      const { messages, older } = this.#rooms.get(here);
      const isThere = (messages[0]?.seq ?? 0) <= seq;
      if (isThere || !(older === 'more' || older === 'failed')) return;
      await this.#history.older(here, true, MOST_PAGE);
    }
  }

  /** Tries again to load the room on show. */
  reload(): void {
    void this.#history.load(this.cell.get().here);
  }

  /** The network came back. */
  online(): void {
    this.#connection.retry();
  }

  /** The network went away. */
  offline(): void {
    this.#connection.drop();
  }

  /** Connects at once where the next try is still to come, and looks for news. */
  wake(): void {
    this.#connection.connect();
    void this.#feed.refresh();
  }

  get #isPolled(): boolean {
    const { link } = this.cell.get();
    return link.kind === 'live' && link.polled === true;
  }

  #visit(name: string): void {
    const others = (this.keep.read<string[]>('visited') ?? []).filter(other => other !== name);
    this.keep.write('visited', [name, ...others].slice(0, mostVisited));
    void this.#history.load(name);
  }

  #linked(link: Link): void {
    this.cell.update(state => ({ ...state, link }));
    if (link.kind === 'offline') {
      this.#feed.disconnected();
      this.#courier.interrupt();
    }
    if (link.kind === 'live') {
      this.#courier.collect();
      this.#courier.flush();
      void this.#feed.connected();
    }
  }

  #heard(frame: Frame): void {
    if (frame.type === 'hello') this.#greeted(frame.version);
    if (frame.type === 'message') {
      const { type: _, cursor, ...message } = frame;
      this.#courier.meet(message);
      this.#feed.receive(cursor, message);
    }
    if (frame.type === 'ack') {
      this.#courier.acknowledge(frame.key, frame.seq);
      this.#marks.change(state => wrote(state, frame.room, frame.seq));
    }
    if (frame.type === 'subscribed') this.#feed.granted(frame.room);
    if (frame.type === 'gap') this.#feed.gap(frame.room, frame.cursor);
    if (frame.type !== 'error') return;
    if (frame.key !== undefined) this.#courier.fail(frame.key, frame);
    else if (frame.room !== undefined) this.#feed.fail(frame.room, frame);
  }

  #moved(room: Room, before: Room): void {
    this.#courier.settle(room);
    this.#marks.notice(room, before);
  }

  /** The server has newer pages than this one. */
  outdate(): void {
    this.cell.update(state => (state.outdated ? state : { ...state, outdated: true }));
  }

  /** The server said which version it is: another one than at first means that this page is older than the server's. */
  #greeted(version: string): void {
    this.#version ??= version;
    if (version !== this.#version) this.outdate();
  }

  #listed(heads: readonly Head[]): void {
    this.#marks.list(heads);
    for (const { room } of this.cell.get().outbox) this.#courier.settle(this.#rooms.get(room));
  }

  #elsewhere(name: string): void {
    if (name === 'name') this.cell.update(state => ({ ...state, name: this.keep.read<string>('name') ?? '' }));
    this.#marks.merge(name);
    this.#courier.heed(name);
  }
}
