import { lookOf } from './look.ts';
import { LOBBY } from './name.ts';
import type { RoomKind } from './rules.ts';
import { isKnown, type Who } from './who.ts';

/** Somebody with an account, or a bot with a token. */
export interface PersonRecord {
  readonly id: string;
  readonly kind: 'person' | 'bot';
  readonly name: string;
  readonly role: Who['role'];
  /** Who has given the role last, if not an invitation: rules about what another server says, or somebody here. */
  readonly roleBy?: 'rules' | 'people';
  /** The id of who invited them; `elsewhere` if another server vouched for them. Not there of the first owner, and of bots. */
  readonly by?: string;
  /** Milliseconds since 1970. */
  readonly made: number;
  /** Whether the account is gone; what they wrote stays theirs. */
  readonly isGone?: true;
}

/** A room that somebody has made: what more there is to it than its messages. */
export interface RoomRecord {
  readonly room: string;
  readonly title: string;
  readonly kind: RoomKind;
  /** The id of who made it. */
  readonly by: string;
  readonly made: number;
  readonly isArchived?: true;
}

/** Records that a person is in a room. */
interface MemberRecord {
  readonly room: string;
  readonly person: string;
  readonly since: number;
}

/** Records that somebody may not do anything for a while. */
interface BanRecord {
  /** The id of a person, or a keyed hash of an address. */
  readonly on: string;
  /** The id of who banned them. */
  readonly by: string;
  readonly why: string;
  readonly at: number;
  /** Milliseconds since 1970; without it, for good. */
  readonly until?: number;
}

/** A link by which people join, by the hash of its code. */
interface InviteRecord {
  readonly hash: string;
  readonly role: Who['role'];
  /** How many may still join by it. */
  readonly uses: number;
  readonly until: number;
  readonly by: string;
  readonly room?: string;
  /** Whose way back it is, where it is for one person who is known already. */
  readonly person?: string;
}

/** A bot's token, by its hash. */
interface TokenRecord {
  readonly hash: string;
  readonly person: string;
  readonly by: string;
  readonly made: number;
}

/** A moderator's decision about something that waits for one. */
interface Verdict<What extends string> {
  /** The id of who decided. */
  readonly by: string;
  readonly what: What;
}

/** Kinds of entries in the record of what was done about people. */
export type PeopleAuditKind =
  | 'setup'
  | 'place'
  | 'join'
  | 'sign-in'
  | 'sign-in failed'
  | 'sign-out'
  | 'reset'
  | 'reset link'
  | 'rename'
  | 'device added'
  | `passkey ${'added' | 'removed'}`
  | 'role'
  | 'removed'
  | 'rules'
  | 'revision'
  | 'private look'
  | `room ${'made' | 'changed'}`
  | `member ${'added' | 'removed'}`
  | 'message removed'
  | 'export'
  | `invite${'' | ' taken back'}`
  | 'ban'
  | 'unban'
  | `token${'' | ' taken back'}`
  | `post ${'approved' | 'refused'}`
  | `reported message ${'removed' | 'dismissed'}`;

/** Something that was done about people, without secrets and without what anybody wrote. */
export interface PeopleAuditEntry {
  readonly what: PeopleAuditKind;
  /** The id of who did it; `operator` of a command. */
  readonly by?: string;
  /** Whom or what it was done to. */
  readonly on?: string;
  /** A keyed hash of the address. */
  readonly from?: string;
  readonly detail?: string;
}

/** A post that waits until a moderator has seen it. */
export interface HeldRecord {
  readonly id: string;
  readonly room: string;
  readonly author: string;
  readonly text: string;
  /** The id of who wrote it. */
  readonly by: string;
  /** As in the post. */
  readonly key?: string;
  readonly owner?: string;
  /** Why it waits. */
  readonly why: string;
  readonly at: number;
  /** Only told, and not kept. */
  readonly verdict?: Verdict<'approved' | 'refused'>;
}

/** A message that somebody has reported. Its text stays where it is kept. */
export interface ReportRecord {
  readonly id: string;
  readonly room: string;
  /** The id of the message, and its number. */
  readonly message: string;
  readonly seq: number;
  /** The id of who reports it. */
  readonly by: string;
  readonly reason: string;
  readonly at: number;
  /** Only told, and not kept. */
  readonly verdict?: Verdict<'removed' | 'dismissed'>;
}

/** What is about the whole place. */
interface PlaceRecord {
  /** What it is called. */
  readonly name: string;
}

interface Values {
  readonly place: PlaceRecord;
  readonly person: PersonRecord;
  readonly room: RoomRecord;
  readonly member: MemberRecord;
  readonly ban: BanRecord;
  readonly invite: InviteRecord;
  readonly token: TokenRecord;
  readonly held: HeldRecord;
  readonly report: ReportRecord;
}

/** One thing that is known of people and rooms; with the value null, that it is not so any more. */
export type DirectoryRecord = {
  [Kind in keyof Values]: { readonly kind: Kind; readonly key: string; readonly value: Values[Kind] | null };
}[keyof Values];

/** The record of a value, or, of what is no more, of its absence. */
export const recordOf = {
  place: (value: PlaceRecord): DirectoryRecord => ({ kind: 'place', key: 'place', value }),
  person: (value: PersonRecord): DirectoryRecord => ({ kind: 'person', key: value.id, value }),
  room: (value: RoomRecord): DirectoryRecord => ({ kind: 'room', key: value.room, value }),
  member: (value: MemberRecord, isIn = true): DirectoryRecord => ({
    kind: 'member',
    key: `${value.room} ${value.person}`,
    value: isIn ? value : null,
  }),
  ban: (value: BanRecord, isOn = true): DirectoryRecord => ({
    kind: 'ban',
    key: value.on,
    value: isOn ? value : null,
  }),
  invite: (value: InviteRecord): DirectoryRecord => ({
    kind: 'invite',
    key: value.hash,
    value: value.uses > 0 ? value : null,
  }),
  token: (value: TokenRecord, isGood = true): DirectoryRecord => ({
    kind: 'token',
    key: value.hash,
    value: isGood ? value : null,
  }),
  held: (value: HeldRecord, isWaiting = true): DirectoryRecord => ({
    kind: 'held',
    key: value.id,
    value: isWaiting ? value : null,
  }),
  report: (value: ReportRecord, isOpen = true): DirectoryRecord => ({
    kind: 'report',
    key: value.id,
    value: isOpen ? value : null,
  }),
};

/**
 * Who and what there is beside messages: people, rooms, who is in them, what waits for a moderator. It is small, so that all of it is in memory, and
 * whoever decides something need not wait. It changes by records only.
 */
export class Directory {
  readonly #people = new Map<string, PersonRecord>();
  /** Ids by what names look like. */
  readonly #looks = new Map<string, string>();
  readonly #rooms = new Map<string, RoomRecord>();
  /** By room, then by person. */
  readonly #members = new Map<string, Map<string, MemberRecord>>();
  readonly #bans = new Map<string, BanRecord>();
  readonly #invites = new Map<string, InviteRecord>();
  readonly #tokens = new Map<string, TokenRecord>();
  readonly #held = new Map<string, HeldRecord>();
  readonly #reports = new Map<string, ReportRecord>();
  #place: PlaceRecord | undefined;
  #hidden = 0;
  #version = 0;

  /** Another number after each change. */
  get version(): number {
    return this.#version;
  }

  take(records: readonly DirectoryRecord[]): void {
    for (const record of records) this.#take(record);
    this.#version += 1;
  }

  #take(record: DirectoryRecord): void {
    const { kind, key, value } = record;
    if (kind === 'place') this.#place = value ?? undefined;
    else if (kind === 'person') this.#takePerson(key, value);
    else if (kind === 'room') this.#takeRoom(key, value);
    else if (kind === 'member') this.#takeMember(key, value);
    else if (kind === 'ban') put(this.#bans, key, value);
    else if (kind === 'invite') put(this.#invites, key, value);
    else if (kind === 'token') put(this.#tokens, key, value);
    else if (kind === 'held') put(this.#held, key, value);
    else put(this.#reports, key, value);
  }

  #takePerson(id: string, value: PersonRecord | null): void {
    const before = this.#people.get(id);
    for (const look of before ? looksOf(before.name) : []) if (this.#looks.get(look) === id) this.#looks.delete(look);
    put(this.#people, id, value);
    // Nobody else takes the name of somebody who has gone: it stands at what they wrote.
    for (const look of value ? looksOf(value.name) : []) this.#looks.set(look, id);
  }

  #takeRoom(room: string, value: RoomRecord | null): void {
    const isHidden = (record: RoomRecord | null | undefined) => record != null && record.kind !== 'open';
    this.#hidden += Number(isHidden(value)) - Number(isHidden(this.#rooms.get(room)));
    put(this.#rooms, room, value);
  }

  #takeMember(key: string, value: MemberRecord | null): void {
    const [room, person] = key.split(' ') as [string, string];
    const members = this.#members.get(room) ?? new Map<string, MemberRecord>();
    put(members, person, value);
    put(this.#members, room, members.size > 0 ? members : null);
  }

  /** What the place is called; undefined until somebody has said so. */
  get placeName(): string | undefined {
    return this.#place?.name;
  }

  /** Whether anybody has an account: from then on, rooms are those that somebody has made. */
  get isFounded(): boolean {
    return this.#people.size > 0;
  }

  /** Whether there is any room that not everybody may find. */
  get hasHidden(): boolean {
    return this.#hidden > 0;
  }

  person(id: string): PersonRecord | undefined {
    return this.#people.get(id);
  }

  /** The person whose name can't be told from this one. */
  personLike(name: string): PersonRecord | undefined {
    const id = looksOf(name)
      .map(look => this.#looks.get(look))
      .find(id => id !== undefined);
    return id === undefined ? undefined : this.#people.get(id);
  }

  get people(): readonly PersonRecord[] {
    return [...this.#people.values()];
  }

  /** Those who may do everything and are still there. */
  get owners(): readonly PersonRecord[] {
    return this.people.filter(({ role, isGone }) => role === 'owner' && !isGone);
  }

  room(room: string): RoomRecord | undefined {
    return this.#rooms.get(room);
  }

  /** The rooms that somebody has made, by name. */
  get rooms(): readonly RoomRecord[] {
    return [...this.#rooms.values()].sort((one, other) => (one.room < other.room ? -1 : 1));
  }

  members(room: string): readonly MemberRecord[] {
    return [...(this.#members.get(room)?.values() ?? [])];
  }

  isMember(room: string, person: string): boolean {
    return this.#members.get(room)?.has(person) === true;
  }

  /** Whether somebody may know that there is a room: of an open one everybody, of others those who are in it. */
  mayFind(who: Who | undefined, room: string): boolean {
    const record = this.#rooms.get(room);
    if (!record || record.kind === 'open' || room === LOBBY) return true;
    return isKnown(who) && this.isMember(room, who.id);
  }

  /** The ban that holds at a moment, of a person or an address. */
  ban(now: number, ...on: readonly string[]): BanRecord | undefined {
    if (this.#bans.size === 0) return;
    return on.map(each => this.#bans.get(each)).find(ban => ban && (ban.until === undefined || ban.until > now));
  }

  get bans(): readonly BanRecord[] {
    return [...this.#bans.values()];
  }

  invite(hash: string): InviteRecord | undefined {
    return this.#invites.get(hash);
  }

  get invites(): readonly InviteRecord[] {
    return [...this.#invites.values()];
  }

  token(hash: string): TokenRecord | undefined {
    return this.#tokens.get(hash);
  }

  get tokens(): readonly TokenRecord[] {
    return [...this.#tokens.values()];
  }

  heldPost(id: string): HeldRecord | undefined {
    return this.#held.get(id);
  }

  /** What waits for a moderator, the oldest first. */
  get heldPosts(): readonly HeldRecord[] {
    return [...this.#held.values()].sort((one, other) => one.at - other.at);
  }

  report(id: string): ReportRecord | undefined {
    return this.#reports.get(id);
  }

  /** The oldest first. */
  get reports(): readonly ReportRecord[] {
    return [...this.#reports.values()].sort((one, other) => one.at - other.at);
  }
}

/** A capital I looks like a small l, and is the same letter as a small i. */
const looksOf = (name: string) => [lookOf(name), lookOf(name.toLowerCase())];

function put<T>(map: Map<string, T>, key: string, value: T | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}
