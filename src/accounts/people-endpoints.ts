import type { IncomingHttpHeaders } from 'node:http';
import type { Request } from '../gate/contract.ts';
import {
  type Directory,
  type DirectoryRecord,
  type PeopleAuditEntry,
  type PeopleAuditKind,
  type PersonRecord,
  recordOf,
} from '../model/directory.ts';
import type { Refusal } from '../model/packets.ts';
import { isKnown } from '../model/who.ts';
import type { AccountReply, PersonOrder, Visitor } from './accounts.ts';
import { hashOf } from './hashed-sessions.ts';
import type { AccountKeeper } from './keeper.ts';
import {
  decideBan,
  decideGone,
  decideInvite,
  decidePlace,
  decideRole,
  decideToken,
  decideUnban,
  joinedLately,
  newPersonId,
  type PeopleDecision,
  refusedWith,
  shownInvite,
  shownPerson,
} from './people.ts';
import { newCode } from './setup-code.ts';

/** The answer to a request about accounts. */
export type Answered = Promise<AccountReply | Omit<Refusal, 'id'>>;

/** A request about accounts, with its caller and the keeper. */
export interface Asked {
  readonly request: Request;
  readonly headers: IncomingHttpHeaders;
  readonly visitor: Visitor;
  readonly keeper: AccountKeeper;
  /** The part of the path that matched a star. */
  readonly id: string;
}

/** Lifetime of a reset link in milliseconds. */
const RESET_MS = 30 * 60_000;

/** The refusal of a caller without an account. */
export const NEEDS_PERSON = refusedWith('sign-in', 'sign in first', { 'WWW-Authenticate': 'Bearer' });

/** Endpoints for requests that the graph has permitted. */
export const ADMITTED: Readonly<Record<string, (asked: Asked) => Answered>> = {
  'GET /api/people': listPeople,
  'PATCH /api/people/*': asked =>
    decide(asked, 'role', directory => decideRole(directory, asked.visitor.who, asked.id, asked.request.body.role)),
  'DELETE /api/people/*': removePerson,
  'POST /api/people/*': resetPerson,
  'GET /api/invites': async asked =>
    tell(asked, directory => ({ invites: directory.invites.map(invite => shownInvite(directory, invite)) })),
  'POST /api/invites': invite,
  'DELETE /api/invites/*': revokeInvite,
  'GET /api/joins': listJoins,
  'GET /api/bans': async asked =>
    tell(asked, directory => ({
      bans: directory.bans.map(({ on, by, why, at, until }) => ({
        id: on,
        name: directory.person(on)?.name,
        by: directory.person(by)?.name ?? by,
        why,
        at: new Date(at).toISOString(),
        ...(until !== undefined && { until: new Date(until).toISOString() }),
      })),
    })),
  'POST /api/bans': asked =>
    decide(asked, 'ban', directory =>
      decideBan(directory, asked.visitor.who, asked.request.body, {
        now: Date.now(),
        hash: address => asked.keeper.deps.hashAddress(address),
      }),
    ),
  'DELETE /api/bans/*': asked => decide(asked, 'unban', directory => decideUnban(directory, asked.id)),
  'GET /api/tokens': async asked =>
    tell(asked, directory => ({
      tokens: directory.tokens.map(({ hash, person, made }) => ({
        id: hash,
        name: directory.person(person)?.name,
        role: directory.person(person)?.role,
        made: new Date(made).toISOString(),
      })),
    })),
  'POST /api/tokens': token,
  'DELETE /api/tokens/*': revokeToken,
  'PATCH /api/place': asked => decide(asked, 'place', () => decidePlace(asked.request.body.place)),
  'GET /api/audit': audited,
};

function tell({ keeper, visitor }: Asked, make: (directory: Directory) => object): AccountReply | Omit<Refusal, 'id'> {
  return isKnown(visitor.who) ? { status: 200, body: make(keeper.deps.directory.now) } : NEEDS_PERSON;
}

/** Limit of ids in one request. */
const MAX_IDS = 50;

/** Lists people, for people; or names of given ids, for everybody who may list rooms. */
async function listPeople(asked: Asked): Answered {
  const { ids } = asked.request.query;
  if (ids === undefined) return tell(asked, ({ people }) => ({ people: people.map(shownPerson) }));
  const wanted = ids.split(',');
  if (wanted.length > MAX_IDS)
    return refusedWith('parameter-invalid', `ids has the ids of ${MAX_IDS} people at most, with commas between`);
  const { now } = asked.keeper.deps.directory;
  const people = wanted.flatMap(id => {
    const person = now.person(id);
    return person ? [{ id, kind: person.kind, name: person.name, ...(person.isGone && { gone: true }) }] : [];
  });
  return { status: 200, body: { people } };
}

async function decide(
  { keeper, visitor, request, id }: Asked,
  what: PeopleAuditKind,
  make: (directory: Directory) => PeopleDecision,
): Answered {
  const { who } = visitor;
  if (!isKnown(who)) return NEEDS_PERSON;
  const { directory, audit } = keeper.deps;
  const decided = await directory.change(now => {
    const result = make(now);
    return { records: 'records' in result ? result.records : [], result };
  });
  if (!('records' in decided)) return decided;
  const { role, why, until, person, place } = request.body;
  const detail = JSON.stringify({ role, why, until, place });
  audit.note({
    what,
    by: who.id,
    on: id || String(person ?? (request.body.held === undefined ? '' : Object(decided.body).id)),
    from: request.from,
    ...(detail !== '{}' && { detail }),
  });
  const { status, body } = decided;
  return { status, ...(body && { body }) };
}

/** Limit of entries in one response. */
const MAX_PAGE = 200;
const NO_LIMIT = refusedWith('parameter-invalid', `limit must be a whole number from 1 to ${MAX_PAGE}`);

/** The requested number of entries; undefined if invalid. */
function pageLimit({ limit = '50' }: Request['query']): number | undefined {
  const most = Number(limit);
  return Number.isInteger(most) && most >= 1 && most <= MAX_PAGE ? most : undefined;
}

/** Recent joins and their inviters, for people who may invite. */
async function listJoins(asked: Asked): Answered {
  const { query } = asked.request;
  const limit = pageLimit(query);
  if (limit === undefined) return NO_LIMIT;
  const since = query.since === undefined ? 0 : Date.parse(query.since);
  if (Number.isNaN(since)) return refusedWith('parameter-invalid', 'since is a time, such as 2027-01-31T12:00:00Z');
  const given = { since, limit, now: Date.now() };
  return tell(asked, directory => joinedLately(directory, asked.visitor.who, given));
}

async function audited({ keeper, request }: Asked): Answered {
  const { what, person, before } = request.query;
  const from = before === undefined ? undefined : Number(before);
  const most = pageLimit(request.query);
  if (most === undefined) return NO_LIMIT;
  if (from !== undefined && !(Number.isInteger(from) && from >= 0))
    return refusedWith('parameter-invalid', 'before must be the next of the part before');
  return { status: 200, body: await keeper.deps.audit.page({ what, person, before: from, limit: most }) };
}

async function removePerson(asked: Asked): Answered {
  const { id, visitor, keeper } = asked;
  const answer = await decide(asked, 'removed', directory => decideGone(directory, visitor.who, id));
  if (answer.status === 204) {
    await keeper.deps.credentials.remove(id);
    await keeper.end(id);
  }
  return answer;
}

/** A link for resetting a person's password: for one use, valid for half an hour. */
export async function resetLink(keeper: AccountKeeper, person: PersonRecord, by: string): Promise<string> {
  const code = newCode();
  const invite = {
    hash: hashOf(code),
    role: person.role,
    uses: 1,
    until: Date.now() + RESET_MS,
    by,
    person: person.id,
  };
  await keeper.deps.directory.change(() => ({ records: [recordOf.invite(invite)], result: undefined }));
  return `${keeper.deps.place}#/join/${code}`;
}

async function resetPerson(asked: Asked): Answered {
  const { id, visitor, keeper, request } = asked;
  const person = keeper.deps.directory.now.person(id);
  if (request.body.reset !== true)
    return refusedWith('field-invalid', 'reset must be true; then the answer has a link');
  if (!person || person.isGone || person.kind !== 'person')
    return refusedWith('person-not-found', 'there is nobody of this id here');
  const isBelow = decideRole(keeper.deps.directory.now, visitor.who, id, person.role);
  if (!('records' in isBelow)) return isBelow;
  keeper.deps.audit.note({ what: 'reset link', by: visitor.who.id, on: id, from: request.from });
  return { status: 201, body: { link: await resetLink(keeper, person, visitor.who.id) } };
}

async function invite(asked: Asked): Answered {
  const { visitor, request, keeper } = asked;
  const code = newCode();
  const given = { hash: hashOf(code), now: Date.now() };
  const answer = await decide(asked, 'invite', directory => decideInvite(directory, visitor.who, request.body, given));
  if (answer.status !== 201) return answer;
  return { ...answer, body: { ...(answer as AccountReply).body, code, link: `${keeper.deps.place}#/join/${code}` } };
}

async function revokeInvite(asked: Asked): Answered {
  return decide(asked, 'invite taken back', directory => {
    const found = directory.invite(asked.id);
    return found
      ? { records: [recordOf.invite({ ...found, uses: 0 })], status: 204 }
      : refusedWith('link-invalid', 'there is no such invitation any more');
  });
}

async function token(asked: Asked): Answered {
  const code = `fc_${newCode()}`;
  const given = { hash: hashOf(code), id: newPersonId(), now: Date.now() };
  const answer = await decide(asked, 'token', directory =>
    decideToken(directory, asked.visitor.who, asked.request.body, given),
  );
  if (answer.status !== 201) return answer;
  return { ...answer, body: { ...(answer as AccountReply).body, token: code } };
}

async function revokeToken(asked: Asked): Answered {
  return decide(asked, 'token taken back', directory => {
    const found = directory.token(asked.id);
    const bot = found && directory.person(found.person);
    if (!found || !bot) return refusedWith('person-not-found', 'there is no such token any more');
    return { records: [recordOf.token(found, false), recordOf.person({ ...bot, isGone: true })], status: 204 };
  });
}

/** Audit entries of the operator's orders. */
const ORDERED: Readonly<Record<Exclude<PersonOrder['act'], 'list'>, PeopleAuditEntry>> = {
  reset: { what: 'reset link' },
  owner: { what: 'role', detail: JSON.stringify({ role: 'owner' }) },
  ban: { what: 'ban' },
  unban: { what: 'unban' },
};

/** Carries out the operator's order; it needs no role. Rejects with a sentence. */
export async function carryOutOrder(keeper: AccountKeeper, { act, name }: PersonOrder): Promise<string> {
  const { directory, audit } = keeper.deps;
  if (act === 'list') {
    const people = directory.now.people.map(
      ({ id, kind, name, role, isGone }) =>
        `${name}  ${isGone ? 'gone' : role}${kind === 'bot' ? ', a bot' : ''}${directory.now.ban(Date.now(), id) ? ', banned' : ''}`,
    );
    return people.length > 0 ? people.sort().join('\n') : 'nobody has an account yet';
  }
  const person = directory.now.personLike(name);
  if (!person || person.isGone)
    throw new Error(`there is nobody called ${JSON.stringify(name)}; "list" says who there is`);
  const write = (record: DirectoryRecord) => directory.change(() => ({ records: [record], result: undefined }));
  audit.note({ ...ORDERED[act], by: 'operator', on: person.id });
  switch (act) {
    case 'reset':
      return `${person.name} gets back in within 30 minutes, once, at ${await resetLink(keeper, person, 'operator')}`;
    case 'owner':
      await write(recordOf.person({ ...person, role: 'owner' }));
      return `${person.name} is an owner`;
    case 'ban':
      await write(recordOf.ban({ on: person.id, by: 'operator', why: '', at: Date.now() }));
      return `${person.name} is banned`;
    case 'unban':
      await write(recordOf.ban({ on: person.id, by: 'operator', why: '', at: Date.now() }, false));
      return `${person.name} is not banned`;
  }
}
