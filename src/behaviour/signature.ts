import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { MAX_KEY_LENGTH } from '../model/limits.ts';
import type { SignedBody } from '../model/packets.ts';

/** How a webhook proves by whom it is. */
export const SCHEMES = ['standard', 'github', 'slack', 'token'] as const;
export type Scheme = (typeof SCHEMES)[number];

/** How far the clocks of sender and receiver may differ, and for how long a signature holds. */
const TOLERANCE_S = 300;
/** Bots that have answered one another before a webhook, so that servers do not answer each other for ever. */
export const HOPS_HEADER = 'flowchat-hops';

/** Headers that sign a body. */
const SIGNATURES: readonly string[] = ['webhook-signature', 'x-hub-signature-256', 'x-slack-signature'];
/** Headers that are the secret themselves. */
const TOKENS: readonly string[] = ['x-gitlab-token', 'x-webhook-token', 'authorization'];
/** What belongs to a signature. */
const DETAILS: readonly string[] = [
  ...['webhook-id', 'webhook-timestamp', 'x-slack-request-timestamp', 'x-github-delivery'],
  ...['x-github-event', 'x-gitlab-event', HOPS_HEADER],
];

/** What stands for the token in the path of a question: `/hooks/TOKEN` comes as `/hooks/*`. */
const HOOK_PATH = /^(\/hooks(?:\/[^/]+)?)\/([^/]+)$/;
/** Among the headers, where the token of the path is. */
const PATH_TOKEN = 'path-token';

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Tokens are packets' neither; they are compared by hashes with a key that ends with the process. */
const hashKey = randomBytes(32);
const hashOf = (token: string): string => createHmac('sha256', hashKey).update(token).digest('base64url');

/** Whether a request has a header by which Verify may know its sender. */
export function isSigned(headers: Headers): boolean {
  for (const name of SIGNATURES) if (headers[name] !== undefined) return true;
  for (const name of TOKENS) if (headers[name] !== undefined) return true;
  return false;
}

/**
 * Takes the token out of a path such as `/hooks/TOKEN` or `/hooks/NAME/TOKEN`, by which a webhook may prove itself that can't
 * sign; `*` stands in its place. Other paths have none.
 */
export function hookPath(path: string): { readonly path: string; readonly token?: string } {
  const [, before, token] = HOOK_PATH.exec(path) ?? [];
  return token === undefined ? { path } : { path: `${before}/*`, token };
}

/** What Verify needs of a request, as a field of its question. Tokens are there as hashes. */
export function signedBody(raw: string, headers: Headers, pathToken?: string): SignedBody {
  const texts = (names: readonly string[]) =>
    names.flatMap(name => (typeof headers[name] === 'string' ? [[name, headers[name]] as const] : []));
  const tokens = texts(TOKENS).map(([name, value]) => [name, hashOf(value.replace(/^Bearer\s+/i, ''))] as const);
  if (pathToken !== undefined) tokens.push([PATH_TOKEN, hashOf(pathToken)]);
  const kept = Object.fromEntries([...texts([...SIGNATURES, ...DETAILS]), ...tokens]);
  return Object.freeze({ raw, headers: Object.freeze(kept) });
}

/** What is known of a sender that has proved itself. */
export interface Verified {
  /** The same when a webhook is sent again. */
  readonly id?: string;
  readonly hops: number;
}

/** Says that a request is not signed. */
export const unsigned = (scheme: Scheme): string => `there is no ${HEADER_OF[scheme]}; sign what you send`;

/** Checks a signature; returns what is known of the sender, or a sentence that says why it has not proved itself. */
export function verifiedBy(scheme: Scheme, signed: SignedBody, secret: string, now: number): Verified | string {
  const { headers } = signed;
  const reason = CHECKS[scheme](signed, secret, now / 1000);
  if (reason !== undefined) return reason;
  const id = headers['webhook-id'] ?? headers['x-github-delivery'];
  const hops = Number(/^\d{1,3}$/.exec(headers[HOPS_HEADER] ?? '')?.[0] ?? 1);
  return { hops, ...(id !== undefined && { id: keyOf(id) }) };
}

/** Signs what is sent by Standard Webhooks, at a time in seconds. */
export function signature(secret: string, id: string, time: number, body: string): string {
  return `v1,${createHmac('sha256', keyBytes(secret)).update(`${id}.${time}.${body}`).digest('base64')}`;
}

/** By the headers that each scheme needs, for sentences. */
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
    // While a secret is changed there may be a signature by each.
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

/** Takes the same time wherever two texts differ. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map(text => createHash('sha256').update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(a, b);
}

/** The key in a secret: Standard Webhooks writes it as `whsec_` and base64. */
function keyBytes(secret: string): Buffer {
  const [, base64] = /^whsec_([A-Za-z\d+/]+={0,2})$/.exec(secret) ?? [];
  return base64 === undefined ? Buffer.from(secret) : Buffer.from(base64, 'base64');
}

/** An id as a key for posts, which has at most so many characters. */
const keyOf = (id: string): string =>
  id.length <= MAX_KEY_LENGTH ? id : createHash('sha256').update(id).digest('base64url');
