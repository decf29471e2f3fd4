import { createHash } from 'node:crypto';
import { type Directory, type DirectoryRecord, type PersonRecord, recordOf } from '../model/directory.ts';
import { MAX_PERSON_NAME, personName, personNameFault } from '../model/person-name.ts';
import { isAtLeast } from '../model/who.ts';
import type { ClaimRule } from '../raw-settings.ts';
import { decideJoin, ELSEWHERE, refusedWith } from './people.ts';

/** Verified claims of another server about somebody. */
export type Claims = Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string };

/** Somebody identified by another server, and how they may join if they are new. */
interface Arrival {
  readonly claims: Claims;
  /** The role of a new person; undefined if they need an invitation. */
  readonly role: ClaimRule['role'] | undefined;
  /** The hash of their invitation. */
  readonly invite?: string;
  /**
   * The role of a person who returns, unless they are an owner: `role` above (`now`), or as the rules say (`rules`);
   * unchanged if undefined.
   */
  readonly again?: 'now' | 'rules' | undefined;
}

/** An admitted person, with the records to write. */
export interface Entering {
  readonly records: readonly DirectoryRecord[];
  readonly person: PersonRecord;
  readonly isNew: boolean;
  /** Whether their role changed. */
  readonly isOtherRole?: boolean;
}

/** An admitted person, or a refusal. */
export type Entered = Entering | ReturnType<typeof refusedWith>;

/** A stable and unique id of a person at another server. */
export const externalId = ({ iss, sub }: Claims): string =>
  `p${createHash('sha256').update(`${iss}\n${sub}`).digest('hex').slice(0, 32)}`;

/**
 * The highest role that the rules give for some claims; undefined if none. An unverified mail address matches no rule.
 */
export function roleByClaims(rules: readonly ClaimRule[], claims: Claims): ClaimRule['role'] | undefined {
  const fitting = rules.filter(({ claim, pattern }) => {
    if (claim === 'email' && claims.email_verified !== true) return false;
    const values = [claims[claim]].flat().filter(value => ['string', 'number', 'boolean'].includes(typeof value));
    return values.some(value => fits(pattern, String(value)));
  });
  return fitting.find(({ role }) => role === 'moderator')?.role ?? fitting[0]?.role;
}

/** Whether a text matches a pattern, ignoring case. */
function fits(pattern: string, text: string): boolean {
  const [first = '', last] = pattern.toLowerCase().split('*');
  const lower = text.toLowerCase();
  if (last === undefined) return lower === first;
  return lower.length >= first.length + last.length && lower.startsWith(first) && lower.endsWith(last);
}

/**
 * Admits a known person, one who may join, or one with an invitation; otherwise returns a refusal. People are never
 * matched by mail address.
 */
export function decideArrival(directory: Directory, arrival: Arrival, now: number): Entered {
  const { claims, role, invite } = arrival;
  const id = externalId(claims);
  const known = directory.person(id);
  if (known?.isGone) return GONE;
  if (known) return knownAs(known, arrival);
  const name = freeName(directory, claims);
  if (invite !== undefined) {
    const joined = decideJoin(directory, { hash: invite, name, id, now });
    if ('person' in joined && joined.person.id === id)
      return { records: joined.records, person: joined.person, isNew: true };
    // A reset link is for an existing person.
    if (role === undefined) return 'code' in joined ? joined : NOT_INVITED;
  }
  if (role === undefined) return NOT_INVITED;
  const person = { id, kind: 'person', name, role, ...roleByRules(arrival), by: ELSEWHERE, made: now } as const;
  return { records: [recordOf.person(person)], person, isNew: true };
}

function knownAs(known: PersonRecord, arrival: Arrival): Entering {
  const role = roleAgain(known, arrival);
  if (role === known.role) return { records: [], person: known, isNew: false };
  const person = { ...known, role, ...roleByRules(arrival) };
  return { records: [recordOf.person(person)], person, isNew: false, isOtherRole: true };
}

const roleByRules = ({ again }: Arrival) => again === 'rules' && { roleBy: 'rules' as const };

/**
 * The role of a returning person. Owners stay owners, so that the last one is never lost; roles given by people here
 * stay, too.
 */
function roleAgain({ role, roleBy }: PersonRecord, arrival: Arrival): PersonRecord['role'] {
  if (role === 'owner' || arrival.again === undefined) return role;
  if (arrival.again === 'now') return arrival.role ?? role;
  if (roleBy === 'people') return role;
  if (roleBy === 'rules') return arrival.role ?? 'member';
  // An invitation may have given a higher role than the rules do.
  return arrival.role !== undefined && !isAtLeast(role, arrival.role) ? arrival.role : role;
}

const GONE = refusedWith('not-allowed', 'this account has been ended here');
const NOT_INVITED = refusedWith('not-allowed', 'nobody here knows you yet; ask for an invitation');

/** A name like the person's name at the other server, with a number if it is taken. */
function freeName(directory: Directory, claims: Claims): string {
  const wanted = [claims.name, claims.preferred_username, claims.nickname, 'Somebody']
    .filter(name => typeof name === 'string')
    .map(name => shortened(personName(name), MAX_PERSON_NAME))
    .find(name => personNameFault(name) === undefined)!;
  for (let number = 1; ; number++) {
    const end = number === 1 ? '' : ` ${number}`;
    const name = shortened(wanted, MAX_PERSON_NAME - end.length) + end;
    if (directory.personLike(name) === undefined) return name;
  }
}

/** The first characters of a name, without splitting a grapheme. */
function shortened(name: string, most: number): string {
  let short = '';
  for (const { segment } of new Intl.Segmenter().segment(name.slice(0, 10 * most))) {
    if ([...short, ...segment].length > most) break;
    short += segment;
  }
  return short.trim();
}
