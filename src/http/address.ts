import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIPv6, type Socket } from 'node:net';

/**
 * Tells callers apart without keeping their address: a hash under a key that lasts as long as the process. Of an address of
 * IPv6 the first half counts, the network, as whoever has one address has all of it.
 */
export function addresses(trustProxy: boolean): (request: IncomingMessage) => string {
  const key = randomBytes(32);
  const hash = (address: string) =>
    createHmac('sha256', key).update(networkOf(address)).digest('base64url').slice(0, 16);
  const known = new WeakMap<Socket, string>();
  return ({ headers, socket }) => {
    // The last one is what our own proxy saw; those before it are hearsay.
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

/** What stands for an address: itself, and of IPv6 the first 64 bits. */
export function networkOf(address: string): string {
  const [, bracketed] = /^\[(.*)\](?::\d+)?$/.exec(address) ?? [];
  const [plain = ''] = (bracketed ?? address.replace(/^([\d.]+):\d+$/, '$1')).toLowerCase().split('%');
  const mapped = /^(?:0*:)*:?ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain);
  if (mapped) return mapped[1]!;
  if (!isIPv6(plain)) return plain;
  const [before = '', after] = plain.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const [head, tail] = [groups(before), groups(after ?? '')];
  // The last group may be an address of IPv4, which fills two.
  const length = head.length + tail.length + (plain.includes('.') ? 1 : 0);
  const all = after === undefined ? head : [...head, ...Array<string>(8 - length).fill('0'), ...tail];
  return `${all
    .slice(0, 4)
    .map(group => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
