import * as v from 'valibot';
import { because, checked, RoomName } from './chat.ts';
import { refusal } from './codes.ts';
import { type Directory, type DirectoryRecord, type RoomRecord, recordOf } from './directory.ts';
import { LOBBY, nameFault, normalName } from './name.ts';
import type { Question, Refusal } from './packets.ts';
import { ROOM_KINDS } from './rules.ts';
import { isKnown, isModerating, ROLES, type Who } from './who.ts';

/** Limit of rooms that one person may create. */
const MAX_ROOMS_MADE = 500;
/** The prefix of direct rooms; no other room has it. */
const DIRECT = 'dm-';

const NO_PERSON = because('field-invalid', 'person must be the id of a person');
/** The id of a person. */
export const PersonId = v.pipe(v.string(NO_PERSON), v.maxLength(64, NO_PERSON));
const NO_NAME = because(
  'field-invalid',
  'a room needs a name of the letters a to z, digits and hyphens, such as "garden"',
);

/** A room's title, in any script. */
const RoomTitle = v.pipe(
  v.string(because('field-invalid', 'title must be a text')),
  v.description('What the room is called, in any script; its name unless given.'),
  v.transform(title => normalName(title)),
  v.check(
    title => nameFault(title) === undefined,
    ({ input }) => because('field-invalid', `title ${nameFault(input)}`),
  ),
);

/** The body of a request for a new room. */
export const NewRoom = v.variant(
  'kind',
  [
    v.object(
      {
        kind: v.optional(v.picklist(['open', 'private']), 'open'),
        name: v.message(RoomName, NO_NAME),
        title: v.exactOptional(RoomTitle),
      },
      NO_NAME,
    ),
    v.object({ kind: v.literal('direct'), person: PersonId }, NO_PERSON),
  ],
  because('field-invalid', 'kind is open, private or direct'),
);

/** The body of a request to change a room. */
export const RoomChange = v.object({
  title: v.exactOptional(RoomTitle),
  archived: v.exactOptional(v.boolean(because('field-invalid', 'archived is true or false'))),
});

/** A room that a person created, as callers get it. */
export const MadeRoom = v.object({
  room: RoomName,
  title: v.string(),
  kind: v.picklist(ROOM_KINDS),
  archived: v.exactOptional(v.literal(true)),
});

/** The members of a room. */
export const MembersPage = v.object({
  members: v.array(
    v.object({
      id: v.string(),
      kind: v.picklist(['person', 'bot']),
      name: v.string(),
      role: v.picklist(ROLES),
      since: v.pipe(v.string(), v.isoTimestamp()),
    }),
  ),
});

/** A decision on a request about rooms: its records and the reply. */
export interface RoomDecision {
  readonly records: readonly DirectoryRecord[];
  readonly status: 200 | 201 | 204;
  /** Undefined for an empty body. */
  readonly body?: object;
}

/** Inputs of a decision besides the question and the directory. */
interface Circumstances {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Six random letters and digits. */
  readonly random: string;
  /** The name of the direct room of two. */
  direct(one: string, other: string): string;
  /** Whether a room has messages; only for rooms that were queried before. */
  hasMessages(room: string): boolean;
}

const done = (records: readonly DirectoryRecord[]): RoomDecision => ({ records, status: 204 });

/** A room as callers get it. */
const told = ({ room, title, kind, isArchived }: RoomRecord): v.InferOutput<typeof MadeRoom> => ({
  room,
  title,
  kind,
  ...(isArchived && { archived: true as const }),
});

/**
 * Decides on a request that creates or changes a room or its members. Admit has checked the caller's right; this checks
 * the rules of the room itself.
 */
export function decideRoom(directory: Directory, question: Question, given: Circumstances): RoomDecision | Refusal {
  const { id, method, who, params } = question;
  const room = params?.room;
  if (!isKnown(who))
    return refusal(id, 'sign-in', 'rooms are made and changed by people with an account; sign in', SIGN_IN);
  if (room === undefined) return makeRoom(directory, question, given);
  if (!directory.mayFind(who, room)) return noRoom(id, room);
  if (params?.person !== undefined)
    return method === 'PUT' ? addMember(directory, question, room, given.now) : removeMember(directory, question, room);
  return changeRoom(directory, question, room);
}

/** HTTP requires this header with 401. */
export const SIGN_IN = { 'WWW-Authenticate': 'Bearer' };

/** The refusal for a room that doesn't exist and for one that the caller may not find. */
export const noRoom = (id: string, room: string) =>
  refusal(id, 'room-not-found', `there is no room ${room} here, or none that you are in`);

function makeRoom(directory: Directory, { id, who, body }: Question, given: Circumstances): RoomDecision | Refusal {
  const wanted = checked(id, NewRoom, body);
  if ('status' in wanted) return wanted;
  if (wanted.kind === 'direct') return makeDirect(directory, id, who, wanted.person, given);
  const { kind, name } = wanted;
  if (name.startsWith(DIRECT))
    return refusal(id, 'field-invalid', `names that begin with ${DIRECT} are for the talk of two; take another one`);
  if (directory.rooms.filter(({ by }) => by === who.id).length >= MAX_ROOMS_MADE)
    return refusal(id, 'rooms-limit', `you have made ${MAX_ROOMS_MADE} rooms, and that is the most`);
  // A private room gets an unguessable name: a conflict would reveal that the name exists.
  const room = kind === 'private' ? `${name.slice(0, 57)}-${given.random}` : name;
  if (directory.room(room) || given.hasMessages(room) || room === LOBBY)
    return refusal(id, 'room-taken', `there is a room ${room} already; take another name`);
  const made: RoomRecord = { room, title: wanted.title ?? name, kind, by: who.id, made: given.now };
  const records = [recordOf.room(made), recordOf.member({ room, person: who.id, since: given.now })];
  return { records, status: 201, body: told(made) };
}

function makeDirect(
  directory: Directory,
  id: string,
  who: Who,
  other: string,
  { now, direct }: Circumstances,
): RoomDecision | Refusal {
  const person = directory.person(other);
  if (!person || person.isGone || other === who.id) return noPerson(id);
  const room = direct(who.id, other);
  const known = directory.room(room);
  const made: RoomRecord = known ?? { room, title: '', kind: 'direct', by: who.id, made: now };
  // Either of the two may have left.
  const missing = [who.id, other].filter(person => !directory.isMember(room, person));
  const members = missing.map(person => recordOf.member({ room, person, since: now }));
  return { records: known ? members : [recordOf.room(made), ...members], status: known ? 200 : 201, body: told(made) };
}

const noPerson = (id: string) => refusal(id, 'person-not-found', 'there is nobody else of this id here');

function addMember(directory: Directory, { id, params }: Question, room: string, now: number): RoomDecision | Refusal {
  const record = directory.room(room);
  const person = directory.person(params!.person!);
  if (record?.kind === 'direct')
    return refusal(id, 'not-allowed', 'this is the talk of two; make a private room for more');
  if (!person || person.isGone) return noPerson(id);
  if (directory.isMember(room, person.id)) return done([]);
  return done([recordOf.member({ room, person: person.id, since: now })]);
}

function removeMember(directory: Directory, { id, who, params }: Question, room: string): RoomDecision | Refusal {
  const person = params!.person!;
  const mayRemove = person === who.id || directory.room(room)?.by === who.id || isModerating(who);
  if (!mayRemove) return refusal(id, 'not-allowed', 'only who made the room, or a moderator, takes others out of it');
  const member = directory.members(room).find(member => member.person === person);
  return member ? done([recordOf.member(member, false)]) : noPerson(id);
}

function changeRoom(directory: Directory, { id, who, body }: Question, room: string): RoomDecision | Refusal {
  const wanted = checked(id, RoomChange, body);
  if ('status' in wanted) return wanted;
  const record = directory.room(room) ?? { room, title: room, kind: 'open' as const, by: '', made: 0 };
  if (record.kind === 'direct') return refusal(id, 'not-allowed', 'the talk of two has neither a title nor an end');
  if (record.by !== who.id && !isModerating(who))
    return refusal(id, 'not-allowed', 'only who made the room, or a moderator, changes it');
  const { isArchived: _, ...rest } = record;
  const isArchived = wanted.archived ?? record.isArchived === true;
  const changed: RoomRecord = { ...rest, title: wanted.title ?? record.title, ...(isArchived && { isArchived }) };
  return { records: [recordOf.room(changed)], status: 200, body: told(changed) };
}

/** The members of a room, for a caller who may read it. */
export function membersOf(directory: Directory, room: string): v.InferOutput<typeof MembersPage> {
  const members = directory.members(room).flatMap(({ person, since }) => {
    const known = directory.person(person);
    if (!known) return [];
    const { id, kind, name, role } = known;
    return [{ id, kind, name, role, since: new Date(since).toISOString() }];
  });
  return { members };
}
