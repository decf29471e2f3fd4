import { isIP } from 'node:net';

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Whether a host is reached from this machine only. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost') || host === '::1') return true;
  return /^127(\.\d{1,3}){3}$/.test(host) || /^::ffff:7f[\da-f]{2}:/.test(host);
}

/**
 * A name or an address to listen at in the one form that it has in a URL, an IPv6 address without its brackets; undefined
 * for anything else. Thus `LOCALHOST`, `[::1]`, `0:0:0:0:0:0:0:1` and `127.1` are known to be loopback.
 */
export function listenHost(text: string): string | undefined {
  const plain = text.trim().replace(/^\[(.*)\]$/, '$1');
  const [address = '', zone] = plain.split('%', 2);
  if (isIP(address) === 6) return new URL(`http://[${address}]`).hostname.slice(1, -1) + (zone ? `%${zone}` : '');
  return hostName(plain);
}

/** A name or an IPv4 address as browsers write it; undefined for anything else. */
export function hostName(text: string): string | undefined {
  if (!/^[^\s/?#:@*[\]%\\]+$/.test(text)) return undefined;
  return URL.parse(`http://${text}`)?.hostname.replace(/\.$/, '') || undefined;
}
