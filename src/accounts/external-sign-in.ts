import { isReturnTarget } from '../model/return-target.ts';
import { tooMany } from './attempts.ts';
import type { AuditLog } from './audit.ts';
import { type Claims, decideArrival, type Entered, type Entering, roleByClaims } from './external-identity.ts';
import { hashOf } from './hashed-sessions.ts';
import { refusedWith } from './people.ts';
import type { Answered, Asked } from './people-endpoints.ts';

/** Redirects a browser to the OpenID provider; `code` is that of an invitation, and `to` is where to return. */
export async function beginOidc({ request, keeper }: Asked): Answered {
  const { provider } = keeper.deps;
  if (!provider) return NO_PROVIDER;
  const late = tooMany(keeper.guesses.leaving.wait(request.from));
  if (late) return late;
  keeper.guesses.leaving.failed(request.from);
  const { code, to } = request.body;
  if (to !== undefined && !isReturnTarget(to))
    return refusedWith('field-invalid', 'to is a page of this place to come back to, such as "#/lobby" or "editor/"');
  const begun = await provider.begin({ ...(typeof code === 'string' && { invite: hashOf(code) }), to });
  return 'code' in begun ? begun : { status: 200, body: { url: begun.url }, cookies: begun.cookies };
}

/** Handles the return from the provider. Always redirects to the page, which shows errors. */
export async function finishOidc({ request, headers, keeper }: Asked): Answered {
  const { provider, rules, place, audit } = keeper.deps;
  if (!provider) return NO_PROVIDER;
  const admit = (claims: Claims, invite: string | undefined) =>
    enter(keeper, {
      claims,
      role: roleByClaims(rules, claims),
      again: 'rules',
      ...(invite !== undefined && { invite }),
    });
  const done = await provider.finish(headers.cookie ?? '', request.query, admit);
  const to = isReturnTarget(done.to) ? done.to : '';
  if ('code' in done) {
    audit.note({ what: 'sign-in failed', from: request.from, detail: done.code });
    const then = to && `?to=${encodeURIComponent(to)}`;
    return { status: 303, location: `${place}#!sign-in/${done.code}${then}` };
  }
  keeper.guesses.leaving.succeeded(request.from);
  const { person, isNew } = done.entered;
  audit.note({ what: isNew ? 'join' : 'sign-in', by: person.id, from: request.from, detail: 'provider' });
  noteRole(audit, done.entered);
  return { status: 303, location: place + to, cookies: done.cookies };
}

/** Exchanges a token of an embedding page's server for one of ours, which the page keeps in memory. */
export async function signInByEmbedToken({ request, keeper }: Asked): Answered {
  const { embed, audit } = keeper.deps;
  if (!embed) return NO_EMBED;
  const late = tooMany(keeper.guesses.leaving.wait(request.from));
  if (late) return late;
  const { token } = request.body;
  if (typeof token !== 'string') return refusedWith('field-invalid', 'token must be a JSON Web Token');
  const read = await embed.read(token);
  const entered = 'claims' in read ? await enter(keeper, arrivalOf(read.claims)) : read;
  if (!('person' in entered)) {
    keeper.guesses.leaving.failed(request.from);
    audit.note({ what: 'sign-in failed', from: request.from, detail: entered.code });
    return entered;
  }
  const { id, kind, name, role } = entered.person;
  audit.note({ what: entered.isNew ? 'join' : 'sign-in', by: id, from: request.from, detail: 'embed' });
  noteRole(audit, entered);
  const { token: bearer, until } = await keeper.lend(id);
  return { status: 200, body: { token: bearer, until: new Date(until).toISOString(), who: { kind, id, name, role } } };
}

/** Audits that another server has changed somebody's role. */
function noteRole(audit: AuditLog, { person: { id, role }, isOtherRole }: Entering): void {
  if (isOtherRole) audit.note({ what: 'role', by: 'provider', on: id, detail: JSON.stringify({ role }) });
}

/** Everybody with a valid token may join. Its claims can set a role, but not owner. */
function arrivalOf(claims: Claims): Parameters<typeof decideArrival>[1] {
  const isModerator = claims.role === 'moderator' || claims.role === 'owner';
  return { claims, role: isModerator ? 'moderator' : 'member', again: claims.role === undefined ? undefined : 'now' };
}

/** Admits somebody whom another server identifies; creates the person on the first visit. */
async function enter(keeper: Asked['keeper'], arrival: Parameters<typeof decideArrival>[1]): Promise<Entered> {
  return keeper.deps.directory.change<Entered>(now => {
    const result = decideArrival(now, arrival, Date.now());
    return { records: 'records' in result ? result.records : [], result };
  });
}

const NO_PROVIDER = refusedWith('not-found', 'people sign in nowhere else here: OIDC_ISSUER is not set');
const NO_EMBED = refusedWith('not-found', 'tokens of other servers are not taken here: JWKS_URL is not set');
