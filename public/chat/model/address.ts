/** The room that everybody starts in. */
export const lobby = 'lobby';

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

/** The room that an address names, as `#/ROOM` or `?room=ROOM`; the lobby where it names none. */
export function roomOf(href: string): string {
  const { hash, searchParams } = new URL(href);
  const named = hash.startsWith('#/') ? decoded(hash.slice(2)) : (searchParams.get('room') ?? '');
  return nearest(named) || lobby;
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
