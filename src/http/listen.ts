import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from '../settings/host.ts';

/** Begins to take connections. Rejects with a sentence that names `settings`, which say where, if the port can't be taken. */
export function listen(server: Server, { host, port }: Address, settings: string): Promise<void> {
  return new Promise((listening, refused) => {
    const fail = ({ message }: Error) =>
      refused(new Error(`port ${port} of ${host} can't be taken: ${message}; choose another with ${settings}`));
    server.once('error', fail).listen(port, host, () => {
      server.off('error', fail);
      listening();
    });
  });
}

/** Addresses that mean all of a machine's, which nobody can open, and one of them that can be. */
const EVERYWHERE: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/** Where a server can be reached, on its own machine at least. */
export function authority(given: string, server: Server): string {
  const { port } = server.address() as AddressInfo;
  const host = EVERYWHERE.get(given) ?? given;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
