import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from '../host.ts';

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
const MAX_KNOWN = 1000;

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
    if (this.#known.size < MAX_KNOWN) this.#known.add(host);
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

/** Which settings say whose pages may ask. */
export interface Guarding extends Hosting {
  /** Origins, or `*`. */
  readonly corsOrigins: readonly string[];
}

/** Why a request is not answered. */
export interface Unwelcome {
  readonly status: 403 | 421;
  readonly detail: string;
}

/** Methods with which nobody changes anything. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Keeps the pages of strangers out, which any browser opens that can reach us: they may neither change anything nor open
 * a socket (cross-site request forgery), nor come under a name that isn't ours (DNS rebinding). What a page of
 * another origin may read is up to CORS. Programs send no Origin, and are none of its business.
 */
export class OriginGuard {
  readonly #hosts: Hosts;
  readonly #corsOrigins: readonly string[];

  constructor(given: Guarding) {
    this.#hosts = new Hosts(given);
    this.#corsOrigins = given.corsOrigins;
  }

  /** Why a request is refused; undefined if it is welcome. */
  fault({ method = '', headers }: IncomingMessage): Unwelcome | undefined {
    return this.hostFault(headers) ?? (SAFE.has(method) ? undefined : this.#originFault(headers));
  }

  /** Why a WebSocket is refused; undefined if it is welcome. */
  socketFault(headers: IncomingHttpHeaders): Unwelcome | undefined {
    return this.hostFault(headers) ?? (this.#isOwn(headers) ? undefined : this.#originFault(headers));
  }

  /** Why nobody is answered who asks us by this name; undefined for a name of ours. */
  hostFault(headers: IncomingHttpHeaders): Unwelcome | undefined {
    if (this.#hosts.areOurs(headers)) return;
    const name = URL.parse(`http://${headers.host}`)?.hostname ?? headers.host;
    const detail = `"${name}" is no name of this server; allow it with ALLOWED_HOSTS, or set TRUST_PROXY=on behind a proxy`;
    return { status: 421, detail };
  }

  /** The value of Access-Control-Allow-Origin for an origin; empty if its pages may not read. */
  allowed(origin: string): string {
    if (this.#corsOrigins.includes('*')) return '*';
    return this.#corsOrigins.includes(origin) ? origin : '';
  }

  /** Follows Fetch Metadata; a browser that does not send it, as over http in a network, names the page's origin. */
  #originFault(headers: IncomingHttpHeaders): Unwelcome | undefined {
    const { origin, 'sec-fetch-site': site } = headers;
    if (site === 'same-origin' || site === 'none') return;
    if (site === undefined && (origin === undefined || this.#isOwn(headers))) return;
    if (origin !== undefined && this.allowed(origin) !== '') return;
    const whose = origin === undefined || origin === 'null' ? 'another site' : origin;
    const detail =
      `pages of ${whose} may not post to ${headers.host ?? 'this server'} or open sockets there; allow them with ` +
      `CORS_ORIGINS. ${HOST_CHANGED}`;
    return { status: 403, detail };
  }

  #isOwn(headers: IncomingHttpHeaders): boolean {
    return headers.origin !== undefined && isOrigin(headers.origin, this.#hosts.of(headers));
  }
}

/** What stands in the way of others for as long as the owner does not put it right, such as a setting or a proxy's. */
export type Misconfiguration = 'host' | 'origin' | 'editor origin' | 'upgrade' | 'connections' | 'address';

/** Says of each kind of obstacle what it is and how to remove it, and says it once, however often others meet it. */
export class Advice {
  readonly #warn: (sentence: string) => void;
  readonly #given = new Set<Misconfiguration>();

  constructor(warn: (sentence: string) => void) {
    this.#warn = warn;
  }

  give(kind: Misconfiguration, sentence: string): void {
    if (this.#given.has(kind)) return;
    this.#given.add(kind);
    this.#warn(`${sentence} (said once)`);
  }
}
