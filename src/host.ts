import { isIP } from 'node:net';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Whether a host can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost') || host === '::1') return true;
  return /^127(\.\d{1,3}){3}$/.test(host) || /^::ffff:7f[\da-f]{2}:/.test(host);
}

/**
 * Normalizes a host name or address to its form in a URL, IPv6 without brackets; undefined if it is invalid. So
 * `LOCALHOST`, `[::1]`, `0:0:0:0:0:0:0:1` and `127.1` are recognised as loopback.
 */
export function listenHost(text: string): string | undefined {
  const plain = text.trim().replace(/^\[(.*)\]$/, '$1');
  const [address = '', zone] = plain.split('%', 2);
  if (isIP(address) === 6) return new URL(`http://[${address}]`).hostname.slice(1, -1) + (zone ? `%${zone}` : '');
  return hostName(plain);
}

/** Normalizes a host name or IPv4 address as browsers do; undefined if it is invalid. */
export function hostName(text: string): string | undefined {
  if (!/^[^\s/?#:@*[\]%\\]+$/.test(text)) return undefined;
  return URL.parse(`http://${text}`)?.hostname.replace(/\.$/, '') || undefined;
}
