import { lookOf } from './look.ts';
import { LOBBY } from './name.ts';
import type { RoomKind } from './rules.ts';
import { isKnown, type Who } from './who.ts';

/** A person with an account, or a bot with a token. */
export interface PersonRecord {
  readonly id: string;
  readonly kind: 'person' | 'bot';
  readonly name: string;
  readonly role: Who['role'];
  /** What set the role last: rules about another server's claims, or people here. Undefined if an invitation did. */
  readonly roleBy?: 'rules' | 'people';
  /**
   * The id of the inviter; `elsewhere` if another server vouched for them. Undefined for the first owner and for bots.
   */
  readonly by?: string;
  /** Milliseconds since 1970. */
  readonly made: number;
  /** Whether the account was deleted; the person's messages stay theirs. */
  readonly isGone?: true;
}

/** A room that a person created: everything but its messages. */
export interface RoomRecord {
  readonly room: string;
  readonly title: string;
  readonly kind: RoomKind;
  /** The id of the creator. */
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

/** Records that a person or an address is barred. */
interface BanRecord {
  /** The id of a person, or a keyed hash of an address. */
  readonly on: string;
  /** The id of who banned them. */
  readonly by: string;
  readonly why: string;
  readonly at: number;
  /** Milliseconds since 1970; undefined if it has no end. */
  readonly until?: number;
}

/** An invitation link, by the hash of its code. */
interface InviteRecord {
  readonly hash: string;
  readonly role: Who['role'];
  /** How many people can still join. */
  readonly uses: number;
  readonly until: number;
  readonly by: string;
  readonly room?: string;
  /** The person whose password it resets, if it is for one existing person. */
  readonly person?: string;
}

/** A bot's token, by its hash. */
interface TokenRecord {
  readonly hash: string;
  readonly person: string;
  readonly by: string;
  readonly made: number;
}

/** A moderator's decision about a held post or a report. */
interface Verdict<What extends string> {
  /** The id of the moderator. */
  readonly by: string;
  readonly what: What;
}

/** Kinds of audit entries about people. */
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

/** An audit entry about people, without secrets and messages. */
export interface PeopleAuditEntry {
  readonly what: PeopleAuditKind;
  /** The id of the actor; `operator` for a command. */
  readonly by?: string;
  /** The id of the person, address or thing it concerns. */
  readonly on?: string;
  /** A keyed hash of the address. */
  readonly from?: string;
  readonly detail?: string;
}

/** A post that is held for a moderator. */
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
  /** Why it is held. */
  readonly why: string;
  readonly at: number;
  /** Sent to listeners only, never stored. */
  readonly verdict?: Verdict<'approved' | 'refused'>;
}

/** A reported message, without its text. */
export interface ReportRecord {
  readonly id: string;
  readonly room: string;
  /** The id of the message, and its sequence number. */
  readonly message: string;
  readonly seq: number;
  /** The id of the reporter. */
  readonly by: string;
  readonly reason: string;
  readonly at: number;
  /** Sent to listeners only, never stored. */
  readonly verdict?: Verdict<'removed' | 'dismissed'>;
}

/** Properties of the whole server. */
interface PlaceRecord {
  /** The server's name. */
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

/** One fact about people and rooms; the value null deletes it. */
export type DirectoryRecord = {
  [Kind in keyof Values]: { readonly kind: Kind; readonly key: string; readonly value: Values[Kind] | null };
}[keyof Values];

/** Builds the record of a value, or of its deletion. */
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
 * People, rooms, memberships and what waits for a moderator. It is small and held in memory, so that decisions are
 * synchronous. It changes by records only.
 */
export class Directory {
  readonly #people = new Map<string, PersonRecord>();
  /** Person ids by the form that look-alike names share. */
  readonly #looks = new Map<string, string>();
  readonly #rooms = new Map<string, RoomRecord>();
  /** Room to person to membership. */
  readonly #members = new Map<string, Map<string, MemberRecord>>();
  readonly #bans = new Map<string, BanRecord>();
  readonly #invites = new Map<string, InviteRecord>();
  readonly #tokens = new Map<string, TokenRecord>();
  readonly #held = new Map<string, HeldRecord>();
  readonly #reports = new Map<string, ReportRecord>();
  #place: PlaceRecord | undefined;
  #hidden = 0;
  #version = 0;

  /** A number that changes with every record. */
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
    // The name of a deleted account stays taken, as it still labels their messages.
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

  /** The server's name; undefined until it is set. */
  get placeName(): string | undefined {
    return this.#place?.name;
  }

  /** Whether anybody has an account: from then on, rooms have to be created. */
  get isFounded(): boolean {
    return this.#people.size > 0;
  }

  /** Whether there is a room that not everybody may find. */
  get hasHidden(): boolean {
    return this.#hidden > 0;
  }

  person(id: string): PersonRecord | undefined {
    return this.#people.get(id);
  }

  /** The person whose name looks the same as this one. */
  personLike(name: string): PersonRecord | undefined {
    const id = looksOf(name)
      .map(look => this.#looks.get(look))
      .find(id => id !== undefined);
    return id === undefined ? undefined : this.#people.get(id);
  }

  get people(): readonly PersonRecord[] {
    return [...this.#people.values()];
  }

  /** Owners whose accounts still exist. */
  get owners(): readonly PersonRecord[] {
    return this.people.filter(({ role, isGone }) => role === 'owner' && !isGone);
  }

  room(room: string): RoomRecord | undefined {
    return this.#rooms.get(room);
  }

  /** The rooms that people created, by name. */
  get rooms(): readonly RoomRecord[] {
    return [...this.#rooms.values()].sort((one, other) => (one.room < other.room ? -1 : 1));
  }

  members(room: string): readonly MemberRecord[] {
    return [...(this.#members.get(room)?.values() ?? [])];
  }

  isMember(room: string, person: string): boolean {
    return this.#members.get(room)?.has(person) === true;
  }

  /** Whether somebody may know of a room: everybody of an open one, only members of others. */
  mayFind(who: Who | undefined, room: string): boolean {
    const record = this.#rooms.get(room);
    if (!record || record.kind === 'open' || room === LOBBY) return true;
    return isKnown(who) && this.isMember(room, who.id);
  }

  /** The ban of a person or an address that is in force at a moment. */
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

  /** Posts that are held for a moderator, oldest first. */
  get heldPosts(): readonly HeldRecord[] {
    return [...this.#held.values()].sort((one, other) => one.at - other.at);
  }

  report(id: string): ReportRecord | undefined {
    return this.#reports.get(id);
  }

  /** Open reports, oldest first. */
  get reports(): readonly ReportRecord[] {
    return [...this.#reports.values()].sort((one, other) => one.at - other.at);
  }
}

/** Compares both cases: a capital I looks like a small l, but is the capital of i. */
const looksOf = (name: string) => [lookOf(name), lookOf(name.toLowerCase())];

function put<T>(map: Map<string, T>, key: string, value: T | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}
