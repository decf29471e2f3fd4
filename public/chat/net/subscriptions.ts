import type { RoomSummary } from '../../../src/model/chat.ts';
import { cursorOf } from '../../../src/model/events.ts';
import type { Failure } from '../../ui/api.ts';
import { backoff } from '../../ui/socket.ts';
import { arrived, cursorIn, lacking, lagging, outrun, unloaded, withNewest, withoutFault } from '../model/room.ts';
import type { Feature } from '../model/state.ts';
import { isTransient, type ShownMessage } from '../model/wire.ts';
import type { Api } from './api.ts';
import type { FrameSender } from './connection.ts';
import type { HistoryLoader, Rooms } from './rooms.ts';

/** Milliseconds that the connection may lack a message which the list of rooms includes. */
const gapTimeoutMs = 5_000;
/** How long to wait for the list of rooms after connecting, before subscribing without it; milliseconds. */
const listTimeoutMs = 3_000;
/** How often the shown room is loaded if the server refuses its subscription; milliseconds. */
const unheardInterval = 10_000;

/**
 * Subscribes rooms and refreshes their list. The shown room is always subscribed, in place of the least recently shown
 * one. News of the shown room in the list is loaded in any case.
 */
export class Subscriptions {
  readonly #api: Api;
  readonly #rooms: Rooms;
  readonly #history: HistoryLoader;
  readonly #wire: FrameSender;
  readonly #listed: (heads: readonly RoomSummary[]) => void;
  readonly #can: (feature: Feature) => boolean;
  /**
   * The subscribed rooms, least recently looked at first, with the last sequence number received by this connection.
   */
  readonly #heard = new Map<string, number>();
  #tries = 0;

  /** `listed` is called with each new list of rooms; `can` returns whether the graph has a feature. */
  constructor(
    api: Api,
    rooms: Rooms,
    history: HistoryLoader,
    wire: FrameSender,
    listed: (heads: readonly RoomSummary[]) => void,
    can: (feature: Feature) => boolean,
  ) {
    this.#api = api;
    this.#rooms = rooms;
    this.#history = history;
    this.#wire = wire;
    this.#listed = listed;
    this.#can = can;
  }

  /** Connected: subscribes the shown room at once, the others after the list of rooms gave their positions. */
  async connected(): Promise<void> {
    this.#heard.clear();
    const { name, loaded } = this.#rooms.here;
    if (loaded) this.hear(name);
    await Promise.race([this.refresh(), new Promise(resolve => setTimeout(resolve, listTimeoutMs))]);
    this.#hearAll();
  }

  /** The connection was lost. */
  disconnected(): void {
    this.#heard.clear();
  }

  /** Refreshes the list of rooms; without an answer nothing changes. */
  async refresh(): Promise<void> {
    const heads = this.#can('rooms') ? await this.#api.rooms().catch(() => undefined) : undefined;
    if (!heads) return;
    this.#listed(heads);
    const owed = this.#owed();
    if (owed.size) setTimeout(() => this.#doubt(owed), gapTimeoutMs);
    if (this.#heard.size) this.#hearAll();
    else if (lacking(this.#rooms.here)) void this.#history.load(this.#rooms.here.name);
  }

  /** Subscribes a room from the end of its messages, if there is a free place. */
  hear(name: string): void {
    if (!this.#isLive) return;
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

  /** Call when the graph's features changed: subscribes if events arrive live now, otherwise leaves all rooms. */
  rewired(): void {
    if (!this.#isLive) for (const name of [...this.#heard.keys()]) this.#unhear(name);
    else if (this.#heard.size === 0) return void this.connected();
    this.poll();
    void this.refresh();
  }

  /** Loads new messages of the shown room. */
  poll(): void {
    if (!this.#can('read')) return;
    const { name } = this.#rooms.here;
    this.#rooms.update(name, lagging);
    void this.#history.load(name);
  }

  get #isLive(): boolean {
    return this.#can('listen') && this.#can('live');
  }

  /** The server accepted a subscription. */
  granted(name: string): void {
    this.#tries = 0;
    this.#rooms.update(name, withoutFault);
  }

  /** Call for each entry of a room's log, with its message's present state. */
  receive(cursor: string, message: ShownMessage): void {
    const { room: name } = message;
    const { seq } = cursorOf(cursor);
    const heard = this.#heard.get(name);
    if (heard !== undefined) this.#heard.set(name, Math.max(heard, seq));
    this.#rooms.update(name, room => arrived(room, cursor, message));
    const { behind, loaded } = this.#rooms.get(name);
    if (behind || (!loaded && name === this.#rooms.here.name)) void this.#history.load(name);
  }

  /**
   * Call if the server no longer has the messages after a cursor. The remaining ones are loaded, so that the gap is
   * shown.
   */
  gap(name: string, cursor: string): void {
    if (this.#heard.has(name)) this.#heard.set(name, cursorOf(cursor).seq);
    this.#rooms.update(name, room => lagging(withNewest(room, cursor)));
    if (this.#rooms.get(name).behind || name === this.#rooms.here.name) void this.#history.load(name);
  }

  /** The server refused a subscription. The shown room is loaded over HTTP instead, and tried again. */
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

  /** The first subscribed is the first to be dropped, so the most important rooms come last. */
  #hearAll(): void {
    const here = this.#rooms.here.name;
    void this.#history.load(here);
    const names = this.#rooms.names.filter(name => name !== here).slice(0, this.#wire.mostHeard - 1);
    for (const name of names.reverse()) {
      if (outrun(this.#rooms.get(name))) this.#rooms.update(name, unloaded);
      this.hear(name);
    }
  }

  /** Sequence numbers in the list of rooms that the connection has not sent yet, by room. */
  #owed(): Map<string, number> {
    const late = [...this.#heard.keys()]
      .map(name => this.#rooms.get(name))
      .filter(({ newest, reach }) => newest > reach);
    return new Map(late.map(({ name, newest }) => [name, newest]));
  }

  /**
   * Restarts a connection that did not send messages which the list includes: it is dead, whatever the browser reports.
   */
  #doubt(owed: ReadonlyMap<string, number>): void {
    const isOwed = ([name, newest]: [string, number]) => (this.#heard.get(name) ?? newest) < newest;
    if ([...owed].some(isOwed)) this.#wire.restart();
  }
}
