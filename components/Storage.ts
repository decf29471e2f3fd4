import { Component } from 'noflo';
import { countAt, rateAt } from '../src/behaviour/settings.ts';
import { type RefusalCode, refusal, storeFailed } from '../src/model/codes.ts';
import { cursorOf, cursorText } from '../src/model/events.ts';
import { MAX_EMOJI, MAX_REACTIONS } from '../src/model/limits.ts';
import type { Added, Entry, EntryPage, MessagePage, Post, Query, Receipt } from '../src/model/packets.ts';
import { setting, storePort } from '../src/model/port-options.ts';
import { noRoom } from '../src/model/rooms.ts';
import type { DeclaredLimits, NodeSettings } from '../src/model/routes.ts';
import { isModerating, type Who } from '../src/model/who.ts';
import type { SharedDirectory } from '../src/store/directory.ts';
import { sharedByNode, storeSlot } from '../src/store/handles.ts';
import { entryOf } from '../src/store/message.ts';
import { type Enough, NewRooms, type RoomLimits } from '../src/store/new-rooms.ts';
import {
  type ChangeFault,
  ChangeRefused,
  KeyReused,
  type MessageRange,
  type Slice,
  type Store,
} from '../src/store/store.ts';

const MAXLEN = 50;
const MAXROOMS = 100_000;
/** Limits of new rooms per address: at once, and per minute. */
const NEWROOMS = 300;
const NEWROOMRATE = 5;

/** The sequence number of a cursor; undefined if it is of a different epoch. */
function position(cursor: string, epoch: string): number | undefined {
  const { epoch: of, seq } = cursorOf(cursor);
  return of === epoch ? seq : undefined;
}

/** The range of messages for a query; `lost` if its cursor is of a different epoch, so that it gets the newest. */
function range({ after, before, since, limit }: Query, epoch: string, most: number): MessageRange & { lost?: boolean } {
  const wanted = { limit: limit ?? most };
  if (since !== undefined) return { ...wanted, since };
  const cursor = after ?? before;
  if (cursor === undefined) return wanted;
  const seq = position(cursor, epoch);
  if (seq === undefined) return { ...wanted, lost: true };
  return after === undefined ? { ...wanted, before: seq } : { ...wanted, after: seq };
}

/** The caller may not find a room. */
class RoomHidden extends Error {
  override readonly name = 'RoomHidden';
  readonly room: string;

  constructor(room: string) {
    super(`${room} is hidden`);
    this.room = room;
  }
}

/** Throws RoomHidden if the caller may not find a room. Bots of the graph may post to any room. */
function expectFound({ now: directory }: SharedDirectory, { room, who }: Query | Post, isPost = false): void {
  if (!directory.hasHidden || directory.mayFind(who, room)) return;
  if (!isPost || who?.kind !== 'bot' || directory.person(who.id)) throw new RoomHidden(room);
}

/** The messages of a query. A cursor of messages that are no longer stored, or never were, gives a gap. */
export async function findMessages(store: Store, query: Query, most = MAXLEN): Promise<MessagePage> {
  expectFound(store.loadedDirectory() ?? (await store.directory()), query);
  const epoch = await store.epoch();
  const wanted = range(query, epoch, most);
  const found = await store.read(query.room, wanted);
  const isAhead = found.last < (wanted.after ?? 0);
  const slice = isAhead ? await store.read(query.room, { limit: wanted.limit }) : found;
  const { messages } = slice;
  return Object.freeze({ ...page(query, epoch, wanted, isAhead, slice, messages), messages });
}

/** The same section of the room's log. */
export async function findEntries(store: Store, query: Query, most = MAXLEN): Promise<EntryPage> {
  expectFound(store.loadedDirectory() ?? (await store.directory()), query);
  const epoch = await store.epoch();
  const wanted = range(query, epoch, most);
  const found = await store.entries(query.room, wanted);
  const isAhead = found.last < (wanted.after ?? 0);
  const slice = isAhead ? await store.entries(query.room, { limit: wanted.limit }) : found;
  const { entries } = slice;
  return Object.freeze({ ...page(query, epoch, wanted, isAhead, slice, entries), entries });
}

/** The other fields of a page. */
function page(
  { id, room, form, wait }: Query,
  epoch: string,
  { after, before, limit, lost = false }: ReturnType<typeof range>,
  isAhead: boolean,
  { first, last }: Pick<Slice, 'first' | 'last'>,
  found: readonly { readonly seq: number }[],
): Omit<MessagePage, 'messages'> {
  const gap = lost || isAhead || (after !== undefined && after < first - 1);
  // After the newest message there may be changes of older ones.
  const isWhole = before === undefined && (after === undefined || isAhead || found.length < limit);
  const cursor = cursorText({ epoch, seq: isWhole ? last : (found.at(-1)?.seq ?? last) });
  return { id, room, form, cursor, gap, ...(wait !== undefined && { wait }) };
}

/** Stores a post or a change: returns the receipt once it is durable, and the entry to emit, unless it was known. */
export async function storePost(store: Store, post: Post): Promise<{ out: Receipt; added?: Added }> {
  const { id, form, kind, room, author, text, key, owner } = post;
  const directory = store.loadedDirectory() ?? (await store.directory());
  expectFound(directory, post, true);
  const person = directory.now.person(post.who?.id ?? '');
  const proof = { ...(person && { by: person.id }), ...(owner !== undefined && { owner }) };
  if (kind === undefined) {
    const { message, fresh } = await store.append({
      room,
      author,
      text,
      ...proof,
      ...(key !== undefined && { key }),
    });
    return told(store, post, Object.freeze({ id, form, message }), fresh ? entryOf(message) : undefined);
  }
  const { about = '', emoji, within } = post;
  const changed = await store.change({
    room,
    kind,
    about,
    author,
    text,
    ...proof,
    ...(emoji !== undefined && { emoji }),
    ...(within !== undefined && { within }),
    // Others' messages a moderator may remove, but not edit.
    ...(kind === 'remove' && isModerating(post.who) && { bypassesOwnership: true }),
  });
  return told(
    store,
    post,
    Object.freeze({ id, form, message: changed.message, changed: true as const }),
    changed.entry,
  );
}

async function told(
  store: Store,
  { who }: Post,
  out: Receipt,
  entry: Entry | undefined,
): Promise<{ out: Receipt; added?: Added }> {
  return entry ? { out, added: await addedTo(store, entry, who) } : { out };
}

async function addedTo(store: Store, entry: Entry, who?: Who): Promise<Added> {
  return Object.freeze({ ...entry, cursor: `${await store.epoch()}:${entry.seq}`, ...(who && { who }) });
}

/** Refusals of changes. */
const UNCHANGED: Readonly<Record<ChangeFault, readonly [RefusalCode, string]>> = {
  missing: ['message-not-found', 'there is no such message in this room'],
  removed: ['message-removed', 'the message was removed; it can not be changed any more'],
  foreign: ['not-yours', 'only who posted the message with this Owner-Key can change it'],
  late: ['too-late', 'the message is too old to be changed'],
  full: [
    'reactions-limit',
    `a message has at most ${MAX_EMOJI} different emoji and ${MAX_REACTIONS} reactions; take one of its emoji`,
  ],
};

/** The refusal after a failure of the store. */
function failure(id: string, error: Error) {
  if (error instanceof RoomHidden) return noRoom(id, error.room);
  if (error instanceof ChangeRefused) return refusal(id, ...UNCHANGED[error.fault]);
  if (error instanceof KeyReused) return refusal(id, 'key-reused', error.message);
  return storeFailed(id, error);
}

/** The refusal of a post that would create too many rooms. */
function tooMany(id: string, enough: Enough) {
  if ('all' in enough)
    return refusal(
      id,
      'rooms-limit',
      `there are ${enough.all} rooms, and no more can be begun; write in one that is there`,
    );
  const { wait } = enough;
  const detail = `too many new rooms from your address; try again in ${wait} s, or write in a room that is there`;
  return refusal(id, 'new-rooms-limited', detail, { 'Retry-After': String(wait) });
}

/** Parses the settings for new rooms. Throws a sentence for an invalid one. */
function roomLimits(given: (port: string, usual: number) => number): RoomLimits {
  const all = countAt('MAXROOMS', given('maxrooms', MAXROOMS));
  const burst = countAt('NEWROOMS', given('newrooms', NEWROOMS));
  return { all, rate: { burst, rate: rateAt('NEWROOMRATE', given('newroomrate', NEWROOMRATE)) / 60 } };
}

/** The number of messages per page, for callers. */
const limits = ({ maxlen = MAXLEN }: NodeSettings): DeclaredLimits => ({ page: maxlen });

/** Stores the messages. A new revision of the graph with the same STORE continues with the same messages. */
export const getComponent = () => {
  const slot = storeSlot();
  /**
   * Listens for entries that no node of this graph made: by the operator, by a moderator's approval, by another
   * process.
   */
  let following: { readonly store: Store; end(): void } | undefined;
  /** Posts that are being stored. */
  const working = new Set<Promise<void>>();
  const component: Component = new Component({
    description: 'Keeps messages, and finds them again',
    icon: 'database',
    inPorts: {
      get: { datatype: 'object', schema: 'chat/query', description: 'Query for messages' },
      post: { datatype: 'object', schema: 'chat/post', description: 'Post to keep, or change of one that is kept' },
      store: storePort(
        'Where to keep them: sqlite:NAME.db, postgres:NAME for several processes, or memory:NAME?keep=NUMBER until the server ends',
      ),
      maxlen: setting({
        datatype: 'int',
        title: 'Page',
        unit: 'messages',
        default: MAXLEN,
        description: 'The most messages that a query without a limit gives',
        check: (value: unknown) => countAt('MAXLEN', value),
      }),
      maxrooms: setting({
        datatype: 'int',
        title: 'Most rooms',
        unit: 'rooms',
        default: MAXROOMS,
        description: 'The most rooms that there may be',
        check: (value: unknown) => countAt('MAXROOMS', value),
      }),
      newrooms: setting({
        datatype: 'int',
        title: 'New rooms at once',
        unit: 'rooms',
        default: NEWROOMS,
        description: 'How many rooms one address may begin at once',
        check: (value: unknown) => countAt('NEWROOMS', value),
      }),
      newroomrate: setting({
        datatype: 'number',
        title: 'New rooms a minute',
        unit: 'rooms',
        default: NEWROOMRATE,
        description: 'How many rooms one address may begin a minute',
        check: (value: unknown) => rateAt('NEWROOMRATE', value),
      }),
    },
    outPorts: {
      out: { datatype: 'object', description: 'Page, receipt, or refusal 403, 404, 409, 422, 429 or 503' },
      added: {
        datatype: 'object',
        schema: 'chat/added',
        description: 'Message that has just been kept, or what became of one',
      },
    },
    process(input, output) {
      const query: Query | undefined = input.hasData('get') ? input.getData('get') : undefined;
      const post: Post | undefined = input.hasData('post') ? input.getData('post') : undefined;
      const most = input.hasData('maxlen') ? countAt('MAXLEN', input.getData('maxlen')) : MAXLEN;
      if (!input.hasData('store')) return output.done();
      const store = slot.at(input.getData('store'));
      if (store !== following?.store) follow(store);
      if (query) {
        const finding = query.log ? findEntries(store, query, most) : findMessages(store, query, most);
        finding.then(
          out => output.sendDone({ out }),
          error => output.sendDone({ out: failure(query.id, error) }),
        );
        return;
      }
      const limits = roomLimits((port, usual) => (input.hasData(port) ? Number(input.getData(port)) : usual));
      if (!post) return output.done();
      const { id, room, from } = post;
      // A change doesn't create a room.
      const storing = post.kind
        ? storePost(store, post)
        : newRooms().allow(store, room, from, limits, () => storePost(store, post));
      const work = storing.then(
        kept => output.sendDone('out' in kept ? kept : { out: tooMany(id, kept) }),
        error => output.sendDone({ out: failure(id, error) }),
      );
      working.add(work);
      work.finally(() => working.delete(work));
    },
  });
  const follow = (store: Store) => {
    following?.end();
    const { added } = component.outPorts.ports;
    // If it is unwired here, another node with the same store may emit them.
    const end = added?.isAttached()
      ? store.follow(entry => void addedTo(store, entry).then(packet => added.data(packet)))
      : () => {};
    following = { store, end };
  };
  component.tearDown = async () => {
    following?.end();
    following = undefined;
    await Promise.all(working);
    await slot.release();
  };
  const newRooms = sharedByNode(component, 'rooms', () => new NewRooms());
  // A graph goes live only after its stores are open.
  return Object.assign(component, { limits, opened: slot.opened });
};
