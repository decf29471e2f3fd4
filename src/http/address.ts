import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Tells callers apart without keeping their address: a hash under a key that lasts as long as the process. */
export function addresses(trustProxy: boolean): (request: IncomingMessage) => string {
  const key = randomBytes(32);
  const hash = (address: string) => createHmac('sha256', key).update(address).digest('base64url').slice(0, 16);
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
