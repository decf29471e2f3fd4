import { lobby } from './address.ts';
import { type Marks, unreadIn } from './marks.ts';
import type { Outbox } from './outbox.ts';
import { type Room, unknown } from './room.ts';

/** The connection: being made, live, or to be tried again at a moment in milliseconds since 1970. */
export type Link =
  | { readonly kind: 'connecting'; readonly again: boolean }
  | { readonly kind: 'live' }
  | { readonly kind: 'offline'; readonly until: number };

/** Everything the page shows. */
export interface State {
  readonly link: Link;
  /** The room on show. */
  readonly here: string;
  readonly rooms: ReadonlyMap<string, Room>;
  readonly marks: Marks;
  readonly outbox: Outbox;
  /** What one is called; empty until given. */
  readonly name: string;
  /** Whether a person looks at the end of the room on show. */
  readonly attended: boolean;
}

/** A room with its number of unread messages, as the list shows it. */
export interface Listed {
  readonly name: string;
  readonly unread: number;
  /** Whether something that one wrote there was refused. */
  readonly stuck: boolean;
}

/** The state at the beginning, with this room on show. */
export const first = (here: string): State => ({
  link: { kind: 'connecting', again: false },
  here,
  rooms: new Map([lobby, here].map(name => [name, unknown(name)])),
  marks: new Map(),
  outbox: [],
  name: '',
  attended: false,
});

/** A room of the state, known or not. */
export const roomIn = (state: State, name: string): Room => state.rooms.get(name) ?? unknown(name);

/** The state with a room in place of what it was. */
export function withRoom(state: State, room: Room): State {
  if (state.rooms.get(room.name) === room) return state;
  return { ...state, rooms: new Map(state.rooms).set(room.name, room) };
}

/** The rooms as a list: the lobby first, the others by name. */
export function listed({ rooms, marks, outbox }: Pick<State, 'rooms' | 'marks' | 'outbox'>): Listed[] {
  const stuck = new Set(outbox.filter(({ state }) => state === 'refused').map(({ room }) => room));
  const rank = (room: Room) => (room.name === lobby ? 0 : 1);
  return [...rooms.values()]
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
    .map(room => ({ name: room.name, unread: unreadIn(room, marks), stuck: stuck.has(room.name) }));
}

/** What the window's title says: the unread messages of all rooms, and the room on show. */
export function titleOf(state: State): string {
  const unread = listed(state).reduce((sum, room) => sum + room.unread, 0);
  return `${unread ? `(${unread}) ` : ''}#${state.here} · flowchat`;
}

/** The room before (-1) or after (1) the one on show, round and round; with `unread` only those that have something new. */
export function neighbour(rooms: readonly Listed[], here: string, by: 1 | -1, unread: boolean): string {
  const candidates = rooms.filter(room => room.name === here || !unread || room.unread > 0);
  const index = candidates.findIndex(({ name }) => name === here);
  return candidates.at((index + by) % candidates.length)?.name ?? here;
}
