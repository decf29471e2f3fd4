import type { ChatMessage, MessagesPage } from './wire.ts';

/** A place in a room's history: the history's name, and the sequence number of the last message before the place. */
export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

/** Reads `EPOCH:SEQ`; what is no such text is the beginning of an unknown history. */
export function cursorOf(text: string): Cursor {
  const colon = text.lastIndexOf(':');
  const seq = Number(text.slice(colon + 1));
  if (colon < 1 || !Number.isSafeInteger(seq) || seq < 0) return { epoch: '', seq: 0 };
  return { epoch: text.slice(0, colon), seq };
}

/** Writes a cursor the way the server does. */
export const cursorText = ({ epoch, seq }: Cursor): string => `${epoch}:${seq}`;

/** What this page knows of a room. Every transition below gives a new one, or the same one where nothing changed. */
export interface Room {
  readonly name: string;
  /** Names the history; empty until it is known. */
  readonly epoch: string;
  /** Whether `messages` is there and ends at `reach`. */
  readonly loaded: boolean;
  /** Oldest first. A jump of `seq` between two is a gap: what was between is not kept any more. */
  readonly messages: readonly ChatMessage[];
  /** The sequence number of the first message of the first page: pages before it and after it begin at equal steps. */
  readonly origin: number;
  /** The sequence number up to which nothing is missing here. */
  readonly reach: number;
  /** The sequence number of the newest message that the server told of. */
  readonly newest: number;
  /** What comes before the first message: more, which may be loading or have failed to; nothing; or what is not kept. */
  readonly older: 'more' | 'loading' | 'failed' | 'none' | 'lost';
  /** Something came that did not join on: what follows `reach` is to be asked for. */
  readonly behind: boolean;
  /** The server lost the history that this page had shown. */
  readonly renewed: boolean;
  /** Where the "new messages" line stands: after this sequence number. */
  readonly line?: number;
  /** One's own messages: the outbox's key by sequence number. */
  readonly own: ReadonlyMap<number, string>;
  /** The HTTP status with which the server refused to show the room. */
  readonly fault?: number;
}

/** A room that is further behind is better loaded afresh than caught up. */
const far = 250;

/** The most messages held of a room; the oldest go first, and come back on scrolling up. */
export const MAX_HELD_MESSAGES = 5_000;

/** A room of which nothing but the name is known. */
export const unknown = (name: string): Room => ({
  name,
  epoch: '',
  loaded: false,
  messages: [],
  origin: 1,
  reach: 0,
  newest: 0,
  older: 'more',
  behind: false,
  renewed: false,
  own: new Map(),
});

/** Whether a room that is loaded lacks so many messages at its end that its newest ones are to be loaded instead. */
export const outrun = (room: Room): boolean => room.loaded && room.newest - room.reach > far;

/** Whether messages of the room have to be asked for: it is not loaded, or the server told of later ones than are there. */
export const lacking = (room: Room): boolean => !room.loaded || room.behind || room.newest > room.reach;

/** The cursor from which the room goes on; undefined where its history is unknown. */
export const cursorIn = (room: Room): string | undefined =>
  room.epoch ? cursorText({ epoch: room.epoch, seq: room.reach }) : undefined;

/** The room after its history was replaced by another: to be loaded again. */
function renew(room: Room, cursor: string): Room {
  const { epoch, seq } = cursorOf(cursor);
  return { ...unknown(room.name), epoch, reach: seq, newest: seq, renewed: true };
}

const foreign = (room: Room, epoch: string): boolean => room.epoch !== '' && room.epoch !== epoch;

/** The room after the server told where its newest message stands. */
export function headed(room: Room, cursor: string): Room {
  const { epoch, seq } = cursorOf(cursor);
  if (foreign(room, epoch)) return renew(room, cursor);
  if (room.epoch && seq <= room.newest) return room;
  return { ...room, epoch, newest: seq, reach: room.loaded ? room.reach : seq };
}

/**
 * The room with a page of its messages in place of what it had: of its newest, or of earlier ones where the server told
 * that there are messages up to `known`.
 */
export function opened(room: Room, page: MessagesPage, known = 0): Room {
  const { epoch, seq } = cursorOf(page.cursor);
  const reach = Math.max(seq, page.messages.at(-1)?.seq ?? 0);
  const replaced = foreign(room, epoch);
  const { fault: _, ...rest } = replaced ? { ...unknown(room.name), renewed: true } : room;
  const older = reach ? olderThan(page.messages) : 'none';
  // What came live while the page was on its way is to be asked for.
  const newest = Math.max(rest.newest, known, reach);
  const origin = page.messages[0]?.seq ?? reach + 1;
  return {
    ...rest,
    epoch,
    loaded: true,
    messages: page.messages,
    origin,
    reach,
    newest,
    older,
    behind: newest > reach,
  };
}

function olderThan(messages: readonly ChatMessage[]): Room['older'] {
  if (!messages.length) return 'lost';
  return messages[0]!.seq === 1 ? 'none' : 'more';
}

/** The room while what comes before its first message is loading, or after that failed. */
export const extending = (room: Room, older: 'loading' | 'failed'): Room => ({ ...room, older });

/** The room with a page of what comes before its first message. */
export function extended(room: Room, page: MessagesPage): Room {
  if (foreign(room, cursorOf(page.cursor).epoch)) return renew(room, page.cursor);
  const first = room.messages[0]?.seq ?? 0;
  const earlier = page.messages.filter(({ seq }) => seq < first);
  return { ...room, messages: [...earlier, ...room.messages], older: olderThan(earlier) };
}

/** The room with a page of what comes after `reach`. */
export function continued(room: Room, page: MessagesPage): Room {
  const { epoch, seq } = cursorOf(page.cursor);
  if (foreign(room, epoch)) return renew(room, page.cursor);
  const later = page.messages.filter(message => message.seq > room.reach);
  if (!later.length)
    return { ...room, reach: Math.max(room.reach, seq), newest: Math.max(room.reach, seq), behind: false };
  const reach = later.at(-1)!.seq;
  const newest = Math.max(room.newest, reach);
  return { ...room, ...capped(room, later), reach, newest, behind: newest > reach };
}

/** The room with one message that was sent live; one that does not join on makes it `behind`. */
export function arrived(room: Room, cursor: string, message: ChatMessage): Room {
  const { epoch } = cursorOf(cursor);
  const { seq } = message;
  if (foreign(room, epoch)) return renew(room, cursor);
  const newest = Math.max(room.newest, seq);
  if (!room.loaded) return { ...room, epoch, newest, reach: newest };
  if (seq <= room.reach) return room;
  if (seq > room.reach + 1) return { ...room, newest, behind: true };
  return { ...room, ...capped(room, [message]), reach: seq, newest, behind: newest > seq };
}

/** A room's messages with later ones. Drops whole pages, so that what stays is drawn in the same chunks. */
function capped({ messages, older }: Room, later: readonly ChatMessage[]): Pick<Room, 'messages' | 'older'> {
  const all = [...messages, ...later];
  return all.length > MAX_HELD_MESSAGES + 200 ? { messages: all.slice(200), older: 'more' } : { messages: all, older };
}

/** The room with something missing at its end. */
export const lagging = (room: Room): Room => (room.loaded ? { ...room, behind: true } : room);

/** The room without its oldest messages, so that at most `keep` are held. */
export function trimmed(room: Room, keep: number): Room {
  if (room.messages.length <= keep) return room;
  const messages = room.messages.slice(-keep);
  return { ...room, messages, origin: messages[0]!.seq, older: 'more' };
}

/** The room without its messages, to be loaded afresh when it is opened again. */
export const unloaded = (room: Room): Room => ({
  ...room,
  loaded: false,
  messages: [],
  reach: room.newest,
  older: 'more',
  behind: false,
});

/** The room with one of its messages known as one's own. */
export function owned(room: Room, seq: number, key: string): Room {
  const others = [...room.own].filter(([, known]) => known !== key);
  return { ...room, own: new Map([...others, [seq, key]]) };
}

/** The room with the "new messages" line after this sequence number, or without it. */
export function lined(room: Room, seq: number | undefined): Room {
  if (room.line === seq) return room;
  const { line: _, ...rest } = room;
  return seq === undefined ? rest : { ...rest, line: seq };
}

/** The room with the HTTP status with which the server refused to show it. */
export const faulty = (room: Room, fault: number): Room => ({ ...room, fault });

/** The room without such a reason. */
export function sound(room: Room): Room {
  const { fault, ...rest } = room;
  return fault === undefined ? room : rest;
}
