import { statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { excerpt, listInWords } from '../model/words.ts';
import { databaseFiles, open } from './open.ts';
import { compactFile, layoutCopies, MAX_COMPACTED_BYTES } from './sqlite-schema.ts';
import { ChangeRefused, type MessageSelection, type Selected, type Store } from './store.ts';

/** Counts of a selection in some stores. */
interface Removal {
  /** Number of messages by room. */
  readonly rooms: ReadonlyMap<string, number>;
  /** Number of messages that were removed before. */
  readonly removed: number;
}

/** Messages per batch; other writers wait for one batch at most. */
const MAX_AT_ONCE = 100;
/** Minimal pause between batches in milliseconds, for other writers, and for clients to receive the events. */
const MIN_PAUSE_MS = 10;

/** Counts the messages of a selection. */
export async function findRemovable(stores: readonly Store[], selection: MessageSelection): Promise<Removal> {
  const rooms = new Map<string, number>();
  let removed = 0;
  for await (const { part } of slices(stores, selection)) {
    removed += part.removed;
    for (const { room } of part.messages) count(rooms, room);
  }
  return { rooms, removed };
}

/** Removes the messages of a selection as the operator, and resolves to what was removed. Ends early once `isOver`. */
export async function removeAll(
  stores: readonly Store[],
  selection: MessageSelection,
  isOver: () => boolean = () => false,
): Promise<Removal> {
  const rooms = new Map<string, number>();
  let removed = 0;
  for await (const { store, part } of slices(stores, selection)) {
    removed += part.removed;
    for (let at = 0; at < part.messages.length && !isOver(); at += MAX_AT_ONCE) {
      const start = performance.now();
      await Promise.all(
        part.messages.slice(at, at + MAX_AT_ONCE).map(async message => {
          if (await removeOne(store, message)) count(rooms, message.room);
        }),
      );
      // Pauses as long as the batch took, so that other writers have half of the time.
      await setTimeout(Math.max(MIN_PAUSE_MS, performance.now() - start));
    }
    if (isOver()) break;
  }
  return { rooms, removed };
}

/** Resolves to false if it was removed or dropped in the meantime. */
async function removeOne(store: Store, { room, id }: Selected['messages'][number]): Promise<boolean> {
  try {
    await store.change({ room, kind: 'remove', about: id, text: '', bypassesOwnership: true, isAnnounced: true });
    return true;
  } catch (error) {
    if (error instanceof ChangeRefused) return false;
    throw error;
  }
}

async function* slices(stores: readonly Store[], selection: MessageSelection) {
  for (const store of stores) {
    const wanted = await withAccount(store, selection);
    let part: Selected | undefined;
    do {
      part = await store.select(wanted, part?.next);
      yield { store, part };
      // Reading is fast, but there may be very many messages.
      await setTimeout(0);
    } while (part.next);
  }
}

/** Extends an author to the account of that name, including messages under earlier names. */
async function withAccount(store: Store, selection: MessageSelection): Promise<MessageSelection> {
  if (!('author' in selection)) return selection;
  return { ...selection, by: (await store.directory()).now.personLike(selection.author)?.id };
}

function count(rooms: Map<string, number>, room: string): void {
  rooms.set(room, (rooms.get(room) ?? 0) + 1);
}

/** An order of the operator. */
interface RemovalOrder {
  /** URLs of the stores. */
  readonly stores: readonly string[];
  readonly selection: MessageSelection;
  /** Whether to remove the messages, or only count them. */
  readonly isFinal: boolean;
  /** Whether no server uses the stores, so that databases of any size may be compacted afterwards. */
  readonly isAlone?: boolean;
  /** Whether the server is stopping, so that removal ends early. */
  isOver?(): boolean;
}

/**
 * Removes or counts what the operator selects, and returns a sentence about it. Rejects with a sentence if there is no
 * such message, and as the stores do.
 */
export async function carryOut(order: RemovalOrder): Promise<string> {
  const { stores: urls, isFinal, isAlone = false } = order;
  const stores = urls.map(open);
  let done: string;
  try {
    done = await carriedOut(stores, order);
  } finally {
    await Promise.all(stores.map(store => store.close()));
  }
  if (!isFinal) return done;
  const files = databaseFiles(urls);
  if (isAlone) for (const file of files) compactFile(file);
  return [done, ...files.flatMap(copyNotices), ...(isAlone ? [] : files.flatMap(sizeNotices))].join('\n');
}

async function carriedOut(stores: readonly Store[], order: RemovalOrder): Promise<string> {
  const { selection, isFinal, isOver } = order;
  const removal = await (isFinal ? removeAll(stores, selection, isOver) : findRemovable(stores, selection));
  if (isOver?.())
    throw new Error(`the server ends; ${counted(removal)} removed so far, and the same command removes the rest`);
  return summary(removal, order);
}

function summary(removal: Removal, { selection, isFinal, stores }: RemovalOrder): string {
  const { rooms, removed } = removal;
  const before = removed > 0 ? `; ${messages(removed)} ${removed === 1 ? 'was' : 'were'} removed before` : '';
  if (rooms.size > 0) return `${isFinal ? 'removed' : 'to remove:'} ${counted(removal)}${before}`;
  if (removed > 0) return `there is nothing to remove${before}`;
  throw new Error(`${absence(selection)} in ${listInWords(stores, 'and')}; ${CURES[keyOf(selection)]}`);
}

const keyOf = (selection: MessageSelection) => Object.keys(selection)[0] as 'room' | 'message' | 'author';

function absence(selection: MessageSelection): string {
  if ('room' in selection) return `room ${JSON.stringify(selection.room)} has no messages`;
  if ('message' in selection) return `no message has the id ${JSON.stringify(excerpt(selection.message))}`;
  return `no message is by ${JSON.stringify(excerpt(selection.author))}`;
}

const CURES = {
  room: 'GET /api/rooms lists the rooms',
  message: 'GET /api/rooms/ROOM/messages has the id of each',
  author: 'write the name as the page shows it, with its capitals',
};

/** Limit of rooms named in the sentence. */
const MAX_NAMED = 10;

/** `12 messages, 10 in lobby and 2 in zoo`. */
function counted({ rooms }: Removal): string {
  const all = [...rooms].sort(([, one], [, other]) => other - one);
  const total = all.reduce((sum, [, number]) => sum + number, 0);
  if (all.length === 1) return `${messages(total)} in ${all[0]![0]}`;
  const named = all.slice(0, MAX_NAMED).map(([room, number]) => `${number.toLocaleString('en')} in ${room}`);
  const rest = all.length - named.length;
  const places = rest > 0 ? [...named, `the others in ${rest.toLocaleString('en')} more rooms`] : named;
  return [messages(total), listInWords(places, 'and')].filter(Boolean).join(', ');
}

const messages = (number: number) => `${number.toLocaleString('en')} message${number === 1 ? '' : 's'}`;

const copyNotices = (file: string) =>
  layoutCopies(file).map(
    copy => `${copy} is a copy from before an update, and still has it; delete it once you need it no more`,
  );

/** A large database is not compacted while a server uses it. */
function sizeNotices(file: string): readonly string[] {
  if (statSync(file).size <= MAX_COMPACTED_BYTES) return [];
  return [`unused parts of ${file} may still have some of it; the same command clears them when no server runs`];
}
