import { backoff } from '../model/backoff.ts';
import { arrived, cursorIn, faulty, headed, lagging, outrun, sound, unloaded } from '../model/room.ts';
import { type Failure, type Message, passing, reasonOf } from '../model/wire.ts';
import type { Api } from './api.ts';
import type { History } from './history.ts';
import type { Rooms } from './rooms.ts';
import type { Wire } from './socket.ts';

/** The most rooms heard live; the others' unread counts follow when the list is read. */
const mostHeard = 100;
/** How long a live connection may owe a message that the list of rooms knows of; milliseconds. */
const patience = 5_000;

/** Brings the list of rooms and their live messages. */
export class Feed {
  readonly #api: Api;
  readonly #rooms: Rooms;
  readonly #history: History;
  readonly #wire: Wire;
  readonly #heard = new Set<string>();
  #tries = 0;

  constructor(api: Api, rooms: Rooms, history: History, wire: Wire) {
    this.#api = api;
    this.#rooms = rooms;
    this.#history = history;
    this.#wire = wire;
  }

  /** The connection is there: the rooms are compared with the server's, and heard from where they stand. */
  async connected(): Promise<void> {
    this.#heard.clear();
    await this.refresh();
    this.#hearAll();
  }

  /** The connection went away. */
  disconnected(): void {
    this.#heard.clear();
  }

  /** Reads which rooms there are, and how far they have come; without an answer everything stays as it is. */
  async refresh(): Promise<void> {
    const heads = await this.#api.rooms().catch(() => undefined);
    if (!heads) return;
    for (const { room, cursor } of heads) this.#rooms.update(room, known => headed(known, cursor));
    if (!this.#heard.size) return;
    this.#hearAll();
    if (this.#overdue().length) setTimeout(() => this.#doubt(this.#overdue()), patience);
  }

  /** Hears a room from where its messages end. */
  hear(name: string): void {
    const here = name === this.#rooms.here.name;
    if (this.#heard.has(name) || (this.#heard.size >= mostHeard && !here)) return;
    const after = cursorIn(this.#rooms.get(name));
    if (this.#wire.send({ type: 'subscribe', room: name, ...(after ? { after } : {}) })) this.#heard.add(name);
  }

  /** The server lets a room be heard. */
  granted(name: string): void {
    this.#tries = 0;
    this.#rooms.update(name, sound);
  }

  /** A message came. */
  receive(cursor: string, message: Message): void {
    this.#rooms.update(message.room, room => arrived(room, cursor, message));
    const { behind, loaded } = this.#rooms.get(message.room);
    if (behind || (!loaded && message.room === this.#rooms.here.name)) this.#history.load(message.room);
  }

  /** The server lost messages right after a room's cursor: what is left is asked for, so that the gap shows where it is. */
  gap(name: string, cursor: string): void {
    this.#rooms.update(name, room => lagging(headed(room, cursor)));
    if (this.#rooms.get(name).behind || name === this.#rooms.here.name) this.#history.load(name);
  }

  /** The server did not let a room be heard. */
  fail(name: string, failure: Failure): void {
    this.#heard.delete(name);
    if (passing(failure.status)) setTimeout(() => this.hear(name), backoff(this.#tries++));
    else this.#rooms.update(name, room => faulty(room, reasonOf(failure)));
  }

  #hearAll(): void {
    const here = this.#rooms.here.name;
    this.#history.load(here);
    for (const room of this.#rooms.all) {
      if (room.name === here) continue;
      if (outrun(room)) this.#rooms.update(room.name, unloaded);
      this.hear(room.name);
    }
  }

  #overdue(): string[] {
    return this.#rooms.all.filter(room => room.loaded && room.reach < room.newest).map(room => room.name);
  }

  /** A connection that says nothing of messages which the list knows of is dead, whatever the browser thinks. */
  #doubt(overdue: string[]): void {
    if (overdue.some(name => this.#heard.has(name))) this.#wire.restart();
  }
}
