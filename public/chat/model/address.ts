/** The room that everybody starts in. */
export const LOBBY = 'lobby';

/** Makes a room's name of what a person typed: `Off topic!` is `off-topic`; empty where nothing is left. */
export function roomName(typed: string): string {
  return typed
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 64)
    .replace(/(?<!-)-+$/, '');
}

/** A room's own name where it is one, otherwise the nearest name. */
const nearest = (name: string): string => (/^[a-z0-9][a-z0-9-]{0,63}$/.test(name) ? name : roomName(name));

/** What an address means. */
export interface RoomAddress {
  readonly room: string;
  /** The sequence number of the message that it leads to. */
  readonly seq?: number;
  /** What names no room although it should; the lobby is shown in its place. */
  readonly unknown?: string;
}

/**
 * What an address means: `#/ROOM`, also as `#ROOM` or `?room=ROOM`, or the lobby where it names nothing. `#/ROOM/SEQ`
 * leads to a message of it; anything else behind the room is no part of its name.
 */
export function addressOf(href: string): RoomAddress {
  const { hash, searchParams } = new URL(href);
  const [named = '', place = ''] =
    hash.length > 1 ? hash.replace(/^#\/?/, '').split('/') : [searchParams.get('room') ?? ''];
  const typed = hash.length > 1 ? decoded(named) : named;
  const room = nearest(typed);
  if (room) return /^[1-9]\d{0,14}$/.test(place) ? { room, seq: Number(place) } : { room };
  return typed ? { room: LOBBY, unknown: typed } : { room: LOBBY };
}

/** The room that an address names; the lobby where it names none. */
export const roomOf = (href: string): string => addressOf(href).room;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address of a room, relative to the page. */
export const hrefOf = (room: string): string => `#/${room}`;

/** The address of a message, relative to the page. */
export const messageHref = (room: string, seq: number): string => `${hrefOf(room)}/${seq}`;
