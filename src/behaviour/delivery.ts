import { type OutboundAnswer, outbound } from './outbound.ts';
import { secretNamed } from './secrets.ts';
import { HOPS_HEADER, signature } from './signature.ts';

const TIMEOUT_MS = 15_000;
/** Pauses between attempts: each is four times the previous one, up to half a day. */
const FIRST_PAUSE_MS = 5000;
const MAX_PAUSE_MS = 43_200_000;
/** Statuses that are permanent for a body. */
const REFUSED: ReadonlySet<number> = new Set([400, 410, 413, 415, 422, 508]);
/** Placeholder of the secret in a URL, replaced on sending. */
export const SECRET_TAG = '{{secret}}';

/** A new delivery. */
export interface NewDelivery {
  /** The sending node, which gets the result. */
  readonly node: string;
  readonly url: string;
  readonly body: string;
  readonly type: string;
  /** The name of the secret that signs it, or is in its URL. */
  readonly secret?: string | undefined;
  /** Number of bots in the chain of answers, this one included. */
  readonly hops: number;
  /** The packet that the node sends after delivery. */
  readonly packet: unknown;
  /** The id of the message in it; removing the message deletes the delivery. */
  readonly about?: string | undefined;
  readonly retries: number;
}

/** A waiting or finally failed delivery, for operators. */
export interface DeliveryState {
  readonly seq: number;
  readonly node: string;
  readonly host: string;
  readonly at: string;
  readonly attempts: number;
  /** Time of the next attempt; undefined if it has failed. */
  readonly due?: string;
  /** Time of the failure. */
  readonly failed?: string;
  /** Result of the last attempt. */
  readonly why?: string;
}

/** A delivery's row in the database. */
export interface DeliveryRow {
  readonly seq: number;
  readonly id: string;
  readonly node: string;
  readonly url: string;
  readonly body: string;
  readonly type: string;
  readonly secret: string | null;
  readonly hops: number;
  readonly packet: string | null;
  readonly at: number;
  readonly retries: number;
  readonly attempts: number;
  readonly due: number;
  readonly failed: number | null;
  readonly why: string | null;
}

/** The result of an attempt. */
export type DeliveryAttempt =
  | { readonly isSent: true; readonly status: number }
  | { readonly isSent: false; readonly isFinal: boolean; readonly why: string; readonly wait?: number };

/** Attempts a delivery once. Never rejects. */
export async function attempt({ id, url, body, type, secret: name, hops }: DeliveryRow): Promise<DeliveryAttempt> {
  try {
    const secret = name === null ? undefined : secretNamed('SECRET', name);
    const isInUrl = url.includes(SECRET_TAG);
    const time = Math.floor(Date.now() / 1000);
    const headers = {
      'content-type': type,
      'webhook-id': id,
      'webhook-timestamp': String(time),
      [HOPS_HEADER]: String(hops),
      ...(secret !== undefined && !isInUrl && { 'webhook-signature': signature(secret, id, time, body) }),
    };
    const whole = isInUrl ? url.replaceAll(SECRET_TAG, () => secret ?? '') : url;
    const request = { url: whole, method: 'POST', headers, body, timeout: TIMEOUT_MS };
    const answer = await outbound().ask({ ...request, statusOnly: true });
    return meaningOf(answer, hostOf(url));
  } catch (error) {
    return { isSent: false, isFinal: false, why: (error as Error).message };
  }
}

function meaningOf({ status, headers }: OutboundAnswer, host: string): DeliveryAttempt {
  if (status >= 200 && status < 300) return { isSent: true, status };
  const why = `${host} answers ${status}`;
  const seconds = Number(headers['retry-after']);
  const wait = seconds > 0 ? Math.round(Math.min(seconds * 1000, MAX_PAUSE_MS)) : 0;
  return { isSent: false, isFinal: REFUSED.has(status), why, wait };
}

/** The pause after a number of failed attempts, with jitter. */
export function pauseAfter(attempts: number): number {
  return Math.round(Math.min(FIRST_PAUSE_MS * 4 ** attempts, MAX_PAUSE_MS) * (0.9 + Math.random() / 5));
}

/** The host only, as the rest of a URL may be a secret. */
export function hostOf(url: string): string {
  return URL.parse(url)?.host ?? '';
}

/** The frozen packet that the node sends; undefined if there is none. */
export function packetOf({ packet }: DeliveryRow): unknown {
  if (packet === null) return;
  return JSON.parse(packet, (_, value) => (typeof value === 'object' && value !== null ? Object.freeze(value) : value));
}

export function stateOf({ seq, node, url, at, attempts, due, failed, why }: DeliveryRow): DeliveryState {
  const time = (milliseconds: number) => new Date(milliseconds).toISOString();
  return {
    seq,
    node,
    host: hostOf(url),
    at: time(at),
    attempts,
    ...(failed === null ? { due: time(due) } : { failed: time(failed) }),
    ...(why !== null && { why }),
  };
}
