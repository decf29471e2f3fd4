import { backoff } from '../../ui/reconnect.ts';
import { arrived, cursorIn, cursorOf, headed, lacking, lagging, outrun, sound, unloaded } from '../model/room.ts';
import { type ChatMessage, type Failure, isTransient, type RoomSummary } from '../model/wire.ts';
import type { Api } from './api.ts';
import type { FrameSender } from './connection.ts';
import type { HistoryLoader, Rooms } from './rooms.ts';

/** How long a live connection may owe a message that the list of rooms knows of; milliseconds. */
const gapTimeoutMs = 5_000;
/** How long the list of rooms may take before they are heard without it, after the connection was made; milliseconds. */
const listTimeoutMs = 3_000;
/** How often a room is asked for that is on show, but that the server does not let be heard; milliseconds. */
const unheardInterval = 10_000;

/**
 * Brings the list of rooms and their live messages. The room on show is always heard: it takes the place of the one that
 * was looked at longest ago. Whatever the list tells of it is loaded, whether it is heard or not.
 */
export class Subscriptions {
  readonly #api: Api;
  readonly #rooms: Rooms;
  readonly #history: HistoryLoader;
  readonly #wire: FrameSender;
  readonly #listed: (heads: readonly RoomSummary[]) => void;
  /** What is heard, the one first that was looked at longest ago, and up to where its messages came by this connection. */
  readonly #heard = new Map<string, number>();
  #tries = 0;

  /** `listed` puts the list of rooms into the state. */
  constructor(
    api: Api,
    rooms: Rooms,
    history: HistoryLoader,
    wire: FrameSender,
    listed: (heads: readonly RoomSummary[]) => void,
  ) {
    this.#api = api;
    this.#rooms = rooms;
    this.#history = history;
    this.#wire = wire;
    this.#listed = listed;
  }

  /** The connection is there: the room on show is heard at once, the others from where the list says that they stand. */
  async connected(): Promise<void> {
    this.#heard.clear();
    const { name, loaded } = this.#rooms.here;
    if (loaded) this.hear(name);
    await Promise.race([this.refresh(), new Promise(resolve => setTimeout(resolve, listTimeoutMs))]);
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
    this.#listed(heads);
    const owed = this.#owed();
    if (owed.size) setTimeout(() => this.#doubt(owed), gapTimeoutMs);
    if (this.#heard.size) this.#hearAll();
    else if (lacking(this.#rooms.here)) void this.#history.load(this.#rooms.here.name);
  }

  /** Hears a room from where its messages end, if there is a place for it. */
  hear(name: string): void {
    const isHere = name === this.#rooms.here.name;
    const known = this.#heard.get(name);
    if (known !== undefined) {
      if (!isHere) return;
      this.#heard.delete(name);
      this.#heard.set(name, known);
      return;
    }
    if (!isHere && this.#heard.size >= this.#wire.mostHeard) return;
    while (this.#heard.size >= this.#wire.mostHeard) this.#unhear([...this.#heard.keys()][0]!);
    const room = this.#rooms.get(name);
    const after = cursorIn(room);
    if (this.#wire.send({ type: 'subscribe', room: name, ...(after ? { after } : {}) }))
      this.#heard.set(name, room.reach);
  }

  /** The server lets a room be heard. */
  granted(name: string): void {
    this.#tries = 0;
    this.#rooms.update(name, sound);
  }

  /** A message came. */
  receive(cursor: string, message: ChatMessage): void {
    const { room: name, seq } = message;
    const heard = this.#heard.get(name);
    if (heard !== undefined) this.#heard.set(name, Math.max(heard, seq));
    this.#rooms.update(name, room => arrived(room, cursor, message));
    const { behind, loaded } = this.#rooms.get(name);
    if (behind || (!loaded && name === this.#rooms.here.name)) void this.#history.load(name);
  }

  /** The server lost messages right after a room's cursor: what is left is asked for, so that the gap shows where it is. */
  gap(name: string, cursor: string): void {
    if (this.#heard.has(name)) this.#heard.set(name, cursorOf(cursor).seq);
    this.#rooms.update(name, room => lagging(headed(room, cursor)));
    if (this.#rooms.get(name).behind || name === this.#rooms.here.name) void this.#history.load(name);
  }

  /** The server did not let a room be heard. The one on show is asked for instead, and tried again. */
  fail(name: string, { status }: Failure): void {
    this.#heard.delete(name);
    if (isTransient(status)) setTimeout(() => this.hear(name), backoff(this.#tries++));
    else setTimeout(() => this.#ask(name), unheardInterval);
  }

  #ask(name: string): void {
    if (name !== this.#rooms.here.name || this.#heard.has(name)) return;
    this.#rooms.update(name, lagging);
    void this.#history.load(name);
  }

  #unhear(name: string): void {
    this.#heard.delete(name);
    this.#wire.send({ type: 'unsubscribe', room: name });
  }

  /** The first to be heard is the first to make place, so the rooms that matter most come last. */
  #hearAll(): void {
    const here = this.#rooms.here.name;
    void this.#history.load(here);
    const names = this.#rooms.names.filter(name => name !== here).slice(0, this.#wire.mostHeard - 1);
    for (const name of names.reverse()) {
      if (outrun(this.#rooms.get(name))) this.#rooms.update(name, unloaded);
      this.hear(name);
    }
  }

  /** Up to where the connection owes messages that the list of rooms knows of, by room. */
  #owed(): Map<string, number> {
    const late = [...this.#heard.keys()]
      .map(name => this.#rooms.get(name))
      .filter(({ newest, reach }) => newest > reach);
    return new Map(late.map(({ name, newest }) => [name, newest]));
  }

  /** A connection that says nothing of messages which the list knows of is dead, whatever the browser thinks. */
  #doubt(owed: ReadonlyMap<string, number>): void {
    const isOwed = ([name, newest]: [string, number]) => (this.#heard.get(name) ?? newest) < newest;
    if ([...owed].some(isOwed)) this.#wire.restart();
  }
}
