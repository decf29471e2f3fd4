import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from '../settings/host.ts';

/** What may be the matter where a page of the same site is taken for a stranger's. */
export const HOST_CHANGED =
  'If it is the same site, a proxy has changed its Host; in nginx, proxy_set_header Host $http_host keeps it';

/** Which settings say by what names this server is reached. */
export interface Hosting {
  readonly host: string;
  readonly trustProxy: boolean;
  /** Names, `*.example.org` for all below one, or `*` for all. */
  readonly allowedHosts?: readonly string[];
}

/** Host headers whose names are known to be good that are remembered, as to read one costs as much as routing. */
const MOST_KNOWN = 1000;

/**
 * The names by which this server may be asked. A stranger can have a name of his own pointed at this machine, and his
 * page is then of the same origin as we are (DNS rebinding); only the name in `Host` tells.
 */
export class Hosts {
  readonly #any: boolean;
  readonly #exact: ReadonlySet<string>;
  readonly #below: readonly string[];
  readonly #trustProxy: boolean;
  readonly #known = new Set<string>();

  constructor({ host, trustProxy, allowedHosts = [] }: Hosting) {
    this.#trustProxy = trustProxy;
    this.#any = allowedHosts.length > 0 ? allowedHosts.includes('*') : trustProxy || !isLoopback(host);
    this.#exact = new Set([host, ...allowedHosts]);
    this.#below = allowedHosts.filter(name => name.startsWith('*.')).map(name => name.slice(1));
  }

  /**
   * Whether a request with these headers asks for us: by an address, as localhost, or by an allowed name. One without
   * Host, as only HTTP/1.0 lets it be, is a program's.
   */
  areOurs(headers: IncomingHttpHeaders): boolean {
    if (this.#any || headers.host === undefined) return true;
    return this.of(headers).some(host => this.#has(host));
  }

  /** By what a request asks for us; behind a proxy that is trusted, also by what the proxy itself was asked. */
  of({ host, 'x-forwarded-host': forwarded }: IncomingHttpHeaders): readonly string[] {
    const asked = host === undefined ? [] : [host];
    if (!this.#trustProxy || forwarded === undefined) return asked;
    return [
      ...asked,
      ...String(forwarded)
        .split(',')
        .map(name => name.trim()),
    ];
  }

  #has(host: string): boolean {
    if (this.#known.has(host)) return true;
    const name = URL.parse(`http://${host}`)?.hostname.replace(/\.$/, '');
    if (name === undefined || !this.#allows(name)) return false;
    if (this.#known.size < MOST_KNOWN) this.#known.add(host);
    return true;
  }

  #allows(name: string): boolean {
    if (name === 'localhost' || name.endsWith('.localhost') || isIP(name.replace(/^\[(.*)\]$/, '$1')) > 0) return true;
    return this.#exact.has(name) || this.#below.some(end => name.endsWith(end));
  }
}

/** Whether an origin, as a browser writes it, is one of these hosts. */
export function isOrigin(origin: string, hosts: readonly string[]): boolean {
  if (hosts.some(host => origin === `http://${host}` || origin === `https://${host}`)) return true;
  const url = URL.parse(origin);
  if (!url || url.origin !== origin || !/^https?:$/.test(url.protocol)) return false;
  // One may name the port that the scheme means anyway, the other not.
  return hosts.some(host => URL.parse(`${url.protocol}//${host}`)?.origin === origin);
}
