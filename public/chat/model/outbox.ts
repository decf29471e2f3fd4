import type { ChatMessage, PrivateAnswer } from '../../../src/model/chat.ts';

/** A post on its way; stored in the browser until the server has it. */
export interface OutboxItem {
  /** The idempotency key: however often the post is sent, the server stores it once. */
  readonly key: string;
  readonly room: string;
  readonly author: string;
  readonly text: string;
  /** When it was written, in milliseconds since 1970; ascending within the outbox. */
  readonly at: number;
  /**
   * `waiting` to be sent, `sent` and not yet answered, `refused` for good, `held` for a moderator, `answered` by a bot
   * and not stored, or `kept`: stored by the server, which sends the message before or after its acknowledgement.
   */
  readonly state: 'waiting' | 'sent' | 'refused' | 'held' | 'answered' | 'kept';
  /** Why it was refused, or is held or delayed. */
  readonly reason?: string | undefined;
  /** When it is sent again automatically, in milliseconds since 1970. */
  readonly until?: number | undefined;
  /** Set if the browser could not store the post; closing the window then loses it. */
  readonly unkept?: true | undefined;
  /** The bot's answer. */
  readonly answer?: PrivateAnswer | undefined;
  /** Position of an answered post: after entries of the room's log up to this number. */
  readonly after?: number | undefined;
  /** The message's sequence number, once known. */
  readonly seq?: number | undefined;
}

/** The user's posts that the log does not show as messages yet, oldest first. */
export type Outbox = readonly OutboxItem[];

/** The outbox with a new post at its end. */
export function posted(outbox: Outbox, post: Omit<OutboxItem, 'state' | 'at'>, now: number): Outbox {
  const at = Math.max(now, (outbox.at(-1)?.at ?? 0) + 1);
  return [...outbox, { ...post, at, state: 'waiting' }];
}

/** The outbox with the posts of an earlier visit, in order, without duplicates. */
export function restored(outbox: Outbox, items: readonly OutboxItem[]): Outbox {
  const known = new Set(outbox.map(item => item.key));
  const added = items.filter(item => !known.has(item.key)).map(unsent);
  return added.length ? [...outbox, ...added].sort((a, b) => a.at - b.at) : outbox;
}

/** A post without an answer when the connection was lost is sent again under its key. */
const unsent = (item: OutboxItem): OutboxItem => (item.state === 'sent' ? { ...item, state: 'waiting' } : item);

/** The outbox after the connection was lost. */
export const interrupted = (outbox: Outbox): Outbox => outbox.map(unsent);

/** The posts to send now: the first waiting one of each room, once the one before it is answered, so order holds. */
export function due(outbox: Outbox): OutboxItem[] {
  const rooms = new Set(outbox.filter(({ state }) => state === 'sent').map(({ room }) => room));
  return outbox.filter(({ state, room }) => {
    if (state !== 'waiting' || rooms.has(room)) return false;
    rooms.add(room);
    return true;
  });
}

const changed = (outbox: Outbox, key: string, change: Partial<OutboxItem>): Outbox =>
  outbox.map(item => (item.key === key ? { ...item, ...change } : item));

/** The outbox after a post was sent. */
export const withSent = (outbox: Outbox, key: string): Outbox => changed(outbox, key, { state: 'sent' });

/** The outbox with a post that is sent again later, with the reason. */
export const postponed = (outbox: Outbox, key: string, reason: string, until: number): Outbox =>
  changed(outbox, key, { state: 'waiting', reason, until });

/** Records whether the browser stored a post. */
export const storedAs = (outbox: Outbox, key: string, isKept: boolean): Outbox =>
  outbox.some(item => item.key === key && (item.unkept === true) === isKept)
    ? changed(outbox, key, { unkept: isKept ? undefined : true })
    : outbox;

/** Whether closing this window would lose a post. */
export const atRisk = (outbox: Outbox): boolean => outbox.some(({ unkept, state }) => unkept && state !== 'kept');

/** Whether an earlier post of the same room must be answered before this one is sent. */
export function isBehind(outbox: Outbox, { key, room }: OutboxItem): boolean {
  const first = outbox.find(item => item.room === room && (item.state === 'waiting' || item.state === 'sent'));
  return first !== undefined && first.key !== key;
}

/** The outbox with a refused post, and why it was refused. */
export const refused = (outbox: Outbox, key: string, reason: string): Outbox =>
  changed(outbox, key, { state: 'refused', reason, until: undefined, seq: undefined });

/** The outbox with a post that is held for a moderator, with the reason. */
export const held = (outbox: Outbox, key: string, reason: string): Outbox =>
  changed(outbox, key, { state: 'held', reason, until: undefined, seq: undefined });

/** The outbox with a post that a bot answered when the room's log had entries up to `after`; it is not stored. */
export const answered = (outbox: Outbox, key: string, answer: PrivateAnswer, after: number): Outbox =>
  changed(outbox, key, {
    ...{ state: 'answered', answer, after },
    ...{ reason: undefined, until: undefined, unkept: undefined, seq: undefined },
  });

/** The outbox with a refused post waiting again, under the same key. */
export const again = (outbox: Outbox, key: string): Outbox =>
  changed(outbox, key, { state: 'waiting', reason: undefined, until: undefined });

/** Records which message a post became. `certain` if the server acknowledged it, false if it only looks like it. */
export const known = (outbox: Outbox, key: string, seq: number, certain: boolean): Outbox =>
  changed(outbox, key, certain ? { seq, state: 'kept', reason: undefined } : { seq });

/** The outbox without a post. */
export const withoutItem = (outbox: Outbox, key: string): Outbox => outbox.filter(item => item.key !== key);

/** The post that a message most likely is, if it arrives before its acknowledgement, or a moderator has approved it. */
export const matchingItem = (outbox: Outbox, { room, author, text, at }: ChatMessage): OutboxItem | undefined =>
  outbox.find(
    item =>
      (item.state === 'sent' || (item.state === 'held' && Date.parse(at) >= item.at)) &&
      item.room === room &&
      item.author === author &&
      item.text === text,
  );

/** The outbox without delivered posts that the log shows up to `reach`. */
export function withoutDelivered(outbox: Outbox, room: string, reach: number): Outbox {
  const there = (item: OutboxItem) => item.state === 'kept' && item.room === room && (item.seq ?? 0) <= reach;
  return outbox.some(there) ? outbox.filter(item => !there(item)) : outbox;
}
