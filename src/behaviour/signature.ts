import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SignedBody } from '../model/packets.ts';
import { shortKey } from './short-key.ts';

/** Methods by which a webhook proves its sender. */
export const SCHEMES = ['standard', 'github', 'slack', 'token'] as const;
export type Scheme = (typeof SCHEMES)[number];

/** Tolerated difference of clocks and age of a signature, in seconds. */
const TOLERANCE_S = 300;
/** Number of bots in the chain before a webhook, to prevent endless answers between servers. */
export const HOPS_HEADER = 'flowchat-hops';

/** Headers with a signature of the body. */
const SIGNATURES: readonly string[] = ['webhook-signature', 'x-hub-signature-256', 'x-slack-signature'];
/** Headers with the secret itself. */
const TOKENS: readonly string[] = ['x-gitlab-token', 'x-webhook-token', 'authorization'];
/** Further headers of signatures. */
const DETAILS: readonly string[] = [
  ...['webhook-id', 'webhook-timestamp', 'x-slack-request-timestamp', 'x-github-delivery'],
  ...['x-github-event', 'x-gitlab-event', HOPS_HEADER],
];

/** `*` replaces the token in the path of a question: `/hooks/TOKEN` becomes `/hooks/*`. */
const HOOK_PATH = /^(\/hooks(?:\/[^/]+)?)\/([^/]+)$/;
/** The name of the path's token among the headers. */
const PATH_TOKEN = 'path-token';

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Tokens don't enter packets; they are compared by hashes with a key of this process. */
const hashKey = randomBytes(32);
const hashOf = (token: string): string => createHmac('sha256', hashKey).update(token).digest('base64url');

/** Whether a request has a header that Verify can check. */
export function isSigned(headers: Headers): boolean {
  for (const name of SIGNATURES) if (headers[name] !== undefined) return true;
  for (const name of TOKENS) if (headers[name] !== undefined) return true;
  return false;
}

/**
 * Extracts the token from a path such as `/hooks/TOKEN` or `/hooks/NAME/TOKEN`, for webhooks that can't sign, and
 * replaces it by `*`. Other paths have none.
 */
export function hookPath(path: string): { readonly path: string; readonly token?: string } {
  const [, before, token] = HOOK_PATH.exec(path) ?? [];
  return token === undefined ? { path } : { path: `${before}/*`, token };
}

/** The signed parts of a request for Verify, as a field of its question. Tokens are hashed. */
export function signedBody(raw: string, headers: Headers, pathToken?: string): SignedBody {
  const texts = (names: readonly string[]) =>
    names.flatMap(name => (typeof headers[name] === 'string' ? [[name, headers[name]] as const] : []));
  const tokens = texts(TOKENS).map(([name, value]) => [name, hashOf(value.replace(/^Bearer\s+/i, ''))] as const);
  if (pathToken !== undefined) tokens.push([PATH_TOKEN, hashOf(pathToken)]);
  const kept = Object.fromEntries([...texts([...SIGNATURES, ...DETAILS]), ...tokens]);
  return Object.freeze({ raw, headers: Object.freeze(kept) });
}

/** Facts about a verified sender. */
export interface Verified {
  /** Equal for repetitions of a webhook. */
  readonly id?: string;
  readonly hops: number;
}

/** The refusal of an unsigned request. */
export const unsigned = (scheme: Scheme): string => `there is no ${HEADER_OF[scheme]}; sign what you send`;

/** Verifies a signature; returns facts about the sender, or a sentence with the reason of the failure. */
export function verifiedBy(scheme: Scheme, signed: SignedBody, secret: string, now: number): Verified | string {
  const { headers } = signed;
  const reason = CHECKS[scheme](signed, secret, now / 1000);
  if (reason !== undefined) return reason;
  const id = headers['webhook-id'] ?? headers['x-github-delivery'];
  const hops = Number(/^\d{1,3}$/.exec(headers[HOPS_HEADER] ?? '')?.[0] ?? 1);
  return { hops, ...(id !== undefined && { id: shortKey(id) }) };
}

/** Signs a body by Standard Webhooks, at a time in seconds. */
export function signature(secret: string, id: string, time: number, body: string): string {
  return `v1,${createHmac('sha256', keyBytes(secret)).update(`${id}.${time}.${body}`).digest('base64')}`;
}

/** The header of each scheme, for sentences. */
const HEADER_OF: Readonly<Record<Scheme, string>> = {
  standard: 'webhook-signature',
  github: 'X-Hub-Signature-256',
  slack: 'X-Slack-Signature',
  token: 'token in X-Gitlab-Token, X-Webhook-Token, Authorization or a path such as /hooks/TOKEN',
};

type Check = (signed: SignedBody, secret: string, now: number) => string | undefined;

const wrong = (scheme: Scheme) => `the ${HEADER_OF[scheme]} is not by this secret; look at the secret of both sides`;

const CHECKS: Readonly<Record<Scheme, Check>> = {
  standard({ raw, headers }, secret, now) {
    const { 'webhook-id': id = '', 'webhook-timestamp': time = '', 'webhook-signature': given = '' } = headers;
    if (given === '') return unsigned('standard');
    if (id === '') return 'there is no webhook-id';
    const made = signature(secret, id, Number(time), raw);
    // While a secret is being replaced, there may be a signature by each.
    const isRight = given
      .split(' ', 20)
      .map(one => isSame(one, made))
      .includes(true);
    return lateness('webhook-timestamp', time, now) ?? (isRight ? undefined : wrong('standard'));
  },
  github({ raw, headers }, secret) {
    const { 'x-hub-signature-256': given } = headers;
    if (given === undefined) return unsigned('github');
    return isSame(given, `sha256=${hex(secret, raw)}`) ? undefined : wrong('github');
  },
  slack({ raw, headers }, secret, now) {
    const { 'x-slack-signature': given, 'x-slack-request-timestamp': time = '' } = headers;
    if (given === undefined) return unsigned('slack');
    const isRight = isSame(given, `v0=${hex(secret, `v0:${time}:${raw}`)}`);
    return lateness('X-Slack-Request-Timestamp', time, now) ?? (isRight ? undefined : wrong('slack'));
  },
  token({ headers }, secret) {
    const given = [...TOKENS, PATH_TOKEN].flatMap(name => headers[name] ?? []);
    if (given.length === 0) return unsigned('token');
    const hash = hashOf(secret);
    return given.map(each => isSame(each, hash)).includes(true) ? undefined : wrong('token');
  },
};

function lateness(header: string, time: string, now: number): string | undefined {
  if (!/^\d{1,12}$/.test(time)) return `there is no ${header} in seconds since 1970`;
  if (Math.abs(Number(time) - now) <= TOLERANCE_S) return;
  return `the ${header} is more than ${TOLERANCE_S / 60} minutes away; look at the clocks of both sides`;
}

const hex = (secret: string, text: string): string => createHmac('sha256', secret).update(text).digest('hex');

/** Compares in constant time. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map(text => createHash('sha256').update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(a, b);
}

/** The key of a secret: Standard Webhooks writes it as `whsec_` and base64. */
function keyBytes(secret: string): Buffer {
  const [, base64] = /^whsec_([A-Za-z\d+/]+={0,2})$/.exec(secret) ?? [];
  return base64 === undefined ? Buffer.from(secret) : Buffer.from(base64, 'base64');
}
