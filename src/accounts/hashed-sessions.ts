import { hash } from 'node:crypto';

/** The methods of the library's adapter that handle sessions; others pass unchanged. */
type Method = (given: Readonly<Record<string, unknown>>, ...more: unknown[]) => Promise<unknown>;
interface Condition {
  readonly field: string;
  readonly value: unknown;
}

/** The stored hash of a secret such as a session token. */
export const hashOf = (secret: string): string => hash('sha256', secret, 'base64url');

const hashed = (value: unknown): unknown =>
  typeof value === 'string' ? hashOf(value) : Array.isArray(value) ? value.map(hashed) : value;

/**
 * Wraps the library's database adapter so that only hashes of session tokens are stored and searched. Rows that the
 * library finds by a token are returned with that token, which it writes into the cookie again.
 */
export function withHashedTokens<Adapter extends object>(adapter: Adapter): Adapter {
  const inner = adapter as Adapter & Readonly<Record<string, Method>>;
  const wrapped: Record<string, unknown> = { ...inner };
  for (const name of [
    'create',
    'findOne',
    'findMany',
    'update',
    'updateMany',
    'delete',
    'deleteMany',
    'count',
    'consumeOne',
    'incrementOne',
  ]) {
    const method = inner[name];
    if (!method) continue;
    wrapped[name] = async (given: Parameters<Method>[0], ...more: unknown[]) => {
      if (given.model !== 'session') return method.call(inner, given, ...more);
      const raw = rawToken(given);
      const found = await method.call(inner, withHashes(given), ...more);
      return raw !== undefined && typeof found === 'object' && found !== null && 'token' in found
        ? { ...found, token: raw }
        : found;
    };
  }
  const { transaction } = inner;
  if (transaction)
    wrapped.transaction = (work: unknown, ...more: unknown[]) =>
      (transaction as (...given: unknown[]) => unknown).call(
        inner,
        (inside: object) => (work as (adapter: object) => unknown)(withHashedTokens(inside)),
        ...more,
      );
  return wrapped as Adapter;
}

const conditions = (given: Readonly<Record<string, unknown>>) => (given.where ?? []) as readonly Condition[];

/** The token to be stored, or by which a single session is searched. */
function rawToken(given: Readonly<Record<string, unknown>>): string | undefined {
  const written = [Object(given.data).token, Object(given.update).token].find(token => typeof token === 'string');
  const sought = conditions(given).find(({ field }) => field === 'token')?.value;
  return written ?? (typeof sought === 'string' ? sought : undefined);
}

function withHashes(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const hashedIn = (part: unknown) => {
    const { token, ...rest } = Object(part) as Record<string, unknown>;
    return token === undefined ? part : { ...rest, token: hashed(token) };
  };
  return {
    ...given,
    ...(given.data !== undefined && { data: hashedIn(given.data) }),
    ...(given.update !== undefined && { update: hashedIn(given.update) }),
    ...(given.where !== undefined && {
      where: conditions(given).map(condition =>
        condition.field === 'token' ? { ...condition, value: hashed(condition.value) } : condition,
      ),
    }),
  };
}
