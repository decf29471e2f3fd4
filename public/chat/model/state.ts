import type { RoomSummary } from '../../../src/model/chat.ts';
import { LOBBY } from '../../../src/model/name.ts';
import { MAX_TEXT_LENGTH } from '../../../src/model/text.ts';
import { roomName } from './address.ts';
import type { Outbox } from './outbox.ts';
import type { Authors } from './people.ts';
import { type ReadPositions, unreadIn } from './read-positions.ts';
import { type Room, unknown } from './room.ts';
import type { KnownAbout, ShownMessage, SignedInPerson } from './wire.ts';

/** Sort key that pads numbers, so that room-2 comes before room-10. */
const sortKey = (name: string): string => name.replace(/\d+/g, digits => digits.padStart(64, '0'));

/** Sorts names, and numbers within names by value. */
export function naturally(names: Iterable<string>): string[] {
  return Array.from(names, name => ({ name, key: sortKey(name) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

export type Theme = 'system' | 'light' | 'dark';

/**
 * The theme after the next press of the switch. The first press always changes what one sees; the third returns to the
 * system's theme.
 */
export function nextTheme(theme: Theme, systemIsDark: boolean): Theme {
  const [other, same] = systemIsDark ? (['light', 'dark'] as const) : (['dark', 'light'] as const);
  if (theme === 'system') return other;
  return theme === other ? same : 'system';
}

/**
 * The connection: being made, live (`polled` if over HTTP because no WebSocket gets through), or retried at `until`, in
 * milliseconds since 1970. `why` is why the server closed it, if known.
 */
export type ChatConnectionState =
  | { readonly kind: 'connecting'; readonly again: boolean }
  | { readonly kind: 'live'; readonly polled?: true }
  | { readonly kind: 'offline'; readonly until: number; readonly why?: string | undefined };

/** Features of the server's graph that the page shows. */
export type Feature = 'read' | 'post' | 'edit' | 'remove' | 'react' | 'rooms' | 'listen' | 'live' | 'report';

/** A room that a person created. */
export interface MadeRoomInfo {
  readonly title: string;
  readonly kind: 'open' | 'private' | 'direct';
  /** Whether it is read-only. */
  readonly isArchived: boolean;
  /** Whether the user created it. */
  readonly isMine: boolean;
}

/** The whole state of the page. */
export interface ChatState {
  /** The features of the server's graph; undefined until known. */
  readonly about?: KnownAbout | undefined;
  readonly link: ChatConnectionState;
  /** The shown room. */
  readonly here: string;
  /** Whether the shown room had unread messages when it was opened. */
  readonly openedUnread: boolean;
  /** Whether the list of rooms is loaded. */
  readonly isListed: boolean;
  readonly rooms: ReadonlyMap<string, Room>;
  /** The names of all rooms, sorted. */
  readonly names: readonly string[];
  /** The rooms visited before this visit; fixed, so that the list keeps its order. */
  readonly visited: ReadonlySet<string>;
  readonly readPositions: ReadPositions;
  readonly outbox: Outbox;
  /** The message that is being edited in the composer. */
  readonly editing?: ShownMessage | undefined;
  /** The user's own reactions, as `reactionKey` gives them. */
  readonly reacted: ReadonlySet<string>;
  /** Why the last change of a message failed; undefined after the next change. */
  readonly unchanged?: string | undefined;
  /** Whether the last written draft is only in this window's memory. */
  readonly draftUnkept: boolean;
  /** Names of settings that the browser could not store. */
  readonly unkept: ReadonlySet<string>;
  /** The user's name; empty until given. */
  readonly name: string;
  /** The signed-in person; undefined for a guest. */
  readonly me?: SignedInPerson | undefined;
  /** Whether the user may edit the graph without a secret. */
  readonly mayEdit?: boolean;
  /** Whether people can sign in here. */
  readonly hasAccounts?: boolean;
  /** Number of items that wait for the user as moderator. */
  readonly waiting: number;
  /** Number of joins since the user, a moderator, last looked. */
  readonly joined: number;
  /** A number that increases whenever people join, leave, or change their name or role. */
  readonly peopleVersion: number;
  /** Authors of shown messages that have an account. */
  readonly authors: Authors;
  /** The rooms that people created, with title and kind. */
  readonly made: ReadonlyMap<string, MadeRoomInfo>;
  /** Whether the user is looking at the end of the shown room. */
  readonly attended: boolean;
  /** The sequence number of the message that the address links to. */
  readonly target?: number | undefined;
  /** The invalid room name in the address; undefined if it was valid. */
  readonly unknown?: string | undefined;
  /** Whether the server has a newer version of this page. */
  readonly outdated: boolean;
}

/** An entry of the list of rooms. */
export interface ListedRoom {
  readonly name: string;
  readonly unread: number;
  /** Whether a post to this room was refused. */
  readonly stuck: boolean;
}

/** The initial state, showing this room. */
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
  reacted: new Set(),
  waiting: 0,
  joined: 0,
  peopleVersion: 0,
  authors: new Map(),
  made: new Map(),
  draftUnkept: false,
  unkept: new Set(),
  name: '',
  attended: false,
  outdated: false,
});

/** The created rooms of a list. */
export function madeRooms(heads: readonly RoomSummary[]): ReadonlyMap<string, MadeRoomInfo> {
  const made = new Map<string, MadeRoomInfo>();
  for (const { room, title, kind, with: other, archived, mine } of heads)
    if (title !== undefined || kind !== undefined || archived || mine)
      made.set(room, {
        title: other ?? title ?? room,
        kind: kind ?? 'open',
        isArchived: archived === true,
        isMine: mine === true,
      });
  return made;
}

/** Key of a reaction of the user. */
export const reactionKey = (message: string, emoji: string): string => `${message} ${emoji}`;

/** Records whether the browser could store a setting. */
export function withStored(state: ChatState, name: string, isKept: boolean): ChatState {
  if (state.unkept.has(name) !== isKept) return state;
  const unkept = new Set(state.unkept);
  if (isKept) unkept.delete(name);
  else unkept.add(name);
  return { ...state, unkept };
}

/** A room of the state; an empty one if it is not known yet. */
export const roomIn = (state: ChatState, name: string): Room => state.rooms.get(name) ?? unknown(name);

/** Replaces rooms. */
export function withRooms(state: ChatState, rooms: readonly Room[]): ChatState {
  const all = new Map(state.rooms);
  for (const room of rooms) all.set(room.name, room);
  return { ...state, rooms: all, names: all.size > state.rooms.size ? naturally(all.keys()) : state.names };
}

/** Replaces a room. */
export const withRoom = (state: ChatState, room: Room): ChatState =>
  state.rooms.get(room.name) === room ? state : withRooms(state, [room]);

/** Shows another room. The previous room is dropped if it is empty and nobody wrote in it. */
export function withRoomShown(state: ChatState, here: string): ChatState {
  const left = roomIn(state, state.here);
  const isEmpty = left.loaded && left.newest === 0 && left.name !== LOBBY;
  const rooms = new Map(state.rooms);
  if (isEmpty && !state.outbox.some(({ room }) => room === left.name)) rooms.delete(left.name);
  const room = rooms.get(here) ?? unknown(here);
  rooms.set(here, room);
  const names = rooms.size === state.rooms.size && state.rooms.has(here) ? state.names : naturally(rooms.keys());
  return { ...state, here, openedUnread: unreadIn(room, state.readPositions) > 0, rooms, names, attended: false };
}

/** Whether the graph offers a feature. Until that is known, the page shows everything. */
export const can = ({ about }: Pick<ChatState, 'about'>, feature: Feature): boolean =>
  about?.can.includes(feature) ?? true;

/** Whether new messages arrive live: the graph allows subscriptions and publishes entries. */
export const comesLive = (state: Pick<ChatState, 'about'>): boolean => can(state, 'listen') && can(state, 'live');

/** Limit of a text in characters. */
export const mostCharacters = ({ about }: Pick<ChatState, 'about'>): number => about?.limits.text ?? MAX_TEXT_LENGTH;

type ListedFrom = Pick<ChatState, 'here' | 'openedUnread' | 'rooms' | 'names' | 'visited' | 'readPositions' | 'outbox'>;

/**
 * The list of rooms: the lobby, then rooms with unread messages, rooms visited before, and all others; each group
 * sorted. The shown room stays where it was when opened.
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

/** The chat's title. */
export const chatTitle = ({ about }: Pick<ChatState, 'about'>): string => about?.title ?? 'flowchat';

/** The window's title: the number of unread messages, the shown room, and the chat's title. */
export function titleOf(rooms: readonly ListedRoom[], here: string, place: string): string {
  const unread = rooms.reduce((sum, room) => sum + room.unread, 0);
  return `${unread ? `(${unread}) ` : ''}#${here} · ${place}`;
}

/** The previous (-1) or next (1) room, wrapping around; with `unread`, only rooms with unread messages. */
export function adjacentRoom(rooms: readonly ListedRoom[], here: string, by: 1 | -1, unread: boolean): string {
  const candidates = rooms.filter(room => room.name === here || !unread || room.unread > 0);
  const index = candidates.findIndex(({ name }) => name === here);
  return candidates.at((index + by) % candidates.length)?.name ?? here;
}

/** An offered room. A new one is created by the first message. */
export interface Choice {
  readonly name: string;
  readonly isNew: boolean;
  readonly unread: number;
}

/** Limit of offered rooms; typing more narrows them down. */
const MAX_OFFERED = 50;

/**
 * The rooms that match the typed text: the exact name first, then names that begin with it, then names that contain it.
 * Offers a new room last if no name matches exactly.
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

/** The next (1) or previous (-1) choice; wraps around. */
export const step = (active: number, by: 1 | -1, count: number): number => (count ? (active + by + count) % count : -1);
