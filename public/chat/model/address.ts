import { LOBBY, ROOM_NAME } from '../../../src/model/name.ts';
import { isReturnTarget } from '../../../src/model/return-target.ts';

/** Turns typed text into a room name: `Off topic!` becomes `off-topic`; empty if nothing is left. */
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

/** The name itself if it is valid, otherwise the nearest valid one. */
const nearest = (name: string): string => (ROOM_NAME.test(name) ? name : roomName(name));

/** What a page address refers to. */
export interface RoomAddress {
  readonly room: string;
  /** The sequence number of the message it links to. */
  readonly seq?: number;
  /** Set if the address has an invalid room name; the lobby is shown instead. */
  readonly unknown?: string;
}

/**
 * Parses an address: `#/ROOM`, `#ROOM` or `?room=ROOM`; the lobby if there is none. `#/ROOM/SEQ` links to a message;
 * anything else after the room is ignored.
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

/** The sign-in page, relative to the chat, which then returns to a room. */
export const signInHref = (room: string): string => `#!sign-in?to=${encodeURIComponent(hrefOf(room))}`;

/** An address for joining, signing in or set-up. */
export interface EntryAddress {
  readonly how: 'setup' | 'join' | 'sign-in' | 'device';
  /** Code of the link; undefined for signing in. */
  readonly code?: string;
  /** Where to go afterwards, relative to the page; undefined for the lobby. */
  readonly to?: string;
  /** The error of signing in at the provider, as a code of the server. */
  readonly fault?: string;
}

/** Parses an address for joining, signing in or set-up; undefined for any other. */
export function entryAddressOf(href: string): EntryAddress | undefined {
  const { hash } = new URL(href);
  const [isSignIn, fault, wanted = ''] = /^#!sign-in(?:\/([a-z-]{1,40}))?(?:\?to=(.{0,200}))?$/.exec(hash) ?? [];
  if (isSignIn !== undefined) {
    const to = decoded(wanted);
    return { how: 'sign-in', ...(isReturnTarget(to) && { to }), ...(fault !== undefined && { fault }) };
  }
  const [, how, code] = /^#\/(setup|join|device)\/([\w-]{16,200})$/.exec(hash) ?? [];
  return code === undefined ? undefined : { how: how as EntryAddress['how'], code };
}
