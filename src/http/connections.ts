import type { IncomingMessage, Server } from 'node:http';
import { networkOf } from './address.ts';
import type { Advice } from './advice.ts';
import { connectionsPossible } from './descriptors.ts';
import { Tally } from './tally.ts';

/** Said to a caller who has too many streams and sockets open. */
export const TOO_MANY_OPEN = 'your address has too many streams and sockets open; close one';
export const LATER = { 'Retry-After': '10' };

/** How many connections there may be. */
export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Whether all connections come from a proxy, so that their addresses say nothing. */
  readonly trustProxy: boolean;
}

/** Closes connections at once that are too many, in all or of one address, and tells the owner what to do about it. */
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
 * Counts what each caller behind a proxy keeps open, as the connections themselves are the proxy's. Returns what takes
 * one more for as long as its connection lasts, and is false where that is too many.
 */
export function openPerCaller({ connectionsPerAddress, trustProxy }: ConnectionLimits) {
  const tally = new Tally(trustProxy ? connectionsPerAddress : Number.POSITIVE_INFINITY);
  return ({ socket }: IncomingMessage, from: string): boolean => {
    if (!tally.take(from)) return false;
    socket.once('close', () => tally.free(from));
    return true;
  };
}
