import type { ChatMessage } from './wire.ts';

/** A post on its way: kept in the browser until the server has it. */
export interface OutboxItem {
  /** The idempotency key: the same post is kept once, however often it is sent. */
  readonly key: string;
  readonly room: string;
  readonly author: string;
  readonly text: string;
  /** When it was written, in milliseconds since 1970; ascending within the outbox. */
  readonly at: number;
  /**
   * `waiting` to be sent, `sent` and not yet answered, `refused` for good, or `kept` by the server, which says so
   * before or after it sends the message.
   */
  readonly state: 'waiting' | 'sent' | 'refused' | 'kept';
  /** Why it is refused, or has to wait. */
  readonly reason?: string | undefined;
  /** When it is sent again by itself, in milliseconds since 1970. */
  readonly until?: number | undefined;
  /** The browser keeps nothing, so that the post is lost when this window is closed. */
  readonly unkept?: true | undefined;
  /** Which message it became, as far as known. */
  readonly seq?: number | undefined;
}

/** One's posts that are not yet seen among the messages, in the order in which they were written. */
export type Outbox = readonly OutboxItem[];

/** The outbox with a new post at its end. */
export function posted(outbox: Outbox, post: Omit<OutboxItem, 'state' | 'at'>, now: number): Outbox {
  const at = Math.max(now, (outbox.at(-1)?.at ?? 0) + 1);
  return [...outbox, { ...post, at, state: 'waiting' }];
}

/** The outbox with the entries of an earlier visit, in order, each once. */
export function restored(outbox: Outbox, entries: readonly OutboxItem[]): Outbox {
  const known = new Set(outbox.map(entry => entry.key));
  const added = entries.filter(entry => !known.has(entry.key)).map(unsent);
  return added.length ? [...outbox, ...added].sort((a, b) => a.at - b.at) : outbox;
}

/** An entry whose fate is unknown, since the connection went away: it is sent again under its key. */
const unsent = (entry: OutboxItem): OutboxItem => (entry.state === 'sent' ? { ...entry, state: 'waiting' } : entry);

/** The outbox after the connection went away. */
export const interrupted = (outbox: Outbox): Outbox => outbox.map(unsent);

/** What may be sent now: the first waiting post of each room, once the one before it is answered, so that order holds. */
export function due(outbox: Outbox): OutboxItem[] {
  const rooms = new Set(outbox.filter(({ state }) => state === 'sent').map(({ room }) => room));
  return outbox.filter(({ state, room }) => {
    if (state !== 'waiting' || rooms.has(room)) return false;
    rooms.add(room);
    return true;
  });
}

const changed = (outbox: Outbox, key: string, change: Partial<OutboxItem>): Outbox =>
  outbox.map(entry => (entry.key === key ? { ...entry, ...change } : entry));

/** The outbox with a post handed to the connection. */
export const withSent = (outbox: Outbox, key: string): Outbox => changed(outbox, key, { state: 'sent' });

/** The outbox with a post to be sent again by itself later, and why. */
export const postponed = (outbox: Outbox, key: string, reason: string, until: number): Outbox =>
  changed(outbox, key, { state: 'waiting', reason, until });

/** The outbox with a post that is in this window's memory only, or is kept by the browser too. */
export const storedAs = (outbox: Outbox, key: string, isKept: boolean): Outbox =>
  outbox.some(entry => entry.key === key && !entry.unkept !== isKept)
    ? changed(outbox, key, { unkept: isKept ? undefined : true })
    : outbox;

/** Whether a post would be lost if this window were closed. */
export const atRisk = (outbox: Outbox): boolean => outbox.some(({ unkept, state }) => unkept && state !== 'kept');

/** Whether a waiting post stands behind another one of its room, in whose place it cannot be sent. */
export function isBehind(outbox: Outbox, { key, room }: OutboxItem): boolean {
  const first = outbox.find(entry => entry.room === room && (entry.state === 'waiting' || entry.state === 'sent'));
  return first !== undefined && first.key !== key;
}

/** The outbox with a post that the server turned away, and why. */
export const refused = (outbox: Outbox, key: string, reason: string): Outbox =>
  changed(outbox, key, { state: 'refused', reason, until: undefined, seq: undefined });

/** The outbox with a refused post to be tried once more under its key. */
export const again = (outbox: Outbox, key: string): Outbox =>
  changed(outbox, key, { state: 'waiting', reason: undefined, until: undefined });

/** The outbox with a post that is most likely this message, or is it for certain once the server has said so. */
export const known = (outbox: Outbox, key: string, seq: number, certain: boolean): Outbox =>
  changed(outbox, key, certain ? { seq, state: 'kept', reason: undefined } : { seq });

/** The outbox without an entry. */
export const withoutItem = (outbox: Outbox, key: string): Outbox => outbox.filter(entry => entry.key !== key);

/** The entry that a live message most likely is, when it comes before its acknowledgement. */
export const matchingItem = (outbox: Outbox, { room, author, text }: ChatMessage): OutboxItem | undefined =>
  outbox.find(entry => entry.state === 'sent' && entry.room === room && entry.author === author && entry.text === text);

/** The outbox without what the server keeps and the page shows among the messages of a room, up to `reach`. */
export function withoutDelivered(outbox: Outbox, room: string, reach: number): Outbox {
  const there = (entry: OutboxItem) => entry.state === 'kept' && entry.room === room && (entry.seq ?? 0) <= reach;
  return outbox.some(there) ? outbox.filter(entry => !there(entry)) : outbox;
}
