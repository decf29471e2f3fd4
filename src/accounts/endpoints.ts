import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Request } from '../gate/contract.ts';
import { type Directory, type DirectoryRecord, type PersonRecord, recordOf } from '../model/directory.ts';
import { MAX_PASSWORD, MIN_PASSWORD } from '../model/limits.ts';
import { personName } from '../model/person-name.ts';
import { ACCESS_RULES, type Access, accessOf, isAccess } from '../model/rules.ts';
import type { AccountReply, Visitor } from './accounts.ts';
import { tooMany } from './attempts.ts';
import { decideDevice, deviceLink, makeDeviceLink, signInByDevice } from './device-endpoints.ts';
import { beginOidc, finishOidc, signInByEmbedToken } from './external-sign-in.ts';
import { hashOf } from './hashed-sessions.ts';
import type { AccountKeeper, LiveVisitor } from './keeper.ts';
import { decideJoin, decidePlace, nameRefusal, newPersonId, refusedWith } from './people.ts';
import { ADMITTED, type Answered, type Asked, NEEDS_PERSON } from './people-endpoints.ts';

/** Limit of concurrent password hashing, which takes much memory and time. */
const MAX_HASHING = 2;

const WRONG = refusedWith('sign-in-failed', 'the name or the password is wrong');

/** Endpoints outside the graph, as their requests contain secrets. */
const OWN: Readonly<Record<string, (asked: Asked) => Answered>> = {
  'GET /api/me': me,
  'PATCH /api/me': rename,
  'GET /api/setup': setupOptions,
  'POST /api/setup': setup,
  'POST /api/join': join,
  'POST /api/sign-in': signIn,
  'POST /api/sign-out': signOut,
  'GET /api/passkeys': asked => passkeys(asked, 'list'),
  'POST /api/passkeys': asked => passkeys(asked, 'register'),
  'POST /api/passkeys/options': asked => passkeys(asked, 'registerOptions'),
  'DELETE /api/passkeys/*': asked => passkeys(asked, 'remove'),
  'POST /api/sign-in/passkey/options': asked => passkeys(asked, 'signInOptions'),
  'POST /api/sign-in/passkey': asked => passkeys(asked, 'signIn'),
  'POST /api/auth/sign-in/oidc': beginOidc,
  'GET /api/auth/callback/oidc': finishOidc,
  'POST /api/auth/sign-in/embed': signInByEmbedToken,
  'POST /api/devices': makeDeviceLink,
  'GET /api/devices/*': deviceLink,
  'POST /api/devices/*': decideDevice,
  'POST /api/sign-in/device': signInByDevice,
};

const OWN_PATHS = new Set(Object.keys(OWN).map(key => key.split(' ')[1]!));

/** Whether a path is answered without the graph. */
export const isOwn = (path: string): boolean =>
  OWN_PATHS.has(path) || /^\/api\/((passkeys|devices)\/[\w-]+|auth\/.*)$/.test(path);

/** Answers a request about accounts: to one of those paths, or one that the graph has permitted. */
export async function answerAccount(
  request: Request,
  headers: IncomingHttpHeaders,
  visitor: Visitor,
  keeper: AccountKeeper,
): Answered {
  const { method, path } = request;
  const table = isOwn(path) ? OWN : ADMITTED;
  const [, above = '', id = ''] = /^(.*)\/([\w-]+)$/.exec(path) ?? [];
  const exact = table[`${method} ${path}`];
  const answer = exact ?? table[`${method} ${above}/*`];
  if (answer) return answer({ request, headers, visitor, keeper, id: exact ? '' : id });
  const methods = ['GET', 'POST', 'PATCH', 'DELETE'].filter(
    each => table[`${each} ${path}`] ?? table[`${each} ${above}/*`],
  );
  const Allow = methods.join(', ');
  if (Allow === '') return refusedWith('not-found', `there is nothing at ${path}`);
  return refusedWith('method-not-allowed', `${path} takes ${Allow}, not ${method}`, { Allow });
}

async function me({ headers, visitor, keeper }: Asked): Answered {
  const { who } = visitor;
  const isByCookie = who.kind === 'person' && headers.authorization === undefined;
  if (!isByCookie) return { status: 200, body: { who } };
  const { credentials } = keeper.deps;
  const cookies = await credentials.refreshed(headers.cookie ?? '');
  // Open connections last as long as the session.
  const session = cookies.length > 0 ? await credentials.session(headers.cookie ?? '') : undefined;
  if (session) (visitor as LiveVisitor).until = session.until;
  return { status: 200, body: { who }, cookies };
}

async function rename({ request, visitor, keeper }: Asked): Answered {
  const { who } = visitor;
  if (who.kind !== 'person') return NEEDS_PERSON;
  const { directory, audit } = keeper.deps;
  const fault = await directory.change<ReturnType<typeof nameRefusal>>(now => {
    const result = nameRefusal(now, request.body.name, who.id);
    const person = now.person(who.id)!;
    const name = personName(String(request.body.name));
    return { records: result ? [] : [recordOf.person({ ...person, name })], result };
  });
  if (fault) return fault;
  audit.note({ what: 'rename', by: who.id, from: request.from, detail: JSON.stringify({ was: who.name }) });
  return { status: 200, body: { who: visitor.who } };
}

/** The refusal of a bad password; undefined for a good one, or for none if a passkey will follow. */
function passwordRefusal(password: unknown) {
  if (password === undefined) return undefined;
  const length = typeof password === 'string' ? [...password].length : 0;
  return length >= MIN_PASSWORD && length <= MAX_PASSWORD
    ? undefined
    : refusedWith(
        'password-invalid',
        `a password has ${MIN_PASSWORD} to ${MAX_PASSWORD} characters; a few words are easy to keep in mind`,
      );
}

/** Runs work that hashes a password, unless too much is running. */
async function whileHashing<T>(
  keeper: AccountKeeper,
  work: () => Promise<T>,
): Promise<T | ReturnType<typeof refusedWith>> {
  const { guesses } = keeper;
  if (guesses.hashing >= MAX_HASHING)
    return refusedWith('server-full', 'many are signing in; try again in a second', { 'Retry-After': '1' });
  guesses.hashing += 1;
  try {
    return await work();
  } finally {
    guesses.hashing -= 1;
  }
}

const SET_UP = refusedWith('link-invalid', 'this place is set up already; sign in, or ask for an invitation');

/** The choices of access rules, until the server is set up. */
async function setupOptions({ keeper }: Asked): Answered {
  if (keeper.setupCode() === undefined) return SET_UP;
  const rules = keeper.deps.rulesNow();
  return { status: 200, body: rules === undefined ? {} : { access: accessOf(rules) ?? 'other' } };
}

async function setup(asked: Asked): Answered {
  const { access } = asked.request.body;
  if (access !== undefined && !isAccess(access))
    return refusedWith('field-invalid', `access is one of ${Object.keys(ACCESS_RULES).join(', ')}`);
  const begun = await foundPlace(asked);
  return begun.status === 201 && access !== undefined ? setAccess(asked.keeper, access, begun as AccountReply) : begun;
}

/** Publishes the chosen rules. Set-up succeeds even if that fails. */
async function setAccess({ deps }: AccountKeeper, access: Access, begun: AccountReply): Answered {
  if (accessOf(deps.rulesNow() ?? '') === access) return begun;
  try {
    await deps.publishRules(ACCESS_RULES[access]);
    return begun;
  } catch (error) {
    const notice = `who may read and post stays as it was, as ${(error as Error).message}; change that in the flow editor, at the node that has RULES`;
    deps.warn(`at the set-up, ${notice}`);
    return { ...begun, body: { ...begun.body, notice } };
  }
}

async function foundPlace(asked: Asked): Answered {
  const { request, keeper } = asked;
  const { code, place, name, password } = request.body;
  const expected = keeper.setupCode();
  if (expected === undefined) return SET_UP;
  const late = tooMany(keeper.guesses.byAddress.wait(request.from));
  if (late) return late;
  const [one, other] = [hashOf(String(code)), hashOf(expected)].map(hash => Buffer.from(hash)) as [Buffer, Buffer];
  if (!timingSafeEqual(one, other)) {
    keeper.guesses.byAddress.failed(request.from);
    return refusedWith('link-invalid', 'this is not the code in the log and in DATA/setup-code');
  }
  const named = place === undefined || place === '' ? undefined : decidePlace(place);
  if (named && !('records' in named)) return named;
  return begin(asked, 'setup', password, (now, id) => {
    if (now.owners.length > 0) return refusedWith('link-invalid', 'this place is set up already');
    const fault = nameRefusal(now, name);
    if (fault) return fault;
    const person = { id, kind: 'person', name: personName(name as string), role: 'owner', made: Date.now() } as const;
    return { records: [recordOf.person(person), ...(named?.records ?? [])], person };
  });
}

async function join(asked: Asked): Answered {
  const { request, keeper } = asked;
  const { code, name, password } = request.body;
  const late = tooMany(keeper.guesses.byAddress.wait(request.from));
  if (late) return late;
  const hash = hashOf(String(code));
  return begin(asked, 'join', password, (now, id) => {
    const decided = decideJoin(now, { hash, name, id, now: Date.now() });
    if ('code' in decided && decided.code === 'link-invalid') keeper.guesses.byAddress.failed(request.from);
    return decided;
  });
}

/** The admitted person with the records to write, or a refusal. */
type LetIn =
  | { readonly records: readonly DirectoryRecord[]; readonly person: PersonRecord }
  | ReturnType<typeof refusedWith>;

/** Creates the account after joining, or resets the password, and signs in. */
async function begin(
  { request, keeper }: Asked,
  what: 'setup' | 'join',
  password: unknown,
  decide: (directory: Directory, id: string) => LetIn,
): Answered {
  const fault = passwordRefusal(password);
  if (fault) return fault;
  const { directory, credentials, audit } = keeper.deps;
  // Another process may have made the link just now.
  await directory.refresh();
  const id = newPersonId();
  const seen = decide(directory.now, id);
  if (!('person' in seen)) return seen;
  const isBack = seen.person.id !== id;
  return whileHashing(keeper, async () => {
    const secret = password as string | undefined;
    // The account is created first: a failure must not use up the link.
    const made = isBack ? [] : await credentials.create(id, secret);
    const letIn = await directory.change<LetIn>(now => {
      const result = decide(now, id);
      return { records: 'person' in result ? result.records : [], result };
    });
    if (!('person' in letIn)) {
      await credentials.remove(id);
      return letIn;
    }
    const { person } = letIn;
    const cookies = isBack ? await credentials.reset(person.id, secret).finally(() => keeper.end(person.id)) : made;
    keeper.setupCode();
    audit.note({ what: isBack ? 'reset' : what, by: person.id, from: request.from });
    return {
      status: 201,
      body: { who: { kind: 'person', id: person.id, name: person.name, role: person.role } },
      cookies,
    };
  });
}

async function signIn({ request, keeper }: Asked): Answered {
  const { name, password } = request.body;
  if (typeof name !== 'string' || typeof password !== 'string')
    return refusedWith('field-invalid', 'sign in with name and password');
  const { directory, credentials, audit } = keeper.deps;
  // The person may have joined at another process just now.
  await directory.refresh();
  const person = directory.now.personLike(name);
  const account = person?.id ?? hashOf(name);
  const late = tooMany(keeper.guesses.byAddress.wait(request.from), keeper.guesses.byAccount.wait(account));
  if (late) return late;
  return whileHashing(keeper, async () => {
    const isThere = person?.kind === 'person' && !person.isGone;
    const entered =
      isThere && password.length <= MAX_PASSWORD ? await credentials.signIn(person.id, password) : undefined;
    // Timing must not reveal whether the person exists.
    if (!isThere) await credentials.pretend(password);
    if (!entered) {
      keeper.guesses.byAddress.failed(request.from);
      keeper.guesses.byAccount.failed(account);
      audit.note({ what: 'sign-in failed', on: account, from: request.from });
      return WRONG;
    }
    keeper.guesses.byAddress.succeeded(request.from);
    keeper.guesses.byAccount.succeeded(account);
    audit.note({ what: 'sign-in', by: person!.id, from: request.from });
    const { id, kind, role } = person!;
    return { status: 200, body: { who: { kind, id, name: person!.name, role } }, cookies: entered.cookies };
  });
}

async function signOut({ headers, visitor, keeper, request }: Asked): Answered {
  if (visitor.who.kind !== 'person') return { status: 204 };
  const { id } = visitor.who;
  keeper.deps.audit.note({ what: 'sign-out', by: id, from: request.from });
  const cookies =
    headers.authorization === undefined ? await keeper.deps.credentials.signOut(headers.cookie ?? '') : [];
  await keeper.end(id, headers);
  return { status: 204, cookies };
}

async function passkeys(
  { headers, visitor, keeper, request, id }: Asked,
  step: Parameters<AccountKeeper['deps']['credentials']['ceremony']>[0],
): Answered {
  const isSigningIn = step === 'signInOptions' || step === 'signIn';
  if (!isSigningIn && visitor.who.kind !== 'person') return NEEDS_PERSON;
  const late = step === 'signIn' ? tooMany(keeper.guesses.byAddress.wait(request.from)) : undefined;
  if (late) return late;
  const { credentials, audit, directory } = keeper.deps;
  const shown = { cookie: headers.cookie ?? '', origin: String(headers.origin ?? '') };
  const body = step === 'remove' ? { id } : request.body;
  const done = await credentials.ceremony(step, shown, body);
  if (done === 'stale')
    return refusedWith(
      'sign-in',
      'sign out and in again first: whoever adds a passkey has to have signed in within a day',
    );
  if (!done) {
    if (step === 'signIn') keeper.guesses.byAddress.failed(request.from);
    return refusedWith('sign-in-failed', 'this passkey is not known here, or took too long; try again');
  }
  if (step === 'signIn') {
    const session = await credentials.session(done.cookies.map(cookie => cookie.split(';')[0]).join('; '));
    const person = session && directory.now.person(session.person);
    if (!person || person.isGone) return refusedWith('sign-in-failed', 'this passkey is of nobody who is here');
    audit.note({ what: 'sign-in', by: person.id, from: request.from, detail: 'passkey' });
    const { id, kind, name, role } = person;
    return { status: 200, body: { who: { kind, id, name, role } }, cookies: done.cookies };
  }
  if (step === 'register' || step === 'remove')
    audit.note({
      what: `passkey ${step === 'register' ? 'added' : 'removed'}`,
      by: visitor.who.id,
      from: request.from,
    });
  const told: { readonly rp?: object } = step === 'list' ? { passkeys: done.body } : Object(done.body);
  const place = directory.now.placeName;
  // Devices show this name beside the passkey.
  const named = step === 'registerOptions' && place !== undefined && { rp: { ...told.rp, name: place } };
  return { status: 200, body: { ...told, ...named }, cookies: done.cookies };
}
