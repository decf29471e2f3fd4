import { randomBytes } from 'node:crypto';
import type { RefusalCode } from '../model/codes.ts';
import { CODES } from '../model/codes.ts';
import { type Directory, type DirectoryRecord, type PersonRecord, recordOf } from '../model/directory.ts';
import { MAX_INVITE_DAYS, MAX_INVITE_USES, MAX_REASON_LENGTH } from '../model/limits.ts';
import { nameFault, normalName } from '../model/name.ts';
import { personName, personNameFault } from '../model/person-name.ts';
import { isAbove, isAtLeast, ROLES, type Role, type Who } from '../model/who.ts';

/** A decision about people: its records and result, or a refusal. */
export type PeopleDecision =
  | { readonly records: readonly DirectoryRecord[]; readonly status: number; readonly body?: object }
  | {
      readonly status: number;
      readonly code: RefusalCode;
      readonly detail: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

/** A refusal without a question's id. */
export const refusedWith = (code: RefusalCode, detail: string, headers?: Readonly<Record<string, string>>) => ({
  status: CODES[code][0],
  code,
  detail,
  ...(headers && { headers }),
});

export const newPersonId = (): string => `p${randomBytes(8).toString('hex')}`;

const isRole = (value: unknown): value is Role => ROLES.some(role => role === value) && value !== 'guest';

const NOBODY = refusedWith('person-not-found', 'there is nobody of this id here');
const GONE = refusedWith('held-not-found', 'no such post waits any more; another moderator may have decided');
const BELOW = refusedWith('not-allowed', 'that is for people below your own role');

/** The refusal of a name, for the person with this id; undefined if it is valid and free. */
export function nameRefusal(directory: Directory, name: unknown, id?: string) {
  if (typeof name !== 'string') return refusedWith('name-invalid', 'a person needs a name');
  const fault = personNameFault(personName(name));
  if (fault !== undefined) return refusedWith('name-invalid', fault);
  const other = directory.personLike(personName(name));
  if (other && other.id !== id)
    return refusedWith('name-taken', `somebody is called ${other.name} already, or looks the same`);
  return undefined;
}

/** Sets the server's name. */
export function decidePlace(name: unknown): PeopleDecision {
  const place = typeof name === 'string' ? normalName(name) : '';
  const fault = nameFault(place);
  if (fault !== undefined) return refusedWith('name-invalid', `the name of the place ${fault}`);
  return { records: [recordOf.place({ name: place })], status: 200, body: { place } };
}

/** A person as others see them. */
export const shownPerson = ({ id, kind, name, role, made, isGone }: PersonRecord) => ({
  id,
  kind,
  name,
  role,
  since: new Date(made).toISOString(),
  ...(isGone && { gone: true }),
});

/** Changes somebody's role. The last owner stays owner. */
export function decideRole(directory: Directory, who: Who, id: string, role: unknown): PeopleDecision {
  const person = directory.person(id);
  if (!person || person.isGone) return NOBODY;
  if (!isRole(role)) return refusedWith('field-invalid', 'role is member, moderator or owner');
  const stepsDown = who.id === id && !isAtLeast(role, person.role);
  if (!stepsDown && !(isAbove(who, person.role) && isAbove(who, role))) return BELOW;
  if (isLastOwner(directory, person) && role !== 'owner') return LAST_OWNER;
  const changed = { ...person, role, roleBy: 'people' } as const;
  return { records: [recordOf.person(changed)], status: 200, body: shownPerson(changed) };
}

const LAST_OWNER = refusedWith('last-owner', 'this is the last owner; make somebody else one first');
const isLastOwner = (directory: Directory, { id, role }: PersonRecord) =>
  role === 'owner' && directory.owners.every(owner => owner.id === id);

/** Deletes an account. Its messages and its name stay, and nobody else can take the name. */
export function decideGone(directory: Directory, who: Who, id: string): PeopleDecision {
  const person = directory.person(id);
  if (!person || person.isGone) return NOBODY;
  if (who.id !== id && !isAbove(who, person.role)) return BELOW;
  if (isLastOwner(directory, person)) return LAST_OWNER;
  const tokens = directory.tokens.filter(token => token.person === id).map(token => recordOf.token(token, false));
  return { records: [recordOf.person({ ...person, isGone: true }), ...tokens], status: 204 };
}

/** Milliseconds of a day. */
const DAY_MS = 86_400_000;
/** Limit of open invitations. */
const MAX_INVITES = 1000;

const wholeOf = (value: unknown, usual: number, most: number) => {
  const number = value === undefined ? usual : Number(value);
  return Number.isInteger(number) && number >= 1 && number <= most ? number : undefined;
};

/** Makes an invitation; only the caller gets its code. */
export function decideInvite(
  directory: Directory,
  who: Who,
  body: Readonly<Record<string, unknown>>,
  { hash, now }: { readonly hash: string; readonly now: number },
): PeopleDecision {
  const { role = 'member', room } = body;
  const uses = wholeOf(body.uses, 1, MAX_INVITE_USES);
  const days = wholeOf(body.days, 7, MAX_INVITE_DAYS);
  if (!isRole(role) || role === 'owner')
    return refusedWith('field-invalid', 'an invitation is for a member or a moderator');
  if (!isAtLeast(who.role, role)) return BELOW;
  if (uses === undefined) return refusedWith('field-invalid', `uses is a whole number from 1 to ${MAX_INVITE_USES}`);
  if (days === undefined) return refusedWith('field-invalid', `days is a whole number from 1 to ${MAX_INVITE_DAYS}`);
  if (room !== undefined && (typeof room !== 'string' || !directory.room(room) || !directory.mayFind(who, room)))
    return refusedWith('field-invalid', 'room is the name of a room that somebody has made and that you may find');
  const ended = directory.invites
    .filter(({ until }) => until <= now)
    .map(invite => recordOf.invite({ ...invite, uses: 0 }));
  if (directory.invites.length - ended.length >= MAX_INVITES)
    return refusedWith('field-invalid', `there are ${MAX_INVITES} invitations; take some back first`);
  const invite = { hash, role, uses, until: now + days * DAY_MS, by: who.id, ...(room !== undefined && { room }) };
  return { records: [...ended, recordOf.invite(invite)], status: 201, body: shownInvite(directory, invite) };
}

/** An invitation without its code. */
export const shownInvite = (
  directory: Directory,
  { hash, role, uses, until, by, room, person }: NonNullable<ReturnType<Directory['invite']>>,
) => ({
  id: hash,
  role,
  uses,
  until: new Date(until).toISOString(),
  by: directory.person(by)?.name ?? by,
  ...(room !== undefined && { room }),
  ...(person !== undefined && { person }),
});

/** Uses a link: somebody joins, or gets access to their account again. It counts as one use. */
export function decideJoin(
  directory: Directory,
  { hash, name, id, now }: { readonly hash: string; readonly name: unknown; readonly id: string; readonly now: number },
): { readonly records: readonly DirectoryRecord[]; readonly person: PersonRecord } | ReturnType<typeof refusedWith> {
  const invite = directory.invite(hash);
  if (!invite || invite.until <= now)
    return refusedWith('link-invalid', 'this link has been used, has ended, or never was one; ask for another one');
  const used = recordOf.invite({ ...invite, uses: invite.uses - 1 });
  const known = invite.person === undefined ? undefined : directory.person(invite.person);
  if (known) return { records: [used], person: known };
  const fault = nameRefusal(directory, name);
  if (fault) return fault;
  const { role, by } = invite;
  const person = { id, kind: 'person', name: personName(name as string), role, by, made: now } as const;
  const { room } = invite;
  const member = room === undefined ? [] : [recordOf.member({ room, person: id, since: now })];
  return { records: [used, recordOf.person(person), ...member], person };
}

/** Bars a person or an address, temporarily or for good. */
export function decideBan(
  directory: Directory,
  who: Who,
  body: Readonly<Record<string, unknown>>,
  { now, hash }: { readonly now: number; hash(address: string): string },
): PeopleDecision {
  const { address, held, why = '', until } = body;
  // The author of a held post: a person, or a guest's address.
  const author = typeof held === 'string' ? directory.heldPost(held)?.by : undefined;
  if (held !== undefined && author === undefined) return GONE;
  const { person: id = author } = body;
  const end = until === undefined ? undefined : Date.parse(String(until));
  if (typeof why !== 'string' || why.length > MAX_REASON_LENGTH)
    return refusedWith('field-invalid', `why is a text of at most ${MAX_REASON_LENGTH} characters`);
  if (end !== undefined && !(end > now))
    return refusedWith('field-invalid', 'until is a time to come, such as 2027-01-31T12:00:00Z');
  const more = { by: who.id, why, at: now, ...(end !== undefined && { until: end }) };
  const isGuest = author !== undefined && id === author && !directory.person(author);
  if (isGuest || (typeof address === 'string' && address !== '' && id === undefined)) {
    const on = isGuest ? author : hash(String(address));
    return { records: [recordOf.ban({ on, ...more })], status: 201, body: { id: on } };
  }
  const person = typeof id === 'string' ? directory.person(id) : undefined;
  if (!person)
    return id === undefined ? refusedWith('field-invalid', 'a ban needs a person, an address or a held post') : NOBODY;
  if (person.id === who.id || isAtLeast(person.role, who.role)) return BELOW;
  return { records: [recordOf.ban({ on: person.id, ...more })], status: 201, body: { id: person.id } };
}

/** Lifts a ban. */
export function decideUnban(directory: Directory, on: string): PeopleDecision {
  const ban = directory.bans.find(ban => ban.on === on);
  return ban ? { records: [recordOf.ban(ban, false)], status: 204 } : NOBODY;
}

/** Makes a bot with a token; only the caller gets the token. */
export function decideToken(
  directory: Directory,
  who: Who,
  body: Readonly<Record<string, unknown>>,
  { hash, id, now }: { readonly hash: string; readonly id: string; readonly now: number },
): PeopleDecision {
  const { name, role = 'member' } = body;
  if (!isRole(role)) return refusedWith('field-invalid', 'role is member, moderator or owner');
  if (!isAbove(who, role)) return BELOW;
  const fault = nameRefusal(directory, name);
  if (fault) return fault;
  const bot = { id, kind: 'bot', name: personName(name as string), role, made: now } as const;
  const token = { hash, person: id, by: who.id, made: now };
  return { records: [recordOf.person(bot), recordOf.token(token)], status: 201, body: shownPerson(bot) };
}

/** Milliseconds for which a join counts as recent. */
const LATELY_MS = 30 * DAY_MS;

/** People who joined since a time, at most a month ago, newest first, and their number; without the caller. */
export function joinedLately(
  directory: Directory,
  who: Who,
  { since, limit, now }: { readonly since: number; readonly limit: number; readonly now: number },
) {
  const after = Math.max(since, now - LATELY_MS);
  const all = directory.people
    .filter(({ id, by, made, isGone }) => by !== undefined && made > after && id !== who.id && !isGone)
    .sort((one, other) => other.made - one.made);
  const joins = all.slice(0, limit).map(({ id, name, role, by = '', made }) => ({
    id,
    name,
    role,
    at: new Date(made).toISOString(),
    ...(by === ELSEWHERE ? { elsewhere: true } : { by: directory.person(by)?.name ?? by }),
  }));
  return { joins, joined: all.length };
}

/** The inviter of people whom another server vouches for. */
export const ELSEWHERE = 'elsewhere';
