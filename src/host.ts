import { isIP } from 'node:net';
import { hostname } from 'node:os';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Whether a host can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost') || host === '::1') return true;
  return /^127(\.\d{1,3}){3}$/.test(host) || /^::ffff:7f[\da-f]{2}:/.test(host);
}

/** The address of a process for people: this machine's name, unless it listens at a single address. */
export function placeName({ host, port }: ListenAddress): string {
  const isNamed = !isLoopback(host) && host !== '0.0.0.0' && host !== '::';
  const name = isNamed ? host : hostname();
  return port === 0 ? name : `${name}:${port}`;
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

/** Addresses that begin alike; a single address is a network with the longest prefix. */
interface AddressRange {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Reads an address or a network such as `10.0.0.0/8`; undefined if it is neither. */
export function addressRange(text: string): AddressRange | undefined {
  const [, address = '', digits] = /^\[?([^/\]%]+)\]?(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  const longest = version === 4 ? 32 : 128;
  const prefix = Number(digits ?? longest);
  if (version === 0 || prefix > longest) return;
  return { address, prefix, family: `ipv${version as 4 | 6}` };
}
