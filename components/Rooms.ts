import { createHash, randomBytes } from 'node:crypto';
import { Component } from 'noflo';
import { checked, RoomsQuery } from '../src/model/chat.ts';
import { storeFailed } from '../src/model/codes.ts';
import type { Directory, RoomRecord } from '../src/model/directory.ts';
import { cursorText } from '../src/model/events.ts';
import { MAX_PAGE_LENGTH } from '../src/model/limits.ts';
import type { Question, Refusal, Reply, RoomList } from '../src/model/packets.ts';
import { storePort } from '../src/model/port-options.ts';
import { decideRoom, membersOf, type RoomDecision } from '../src/model/rooms.ts';
import { isKnown, type Who } from '../src/model/who.ts';
import { storeSlot } from '../src/store/handles.ts';
import type { RoomHead, Store } from '../src/store/store.ts';

/** The part that stays the same as long as the store returns the same list. */
type Listed = Required<Pick<RoomList, 'rooms' | 'etag'>>;
type Summary = RoomList['rooms'][number];

/** Lists rooms in the form of packets; for the same list of the store it returns the same object. */
export function lister(): (store: Store, who?: Who, after?: string, limit?: number) => Promise<Listed> {
  const known = new WeakMap<readonly RoomHead[], { readonly version: number; readonly listed: Listed }>();
  return async (store, who = NOBODY, after = '', limit = Number.POSITIVE_INFINITY) => {
    const [epoch, { now: directory }] = [await store.epoch(), await store.directory()];
    const isWhole = after === '' && limit === Number.POSITIVE_INFINITY;
    const heads = isWhole ? await store.rooms() : await headsFor(store, directory, who, after, limit);
    // All guests get the same.
    const shared = isWhole && who.kind === 'guest' ? known.get(heads) : undefined;
    if (shared?.version === directory.version) return shared.listed;
    const rooms = summaries(heads, directory, who, { epoch, after, limit });
    const listed = { rooms: Object.freeze(rooms), etag: tag(rooms) };
    if (isWhole && who.kind === 'guest') known.set(heads, { version: directory.version, listed });
    return listed;
  };
}

const NOBODY: Who = { kind: 'guest', id: '', name: '', role: 'guest' };

/** The first rooms after a name that the caller may find; reads further ones until there are enough. */
async function headsFor(store: Store, directory: Directory, who: Who, after: string, limit: number) {
  const found: RoomHead[] = [];
  for (let from = after; ; ) {
    const part = await store.rooms(from, limit);
    found.push(...part.filter(({ room }) => directory.mayFind(who, room)));
    if (found.length >= limit || part.length < limit) return found.slice(0, limit);
    from = part.at(-1)!.room;
  }
}

/** Rooms with messages, and created rooms without, by name. */
function summaries(
  heads: readonly RoomHead[],
  directory: Directory,
  who: Who,
  { epoch, after, limit }: { readonly epoch: string; readonly after: string; readonly limit: number },
): Summary[] {
  const made = directory.rooms;
  const withMessages = new Set(heads.map(({ room }) => room));
  const empty = made.flatMap(({ room, isArchived }) =>
    room > after && !withMessages.has(room) && !isArchived ? [{ room, last: 0, newest: 0 }] : [],
  );
  const all = empty.length > 0 ? [...heads, ...empty].sort((one, other) => (one.room < other.room ? -1 : 1)) : heads;
  return all
    .filter(({ room }) => directory.mayFind(who, room))
    .slice(0, limit)
    .map(({ room, last, newest }) => {
      const record = made.length > 0 ? directory.room(room) : undefined;
      return Object.freeze({
        room,
        cursor: cursorText({ epoch, seq: last }),
        newest,
        ...(record && more(record, directory, who)),
      });
    });
}

/** The additional properties of a created room. */
function more({ room, title, kind, by, isArchived }: RoomRecord, directory: Directory, who: Who): Partial<Summary> {
  const other = kind === 'direct' ? directory.members(room).find(({ person }) => person !== who.id) : undefined;
  return {
    ...(title !== '' && title !== room && { title }),
    ...(kind !== 'open' && { kind }),
    ...(other && { with: directory.person(other.person)?.name ?? '' }),
    ...(isArchived && { archived: true as const }),
    ...(isKnown(who) && by === who.id && { mine: true as const }),
  };
}

function tag(rooms: readonly Summary[]): string {
  return `"${createHash('sha256').update(JSON.stringify(rooms)).digest('base64url').slice(0, 22)}"`;
}

/**
 * The rooms that a question asks for, with the cursor of the newest entry and the number of the newest message: all, or
 * a page with `after` or `limit`.
 */
export async function listRooms(
  store: Store,
  { id, query, who }: Pick<Question, 'id' | 'query' | 'who'>,
  listed = lister(),
): Promise<RoomList | Refusal> {
  const asked = checked(id, RoomsQuery, query);
  if ('status' in asked) return asked;
  const { after, limit = MAX_PAGE_LENGTH } = asked;
  if (after === undefined && asked.limit === undefined) return Object.freeze({ id, ...(await listed(store, who)) });
  // One more tells whether there is a next page.
  const { rooms, etag } = await listed(store, who, after, limit + 1);
  if (rooms.length <= limit) return Object.freeze({ id, rooms, etag });
  const part = Object.freeze(rooms.slice(0, -1));
  return Object.freeze({ id, rooms: part, etag, next: part.at(-1)!.room });
}

/** Creates or changes a room, or its members. */
async function changeRooms(store: Store, question: Question): Promise<Reply | Refusal> {
  const { id, params } = question;
  const directory = await store.directory();
  if (params?.list === 'members')
    return Object.freeze({ id, status: 200, body: JSON.stringify(membersOf(directory.now, params.room!)) });
  const name = typeof question.body.name === 'string' ? question.body.name : '';
  const hasMessages = name !== '' && (await store.has(name));
  const circumstances = {
    now: Date.now(),
    random: randomBytes(8).toString('hex').slice(0, 6),
    direct,
    hasMessages: (room: string) => hasMessages && room === name,
  };
  const decided = await directory.change<RoomDecision | Refusal>(now => {
    const result = decideRoom(now, question, circumstances);
    return { records: 'records' in result ? result.records : [], result };
  });
  if (!('records' in decided)) return decided;
  const { status, body } = decided;
  return Object.freeze({ id, status, body: body ? JSON.stringify(body) : '' });
}

/** The name of two people's direct room, independent of their order. */
function direct(one: string, other: string): string {
  const hash = createHash('sha256').update([one, other].sort().join(' ')).digest('hex');
  return `dm-${hash.slice(0, 16)}`;
}

/** Lists and creates rooms, and lists their members. */
export const getComponent = () => {
  const slot = storeSlot();
  const listed = lister();
  const component: Component = new Component({
    description: 'Lists the rooms, makes them, and keeps who is in them',
    icon: 'list',
    inPorts: {
      in: { datatype: 'object', schema: 'chat/question', required: true, description: 'Question' },
      store: storePort('Where the messages are: the same as at Storage'),
    },
    outPorts: {
      out: { datatype: 'object', description: 'Rooms, each with the cursor of its newest entry, or a reply' },
      refused: {
        datatype: 'object',
        schema: 'chat/refusal',
        description: 'Refusal 401, 403, 404, 409, 422 or 503: a bad parameter, no right, or the store does not answer',
      },
    },
    process(input, output) {
      const question: Question | undefined = input.hasData('in') ? input.getData('in') : undefined;
      if (!input.hasData('store')) return output.done();
      const store = slot.at(input.getData('store'));
      if (!question) return output.done();
      const isList = question.method === 'GET' && question.params?.room === undefined;
      const answering = isList ? listRooms(store, question, listed) : changeRooms(store, question);
      answering.then(
        found => output.sendDone('detail' in found ? { refused: found } : { out: found }),
        (error: Error) => output.sendDone({ refused: storeFailed(question.id, error) }),
      );
    },
  });
  component.tearDown = slot.release;
  return Object.assign(component, { opened: slot.opened });
};
