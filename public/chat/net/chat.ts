import type { Marks } from '../model/marks.ts';
import { caughtUp, noticed, seen, settled, wrote } from '../model/reading.ts';
import { lined, type Room, trimmed } from '../model/room.ts';
import { first, type Link, roomIn, type State, withRoom } from '../model/state.ts';
import type { Frame } from '../model/wire.ts';
import { Api } from './api.ts';
import { Cell, nextFrame } from './cell.ts';
import { Courier } from './courier.ts';
import { Feed } from './feed.ts';
import { History } from './history.ts';
import type { Keep } from './keep.ts';
import { newKey } from './key.ts';
import { Rooms } from './rooms.ts';
import { Socket } from './socket.ts';

/** How often the list of rooms is read again; milliseconds. */
const interval = 30_000;
/** The most messages held of a room that is not on show. */
const held = 200;

/** The chat as the page uses it: one state, and what a person can do. */
export class Chat {
  readonly cell: Cell<State>;
  readonly keep: Keep;
  readonly #socket: Socket;
  readonly #rooms: Rooms;
  readonly #history: History;
  readonly #feed: Feed;
  readonly #courier: Courier;
  #newcomer: boolean;

  /** `base` is the server's address, with a slash at its end. */
  constructor(base: string, here: string, keep: Keep) {
    this.keep = keep;
    const marks: Marks = new Map(keep.read<[string, string][]>('marks') ?? []);
    const name = keep.read<string>('name') ?? '';
    this.#newcomer = marks.size === 0;
    this.cell = new Cell<State>({ ...first(here), marks, name }, nextFrame);
    const api = new Api(`${base}api/`);
    this.#socket = new Socket(`${base.replace(/^http/, 'ws')}api/socket`, {
      link: link => this.#linked(link),
      frame: frame => this.#heard(frame),
    });
    this.#rooms = new Rooms(this.cell, (room, before) => this.#moved(room, before));
    this.#history = new History(api, this.#rooms, name => this.#feed.hear(name));
    this.#feed = new Feed(api, this.#rooms, this.#history, this.#socket);
    this.#courier = new Courier(this.cell, keep, this.#socket);
  }

  /** Connects, and stays connected. */
  start(): void {
    this.#courier.collect();
    this.#history.load(this.cell.get().here);
    this.#socket.connect();
    setInterval(() => document.hidden || this.#feed.refresh(), interval);
    this.keep.watch(name => this.#elsewhere(name));
  }

  /** Shows a room, whether it has messages or not. */
  open(name: string): void {
    const { here } = this.cell.get();
    if (name === here) return;
    this.#rooms.update(here, room => trimmed(room, held));
    this.cell.update(state => withRoom(settled(state, here), roomIn(state, name)));
    this.cell.update(state => ({ ...state, here: name, attended: false }));
    this.#history.load(name);
  }

  /** Whether a person looks at the end of the room on show. */
  attend(attended: boolean): void {
    if (attended === this.cell.get().attended) return;
    this.cell.update(state => ({ ...state, attended }));
    if (attended) this.#read(seen);
  }

  /** Sends a text to the room on show, now or when there is a connection. */
  post(text: string): void {
    const { here, name } = this.cell.get();
    this.#rooms.update(here, room => lined(room, undefined));
    this.#courier.post({ key: newKey(), room: here, author: name, text: text.trim() });
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
    this.keep.write('name', name);
  }

  /** Loads earlier messages of the room on show; after that failed, only if asked to try again. */
  older(again = false): void {
    this.#history.older(this.cell.get().here, again);
  }

  /** Tries again to load the room on show. */
  reload(): void {
    this.#history.load(this.cell.get().here);
  }

  /** The network came back. */
  online(): void {
    this.#socket.retry();
  }

  /** The network went away. */
  offline(): void {
    this.#socket.drop();
  }

  /** Connects at once where the next try is still to come, and looks for news. */
  wake(): void {
    this.#socket.connect();
    this.#feed.refresh();
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
      this.#feed.connected().then(() => {
        this.#newcomer = false;
      });
    }
  }

  #heard(frame: Frame): void {
    if (frame.type === 'message') {
      const { type: _, cursor, ...message } = frame;
      this.#courier.meet(message);
      this.#feed.receive(cursor, message);
    }
    if (frame.type === 'ack') {
      this.#courier.acknowledge(frame.key, frame.seq);
      this.#read(state => wrote(state, frame.room, frame.seq));
    }
    if (frame.type === 'subscribed') this.#feed.granted(frame.room);
    if (frame.type === 'gap') this.#feed.gap(frame.room, frame.cursor);
    if (frame.type !== 'error') return;
    if (frame.key !== undefined) this.#courier.fail(frame.key, frame);
    else if (frame.room !== undefined) this.#feed.fail(frame.room, frame);
  }

  #moved(room: Room, before: Room): void {
    this.#courier.settle(room);
    if (this.#newcomer && !before.epoch) this.#read(state => caughtUp(state, room.name));
    else if (room.newest !== before.newest || room.reach !== before.reach)
      this.#read(state => noticed(state, room.name, before));
  }

  #read(change: (state: State) => State): void {
    const { marks } = this.cell.get();
    this.cell.update(change);
    const after = this.cell.get().marks;
    if (after !== marks) this.keep.write('marks', [...after]);
  }

  #elsewhere(name: string): void {
    if (name === 'name') this.cell.update(state => ({ ...state, name: this.keep.read<string>('name') ?? '' }));
    if (name === 'marks')
      this.cell.update(state => ({ ...state, marks: new Map(this.keep.read<[string, string][]>('marks') ?? []) }));
    this.#courier.heed(name);
  }
}
