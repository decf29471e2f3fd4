import { closest } from 'fastest-levenshtein';
import { ROLES, type Role } from './who.ts';
import { listInWords } from './words.ts';

/** Actions that rules can allow, with their descriptions. Whoever may remove may remove their own messages; a moderator also those of others. */
export const VERBS = {
  read: 'read and hear a room',
  list: 'see which rooms there are',
  post: 'post a message',
  edit: 'edit a message of their own',
  remove: 'remove a message',
  react: 'react to a message',
  open: 'make a room, and say who is in it',
  invite: 'invite people',
  ban: 'ban people',
  review: 'decide on posts that wait for a moderator, and on what is reported',
  role: 'give people other roles, and bots their tokens',
  place: 'see and change what is about the whole place',
  ask: 'ask anything else that the graph answers',
} as const;
export type Verb = keyof typeof VERBS;

/** Kinds of rooms by who may find them: everybody, members, or its two people. */
export const ROOM_KINDS = ['open', 'private', 'direct'] as const;
export type RoomKind = (typeof ROOM_KINDS)[number];

/** One rule: who may do what, and where. */
interface Rule {
  /** Undefined for all actions. */
  readonly verbs: ReadonlySet<string> | undefined;
  /** The rooms it applies to; undefined for all, and for actions outside rooms. */
  readonly isRoom: ((room: string) => boolean) | undefined;
  readonly kind: RoomKind | undefined;
  /** The least role. */
  readonly role: Role;
}

/** An action to be checked. */
export interface Action {
  readonly verb: Verb;
  /** Undefined for an action outside rooms. */
  readonly room?: string | undefined;
  readonly kind?: RoomKind | undefined;
}

export type Rules = readonly Rule[];

const WORDS = Object.keys(VERBS);
const NAMES = '[a-z0-9*][a-z0-9*-]*';
const RULE = new RegExp(
  String.raw`^([a-z*]+(?:\s*,\s*[a-z*]+)*)(?:\s+(${NAMES}(?:\s*,\s*${NAMES})*))?(?:\s+in\s+([a-z]+))?\s*:\s*([a-z]+)$`,
);
const LOOKS_LIKE = 'a rule looks like "post news-*: moderator", "read in private: member" or "*: owner"';

const nearest = (word: string, words: readonly string[]) => closest(word, [...words]);

/** A text in quotes, for a sentence. */
const quoted = (text: string) => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

/**
 * Parses rules, one per line or separated by semicolons: `read, post news-*: member`. The first match applies. Throws a
 * sentence that names the rule and the cure.
 */
export function parseRules(value: unknown): Rules {
  const lines = linesOf(value);
  if (lines.length === 0) throw new Error(`RULES has no rule, so that nobody could do anything; ${LOOKS_LIKE}`);
  return Object.freeze(lines.map(parseRule));
}

function linesOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value.map(String) : String(value ?? '').split(/[\n;]/))
    .map(line => line.replace(/#.*/, '').trim())
    .filter(line => line !== '');
}

function parseRule(line: string): Rule {
  const fail = (why: string): never => {
    throw new Error(`RULES: ${quoted(line)} ${why}`);
  };
  const [, what = '', rooms, kind, role = ''] = RULE.exec(line) ?? fail(`is no rule; ${LOOKS_LIKE}`);
  const verbs = what.split(',').map(verb => verb.trim());
  for (const verb of verbs) {
    if (verb !== '*' && !Object.hasOwn(VERBS, verb))
      fail(`allows ${quoted(verb)}, which is nothing that is done; did you mean ${nearest(verb, WORDS)}?`);
  }
  if (!ROLES.some(known => known === role))
    fail(
      `is for ${quoted(role)}, which is no role; did you mean ${nearest(role, ROLES)}? There are ${ROLES.join(', ')}`,
    );
  if (kind !== undefined && !ROOM_KINDS.some(known => known === kind))
    fail(`is in ${quoted(kind)}, which is no kind of room; did you mean ${nearest(kind, ROOM_KINDS)}?`);
  return Object.freeze({
    verbs: verbs.includes('*') ? undefined : new Set(verbs),
    isRoom: rooms === undefined ? undefined : roomPattern(rooms),
    kind: kind as RoomKind | undefined,
    role: role as Role,
  });
}

/** A test for a list of room names, in which a star matches anything. */
function roomPattern(list: string): (room: string) => boolean {
  const names = list.split(',').map(name => name.trim());
  const one = new RegExp(`^(?:${names.map(name => name.replaceAll(/\*+/g, '[a-z0-9-]*')).join('|')})$`);
  return room => one.test(room);
}

/**
 * The least role that is allowed an action, from the first matching rule. Undefined without a match: nobody is allowed.
 */
export function leastRole(rules: Rules, { verb, room, kind = 'open' }: Action): Role | undefined {
  return rules.find(
    rule =>
      (rule.verbs === undefined || rule.verbs.has(verb)) &&
      (rule.isRoom === undefined || (room !== undefined && rule.isRoom(room))) &&
      (rule.kind === undefined || (room !== undefined && rule.kind === kind)),
  )?.role;
}

/** Actions that always concern a room. */
const IN_ROOMS: ReadonlySet<string> = new Set(['read', 'post', 'edit', 'remove', 'react'] satisfies Verb[]);

/**
 * A warning about actions that no rule allows, not even to an owner; undefined if there are none. Throws as
 * `parseRules` does.
 */
export function lockedOut(value: unknown): string | undefined {
  const rules = parseRules(value);
  const locked = (Object.keys(VERBS) as Verb[]).flatMap(verb => {
    // The empty name is a room that no rule names.
    const actions = IN_ROOMS.has(verb) ? ROOM_KINDS.map(kind => ({ verb, room: '', kind })) : [{ verb }];
    if (actions.every(action => leastRole(rules, action) !== undefined)) return [];
    const isNamed = IN_ROOMS.has(verb) && rules.some(({ verbs }) => verbs?.has(verb) !== false);
    return [isNamed ? `${verb} in every room` : verb];
  });
  if (locked.length === 0) return;
  return `not even an owner may ${listInWords(locked, 'or')}, as no rule of RULES is about that; end it with "*: owner"`;
}

const FOR_PLACE = 'invite, ban, review: moderator; *: owner';
const CHATTING = 'post, edit, remove, react, open, ask';

/** The rules that set-up offers. */
export const ACCESS_RULES = {
  everybody: `list, read, ${CHATTING}: guest; ${FOR_PLACE}`,
  readers: `list, read: guest; ${CHATTING}: member; ${FOR_PLACE}`,
  members: `list, read, ${CHATTING}: member; ${FOR_PLACE}`,
} as const;
export type Access = keyof typeof ACCESS_RULES;

export const isAccess = (value: unknown): value is Access =>
  typeof value === 'string' && Object.hasOwn(ACCESS_RULES, value);

/** The offered choice that these rules are; undefined for other rules. */
export function accessOf(rules: string): Access | undefined {
  const plain = (text: string) =>
    linesOf(text)
      .map(line => line.split(/([,:])/).map(part => part.trim()))
      .map(parts => parts.join(''))
      .join(';');
  return (Object.keys(ACCESS_RULES) as Access[]).find(access => plain(ACCESS_RULES[access]) === plain(rules));
}
