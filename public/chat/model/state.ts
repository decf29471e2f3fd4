import { LOBBY, roomName } from './address.ts';
import type { Outbox } from './outbox.ts';
import { type ReadPositions, unreadIn } from './read-positions.ts';
import { type Room, unknown } from './room.ts';

/** What a name is sorted by, so that room-2 comes before room-10: its numbers get one length. */
const sortKey = (name: string): string => name.replace(/\d+/g, digits => digits.padStart(64, '0'));

/** Names sorted as people count: by their words, and by their numbers' values. */
export function naturally(names: Iterable<string>): string[] {
  return Array.from(names, name => ({ name, key: sortKey(name) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

/** How the page looks: as the system does, or always light or dark. */
export type Theme = 'system' | 'light' | 'dark';

/** The theme after one more press of the switch: the first press always changes what one sees, the third undoes all. */
export function nextTheme(theme: Theme, systemIsDark: boolean): Theme {
  const [other, same] = systemIsDark ? (['light', 'dark'] as const) : (['dark', 'light'] as const);
  if (theme === 'system') return other;
  return theme === other ? same : 'system';
}

/**
 * The connection: being made, live (`polled` where messages are asked for over HTTP, as a WebSocket does not get through),
 * or to be tried again at a moment in milliseconds since 1970; `why` is why the server closed it, where it said so.
 */
export type ChatConnectionState =
  | { readonly kind: 'connecting'; readonly again: boolean }
  | { readonly kind: 'live'; readonly polled?: true }
  | { readonly kind: 'offline'; readonly until: number; readonly why?: string | undefined };

/** Everything the page shows. */
export interface ChatState {
  readonly link: ChatConnectionState;
  /** The room on show. */
  readonly here: string;
  /** Whether there was something new in the room on show when it was opened. */
  readonly openedUnread: boolean;
  /** Whether the list of rooms has come. */
  readonly isListed: boolean;
  readonly rooms: ReadonlyMap<string, Room>;
  /** The names of all rooms, sorted naturally. */
  readonly names: readonly string[];
  /** The rooms in which one was on earlier visits; fixed, so that the list keeps its order. */
  readonly visited: ReadonlySet<string>;
  readonly readPositions: ReadPositions;
  readonly outbox: Outbox;
  /** Whether the draft that was written last is in this window's memory only. */
  readonly draftUnkept: boolean;
  /** What one chose or read here, such as one's name, that the browser did not keep. */
  readonly unkept: ReadonlySet<string>;
  /** What one is called; empty until given. */
  readonly name: string;
  /** Whether a person looks at the end of the room on show. */
  readonly attended: boolean;
  /** The sequence number of the message in the room on show that the address leads to. */
  readonly target?: number | undefined;
  /** What the address had in place of a room's name; undefined where it named one. */
  readonly unknown?: string | undefined;
  /** Whether the server has newer pages than this one. */
  readonly outdated: boolean;
}

/** A room with its number of unread messages, as the list shows it. */
export interface ListedRoom {
  readonly name: string;
  readonly unread: number;
  /** Whether something that one wrote there was refused. */
  readonly stuck: boolean;
}

/** The state at the beginning, with this room on show. */
export const initialChatState = (here: string): ChatState => ({
  link: { kind: 'connecting', again: false },
  here,
  openedUnread: false,
  isListed: false,
  rooms: new Map([LOBBY, here].map(name => [name, unknown(name)])),
  names: naturally(new Set([LOBBY, here])),
  visited: new Set(),
  readPositions: new Map(),
  outbox: [],
  draftUnkept: false,
  unkept: new Set(),
  name: '',
  attended: false,
  outdated: false,
});

/** The state after the browser kept a setting, or did not. */
export function withStored(state: ChatState, name: string, isKept: boolean): ChatState {
  if (state.unkept.has(name) !== isKept) return state;
  const unkept = new Set(state.unkept);
  if (isKept) unkept.delete(name);
  else unkept.add(name);
  return { ...state, unkept };
}

/** A room of the state, known or not. */
export const roomIn = (state: ChatState, name: string): Room => state.rooms.get(name) ?? unknown(name);

/** The state with rooms in place of what they were. */
export function withRooms(state: ChatState, rooms: readonly Room[]): ChatState {
  const all = new Map(state.rooms);
  for (const room of rooms) all.set(room.name, room);
  return { ...state, rooms: all, names: all.size > state.rooms.size ? naturally(all.keys()) : state.names };
}

/** The state with a room in place of what it was. */
export const withRoom = (state: ChatState, room: Room): ChatState =>
  state.rooms.get(room.name) === room ? state : withRooms(state, [room]);

/** The state with another room on show. One that was only looked at, and in which nobody ever wrote, is forgotten. */
export function moved(state: ChatState, here: string): ChatState {
  const left = roomIn(state, state.here);
  const isEmpty = left.loaded && left.newest === 0 && left.name !== LOBBY;
  const rooms = new Map(state.rooms);
  if (isEmpty && !state.outbox.some(({ room }) => room === left.name)) rooms.delete(left.name);
  const room = rooms.get(here) ?? unknown(here);
  rooms.set(here, room);
  const names = rooms.size === state.rooms.size && state.rooms.has(here) ? state.names : naturally(rooms.keys());
  return { ...state, here, openedUnread: unreadIn(room, state.readPositions) > 0, rooms, names, attended: false };
}

/** What the list of rooms depends on. */
type ListedFrom = Pick<ChatState, 'here' | 'openedUnread' | 'rooms' | 'names' | 'visited' | 'readPositions' | 'outbox'>;

/**
 * The rooms as a list: the lobby first, then those with something new, those in which one was on earlier visits,
 * and all others, each sorted naturally. The room on show stays where it was when it was opened.
 */
export function listedRooms({
  here,
  openedUnread,
  rooms,
  names,
  visited,
  readPositions,
  outbox,
}: ListedFrom): ListedRoom[] {
  const stuck = new Set(outbox.filter(({ state }) => state === 'refused').map(({ room }) => room));
  const groups: [ListedRoom[], ListedRoom[], ListedRoom[], ListedRoom[]] = [[], [], [], []];
  for (const name of names) {
    const unread = unreadIn(rooms.get(name)!, readPositions);
    const isFresh = name === here ? openedUnread : unread > 0;
    const group = name === LOBBY ? 0 : isFresh ? 1 : visited.has(name) ? 2 : 3;
    groups[group].push({ name, unread, stuck: stuck.has(name) });
  }
  return groups.flat();
}

/** What the window's title says: the unread messages of all rooms, and the room on show. */
export function titleOf(rooms: readonly ListedRoom[], here: string): string {
  const unread = rooms.reduce((sum, room) => sum + room.unread, 0);
  return `${unread ? `(${unread}) ` : ''}#${here} · flowchat`;
}

/** The room before (-1) or after (1) the one on show, round and round; with `unread` only those that have something new. */
export function adjacentRoom(rooms: readonly ListedRoom[], here: string, by: 1 | -1, unread: boolean): string {
  const candidates = rooms.filter(room => room.name === here || !unread || room.unread > 0);
  const index = candidates.findIndex(({ name }) => name === here);
  return candidates.at((index + by) % candidates.length)?.name ?? here;
}

/** A room that one can go to; one that is not there yet is made by writing in it. */
export interface Choice {
  readonly name: string;
  readonly isNew: boolean;
  readonly unread: number;
}

/** The most rooms that are offered at once: with more, one types on. */
export const MAX_OFFERED = 50;

/**
 * The rooms that what is typed may mean: first the one of that very name, then those whose names begin like it, then those
 * that have it in them; and last a new room of that name, where there is none.
 */
export function choices(rooms: readonly ListedRoom[], typed: string): Choice[] {
  const wanted = roomName(typed);
  if (typed.trim() && !wanted) return [];
  const ranks: [Choice[], Choice[], Choice[]] = [[], [], []];
  for (const { name, unread } of rooms) {
    const at = name.indexOf(wanted);
    if (at >= 0) ranks[name === wanted ? 0 : at === 0 ? 1 : 2].push({ name, unread, isNew: false });
  }
  const found = ranks.flat().slice(0, MAX_OFFERED);
  return wanted && !ranks[0].length ? [...found, { name: wanted, unread: 0, isNew: true }] : found;
}

/** The choice after (1) or before (-1) one, round and round. */
export const step = (active: number, by: 1 | -1, count: number): number => (count ? (active + by + count) % count : -1);
