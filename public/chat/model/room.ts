import { cursorOf, cursorText } from '../../../src/model/events.ts';
import type { ShownEntries, ShownMessage, ShownPage } from './wire.ts';

/**
 * What the page knows of a room. Immutable: the functions below return a new room, or the same one if nothing changed.
 */
export interface Room {
  readonly name: string;
  /** The epoch of the history; empty until known. */
  readonly epoch: string;
  /** Whether `messages` is loaded and ends at `reach`. */
  readonly loaded: boolean;
  /** Oldest first, in their present state. Numbers of edits, removals and reactions are missing. */
  readonly messages: readonly ShownMessage[];
  /** Sequence numbers of messages that follow a gap: the server no longer has the messages before them. */
  readonly gaps: ReadonlySet<number>;
  /** The sequence number of the first message of the first page; chunks of the log have a fixed size from it. */
  readonly origin: number;
  /** The sequence number up to which the log is loaded without gaps. */
  readonly reach: number;
  /** The sequence number of the newest entry that is known to exist. */
  readonly newest: number;
  /** The sequence number of the newest message that is known to exist. Edits and reactions don't count as unread. */
  readonly latest: number;
  /**
   * What comes before the first message: more (maybe loading, or failed to load), nothing, or messages that the server
   * no longer has.
   */
  readonly older: 'more' | 'loading' | 'failed' | 'none' | 'lost';
  /** An entry arrived after a gap: entries after `reach` must be loaded. */
  readonly behind: boolean;
  /** The server lost the history that this page showed before. */
  readonly renewed: boolean;
  /** The "new messages" line is after this sequence number. */
  readonly line?: number;
  /** The user's own messages: outbox key by sequence number. */
  readonly own: ReadonlyMap<number, string>;
  /** Why the server refused to show the room, as a sentence. */
  readonly fault?: string;
}

/** A room that lacks more messages than this is reloaded instead of caught up. */
const far = 250;

/** Limit of messages in memory per room. The oldest are dropped first, and are loaded again on scrolling up. */
export const MAX_HELD_MESSAGES = 5_000;

/** A room of which only the name is known. */
export const unknown = (name: string): Room => ({
  name,
  epoch: '',
  loaded: false,
  messages: [],
  gaps: new Set(),
  origin: 1,
  reach: 0,
  newest: 0,
  latest: 0,
  older: 'more',
  behind: false,
  renewed: false,
  own: new Map(),
});

/** Whether a loaded room lacks so many messages at its end that it should be reloaded. */
export const outrun = (room: Room): boolean => room.loaded && room.newest - room.reach > far;

/** Whether messages must be loaded: the room is not loaded, or there are newer ones. */
export const lacking = (room: Room): boolean => !room.loaded || room.behind || room.newest > room.reach;

/** The cursor at the end of the loaded messages; undefined if the history is unknown. */
export const cursorIn = (room: Room): string | undefined =>
  room.epoch ? cursorText({ epoch: room.epoch, seq: room.reach }) : undefined;

/** The room after the server replaced its history; its messages must be loaded again. */
function renew(room: Room, cursor: string): Room {
  const { epoch, seq } = cursorOf(cursor);
  return { ...unknown(room.name), epoch, reach: seq, newest: seq, latest: seq, renewed: true };
}

const foreign = (room: Room, epoch: string): boolean => room.epoch !== '' && room.epoch !== epoch;

/** The room after the server sent the cursor of its newest entry, and the number of its newest message. */
export function withNewest(room: Room, cursor: string, message?: number): Room {
  const { epoch, seq } = cursorOf(cursor);
  if (foreign(room, epoch)) return renew(room, cursor);
  if (room.epoch && seq <= room.newest) return room;
  const latest = Math.max(room.latest, message ?? seq);
  return { ...room, epoch, newest: seq, latest, reach: room.loaded ? room.reach : seq };
}

/**
 * The room with a page of messages instead of its former ones: the newest page, or an earlier one with the newest
 * cursor.
 */
export function opened(room: Room, page: ShownPage, newestPage = page): Room {
  const { epoch, seq } = cursorOf(page.cursor);
  const reach = Math.max(seq, page.messages.at(-1)?.seq ?? 0);
  const replaced = foreign(room, epoch);
  const { fault: _, ...rest } = replaced ? { ...unknown(room.name), renewed: true } : room;
  const older = reach ? olderThan(page.messages) : 'none';
  // Messages that arrived while the page was loading must be loaded next.
  const newest = Math.max(rest.newest, cursorOf(newestPage.cursor).seq, reach);
  const latest = Math.max(rest.latest, newestPage.messages.at(-1)?.seq ?? 0);
  const origin = page.messages[0]?.seq ?? reach + 1;
  return {
    ...rest,
    epoch,
    loaded: true,
    messages: page.messages,
    gaps: new Set(),
    origin,
    reach,
    newest,
    latest,
    older,
    behind: newest > reach,
  };
}

function olderThan(messages: readonly ShownMessage[]): Room['older'] {
  if (!messages.length) return 'lost';
  return messages[0]!.seq === 1 ? 'none' : 'more';
}

/** The room while earlier messages are loading, or after that failed. */
export const extending = (room: Room, older: 'loading' | 'failed'): Room => ({ ...room, older });

/** The room with a page of earlier messages. */
export function extended(room: Room, page: ShownPage): Room {
  if (foreign(room, cursorOf(page.cursor).epoch)) return renew(room, page.cursor);
  const first = room.messages[0]?.seq ?? 0;
  const earlier = page.messages.filter(({ seq }) => seq < first);
  return { ...room, messages: [...earlier, ...room.messages], older: olderThan(earlier) };
}

/** The room with a page of the log after `reach`. */
export function continued(room: Room, page: ShownEntries): Room {
  const { epoch, seq } = cursorOf(page.cursor);
  if (foreign(room, epoch)) return renew(room, page.cursor);
  const later = page.entries.filter(entry => entry.seq > room.reach);
  const reach = Math.max(room.reach, seq);
  if (!later.length) return { ...room, reach, newest: reach, behind: false };
  const posted = later.flatMap(({ kind, message }) => (kind === 'message' ? [message] : []));
  const changed = later.reduce((known, { message }) => replaced(known, message), room);
  const gaps = page.gap && posted[0] ? new Set([...room.gaps, posted[0].seq]) : room.gaps;
  const newest = Math.max(room.newest, reach);
  const latest = Math.max(room.latest, posted.at(-1)?.seq ?? 0);
  return { ...changed, ...capped(changed, posted), gaps, reach, newest, latest, behind: newest > reach };
}

/** The room after a live entry of its log. One that leaves a gap sets `behind`. */
export function arrived(room: Room, cursor: string, message: ShownMessage): Room {
  const { epoch, seq } = cursorOf(cursor);
  if (foreign(room, epoch)) return renew(room, cursor);
  const newest = Math.max(room.newest, seq);
  const latest = Math.max(room.latest, message.seq);
  if (!room.loaded) return { ...room, epoch, newest, latest, reach: newest };
  const changed = replaced(room, message);
  if (seq <= room.reach) return changed;
  if (seq > room.reach + 1) return { ...changed, newest, latest, behind: true };
  const isNew = message.seq === seq;
  return { ...changed, ...(isNew && capped(changed, [message])), reach: seq, newest, latest, behind: newest > seq };
}

/** The room with the present state of a message that it contains. A removed message stays removed. */
function replaced(room: Room, message: ShownMessage): Room {
  if (message.seq > (room.messages.at(-1)?.seq ?? 0)) return room;
  const at = room.messages.findLastIndex(({ id }) => id === message.id);
  const before = room.messages[at];
  if (!before || before.removed || isSame(before, message)) return room;
  return { ...room, messages: room.messages.with(at, message) };
}

const isSame = (one: ShownMessage, other: ShownMessage) =>
  one.text === other.text &&
  one.edited === other.edited &&
  one.removed === other.removed &&
  JSON.stringify(one.reactions) === JSON.stringify(other.reactions);

/** Appends messages, and drops whole pages beyond the maximum, so that the rest is drawn in the same chunks. */
function capped({ messages, older }: Room, later: readonly ShownMessage[]): Pick<Room, 'messages' | 'older'> {
  const all = [...messages, ...later];
  return all.length > MAX_HELD_MESSAGES + 200 ? { messages: all.slice(200), older: 'more' } : { messages: all, older };
}

/** Marks a room whose newest messages must be loaded. */
export const lagging = (room: Room): Room => (room.loaded ? { ...room, behind: true } : room);

/** The room with at most `keep` messages, the newest. */
export function trimmed(room: Room, keep: number): Room {
  if (room.messages.length <= keep) return room;
  const messages = room.messages.slice(-keep);
  return { ...room, messages, origin: messages[0]!.seq, older: 'more' };
}

/** The room without its messages; they load again when it is opened. */
export const unloaded = (room: Room): Room => ({
  ...room,
  loaded: false,
  messages: [],
  reach: room.newest,
  older: 'more',
  behind: false,
});

/** Marks a message as the user's own. */
export function owned(room: Room, seq: number, key: string): Room {
  const others = [...room.own].filter(([, known]) => known !== key);
  return { ...room, own: new Map([...others, [seq, key]]) };
}

/** The user's last message that still exists, also by the account `me`; undefined if there is none. */
export const lastOwn = ({ messages, own }: Room, me?: string): ShownMessage | undefined =>
  messages.findLast(({ seq, by, removed }) => !removed && (own.has(seq) || (me !== undefined && by === me)));

/** Moves or removes the "new messages" line. */
export function withUnreadLine(room: Room, seq: number | undefined): Room {
  if (room.line === seq) return room;
  const { line: _, ...rest } = room;
  return seq === undefined ? rest : { ...rest, line: seq };
}

/** Records why the server refused to show the room. */
export const faulty = (room: Room, fault: string): Room => ({ ...room, fault });

/** The room without a recorded refusal. */
export function withoutFault(room: Room): Room {
  const { fault, ...rest } = room;
  return fault === undefined ? room : rest;
}
