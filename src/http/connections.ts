import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, Server } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import type { Advice } from './origins.ts';

/** A keyed hash of an address. For IPv6 only the first half, the network, counts, as one subscriber owns all of it. */
export const hashAddress = (key: Buffer, address: string): string =>
  createHmac('sha256', key).update(networkOf(address)).digest('base64url').slice(0, 16);

/** Identifies callers without storing addresses. A new key changes all identifiers. */
export function addresses(trustProxy: boolean, key: () => Buffer): (request: IncomingMessage) => string {
  let last: Buffer | undefined;
  let known = new WeakMap<Socket, string>();
  return ({ headers, socket }) => {
    const now = key();
    if (now !== last) known = new WeakMap();
    last = now;
    const hash = (address: string) => hashAddress(now, address);
    // The last entry was added by our own proxy; clients can forge earlier ones.
    const forwarded =
      trustProxy &&
      String(headers['x-forwarded-for'] ?? '')
        .split(',')
        .at(-1)
        ?.trim();
    if (forwarded) return hash(forwarded);
    let from = known.get(socket);
    if (from === undefined) {
      from = hash(socket.remoteAddress ?? '');
      known.set(socket, from);
    }
    return from;
  };
}

/** The part of an address that identifies its owner: all of an IPv4 address, the first 64 bits of an IPv6 one. */
export function networkOf(address: string): string {
  const [, bracketed] = /^\[(.*)\](?::\d+)?$/.exec(address) ?? [];
  const [plain = ''] = (bracketed ?? address.replace(/^([\d.]+):\d+$/, '$1')).toLowerCase().split('%');
  const mapped = /^(?:0*:)*:?ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain);
  if (mapped) return mapped[1]!;
  if (!isIPv6(plain)) return plain;
  const [before = '', after] = plain.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const [head, tail] = [groups(before), groups(after ?? '')];
  // The last group may be an IPv4 address, which counts as two groups.
  const length = head.length + tail.length + (plain.includes('.') ? 1 : 0);
  const all = after === undefined ? head : [...head, ...Array<string>(8 - length).fill('0'), ...tail];
  return `${all
    .slice(0, 4)
    .map(group => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** Counts uses per owner, up to a limit for each. */
class Tally {
  readonly #most: number;
  readonly #counts = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts one more; false if that exceeds the limit. */
  take(whose: string): boolean {
    const count = this.#counts.get(whose) ?? 0;
    if (count >= this.#most) return false;
    this.#counts.set(whose, count + 1);
    return true;
  }

  /** Counts one less. */
  free(whose: string): void {
    const left = this.#counts.get(whose)! - 1;
    if (left > 0) this.#counts.set(whose, left);
    else this.#counts.delete(whose);
  }
}

/** Fraction of the file descriptors reserved for files, databases and child processes. */
const KEPT = 0.25;
/** Most descriptors reserved. */
const MAX_KEPT = 64;

/** The number of connections that this process has file descriptors for; Infinity if unknown. */
function connectionsPossible(): number {
  try {
    const most = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Number.NaN);
    if (Number.isNaN(most)) return Number.POSITIVE_INFINITY;
    const free = most - readdirSync('/proc/self/fd').length;
    return Math.max(1, Math.floor(free - Math.min(MAX_KEPT, free * KEPT)));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Detail for a caller with too many open streams and sockets. */
export const TOO_MANY_OPEN = 'your address has too many streams and sockets open; close one';
export const LATER = { 'Retry-After': '10' };

export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Whether all connections come from a proxy, so that their addresses identify nobody. */
  readonly trustProxy: boolean;
}

/** Closes connections beyond the limits (in total, per address) at once, and advises the operator. */
export function limitConnections(server: Server, limits: ConnectionLimits, advice: Advice): void {
  const possible = connectionsPossible();
  server.maxConnections = Math.min(limits.connections, possible);
  server.on('drop', () => {
    const cure =
      possible < limits.connections
        ? 'allow this process more open files (LimitNOFILE, ulimit -n)'
        : 'CONNECTIONS allows more';
    advice.give('connections', `${server.maxConnections} connections are open, and more are closed at once; ${cure}`);
  });
  if (limits.trustProxy) return;
  const tally = new Tally(limits.connectionsPerAddress);
  server.on('connection', socket => {
    const address = networkOf(socket.remoteAddress ?? '');
    if (tally.take(address)) socket.once('close', () => tally.free(address));
    else {
      socket.destroy();
      const cure = 'CONNECTIONS_PER_ADDRESS allows more, and behind a proxy TRUST_PROXY=on tells its callers apart';
      advice.give(
        'address',
        `${limits.connectionsPerAddress} connections of one address are open, and more are closed at once; ${cure}`,
      );
    }
  });
}

/**
 * Limits open connections per caller behind a proxy, where the connection's own address is the proxy's. Returns a
 * function that counts a connection until it closes, or returns false if it is one too many.
 */
export function openPerCaller({ connectionsPerAddress, trustProxy }: ConnectionLimits) {
  const tally = new Tally(trustProxy ? connectionsPerAddress : Number.POSITIVE_INFINITY);
  return ({ socket }: IncomingMessage, from: string): boolean => {
    if (!tally.take(from)) return false;
    socket.once('close', () => tally.free(from));
    return true;
  };
}
