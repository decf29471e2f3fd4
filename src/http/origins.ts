import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from '../host.ts';
import type { RefusalCode } from '../model/codes.ts';

/** The likely cause and cure if a same-site page is taken for a foreign one. */
export const HOST_CHANGED =
  'If it is the same site, a proxy has changed its Host; in nginx, proxy_set_header Host $http_host keeps it';

/** Settings about the names by which this server is reached. */
export interface Hosting {
  readonly host: string;
  readonly trustProxy: boolean;
  /** Names, `*.example.org` for all subdomains, or `*` for all. */
  readonly allowedHosts?: readonly string[];
  /** Whether only the allowed names and those of this machine are accepted, as people are signed in by cookies. */
  readonly onlyAllowedHosts?: boolean;
}

/** Hosts used by health checks and by people on the machine itself. */
const OF_THIS_MACHINE = ['localhost', '127.0.0.1', '[::1]'];

/** Size of the cache of valid Host headers: parsing one costs as much as routing. */
const MAX_KNOWN = 1000;

/**
 * The names that this server answers to. In DNS rebinding, an attacker points his own name at this machine, so that his
 * page has the same origin as ours; only the name in `Host` gives it away.
 */
export class Hosts {
  readonly #any: boolean;
  readonly #isStrict: boolean;
  readonly #exact: ReadonlySet<string>;
  readonly #below: readonly string[];
  readonly #trustProxy: boolean;
  readonly #known = new Set<string>();

  constructor({ host, trustProxy, allowedHosts = [], onlyAllowedHosts = false }: Hosting) {
    this.#isStrict = onlyAllowedHosts;
    this.#trustProxy = trustProxy;
    const isListed = onlyAllowedHosts || allowedHosts.length > 0;
    this.#any = isListed ? allowedHosts.includes('*') : trustProxy || !isLoopback(host);
    const own = isLoopback(host) || !onlyAllowedHosts ? [host] : [];
    this.#exact = new Set([...own, ...(onlyAllowedHosts ? OF_THIS_MACHINE : []), ...allowedHosts]);
    this.#below = allowedHosts.filter(name => name.startsWith('*.')).map(name => name.slice(1));
  }

  /**
   * Whether a request addresses this server: by IP address, as localhost, or by an allowed name. HTTP/1.0 requests
   * without Host are accepted, as no browser sends them.
   */
  areOurs(headers: IncomingHttpHeaders): boolean {
    if (this.#any || headers.host === undefined) return true;
    return this.of(headers).some(host => this.#has(host));
  }

  /** The hosts that a request names; behind a trusted proxy also the one it forwards. */
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
    const isSafe = name === 'localhost' || name.endsWith('.localhost') || isIP(name.replace(/^\[(.*)\]$/, '$1')) > 0;
    if (isSafe && !this.#isStrict) return true;
    return this.#exact.has(name) || this.#below.some(end => name.endsWith(end));
  }
}

/** Whether an Origin header belongs to one of these hosts. */
export function isOrigin(origin: string, hosts: readonly string[]): boolean {
  if (hosts.some(host => origin === `http://${host}` || origin === `https://${host}`)) return true;
  const url = URL.parse(origin);
  if (!url || url.origin !== origin || !/^https?:$/.test(url.protocol)) return false;
  // Either may omit the scheme's default port.
  return hosts.some(host => URL.parse(`${url.protocol}//${host}`)?.origin === origin);
}

/** Settings about pages that may send requests. */
export interface Guarding extends Hosting {
  /** Origins, or `*`. */
  readonly corsOrigins: readonly string[];
}

/** The refusal of a request. */
export interface Unwelcome {
  readonly code: RefusalCode;
  readonly detail: string;
}

/** Methods that change nothing. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Protects against foreign pages in a local browser: they can neither change anything nor open a socket (cross-site
 * request forgery), nor use a name that isn't ours (DNS rebinding). Reading by other origins is up to CORS. Programs
 * send no Origin and pass.
 */
export class OriginGuard {
  readonly #hosts: Hosts;
  readonly #corsOrigins: readonly string[];
  /** The cure for a refused name. */
  readonly #cure: string;

  constructor(given: Guarding) {
    this.#hosts = new Hosts(given);
    this.#cure = given.onlyAllowedHosts
      ? 'say by ORIGIN how people reach the server, or allow it with ALLOWED_HOSTS'
      : 'allow it with ALLOWED_HOSTS, or set TRUST_PROXY=on behind a proxy';
    this.#corsOrigins = given.corsOrigins;
  }

  /** Says why a request is refused; undefined if it is allowed. */
  fault({ method = '', headers }: IncomingMessage): Unwelcome | undefined {
    return this.hostFault(headers) ?? (SAFE.has(method) ? undefined : this.#originFault(headers));
  }

  /** Says why a WebSocket is refused; undefined if it is allowed. */
  socketFault(headers: IncomingHttpHeaders): Unwelcome | undefined {
    return this.hostFault(headers) ?? (this.#isOwn(headers) ? undefined : this.#originFault(headers));
  }

  /** Says why the name in Host is refused; undefined if it is ours. */
  hostFault(headers: IncomingHttpHeaders): Unwelcome | undefined {
    if (this.#hosts.areOurs(headers)) return;
    const name = URL.parse(`http://${headers.host}`)?.hostname ?? headers.host;
    const detail = `"${name}" is no name of this server; ${this.#cure}`;
    return { code: 'host-refused', detail };
  }

  /**
   * The headers of a request, without cookies unless it is from one of our pages, or changes nothing: a page of another
   * site, even one that may post here, must not act as the signed-in person.
   */
  withOwnCookies({ method = '', headers }: IncomingMessage, isSocket = false): IncomingHttpHeaders {
    if (headers.cookie === undefined || (!isSocket && SAFE.has(method)) || this.isOwnPage(headers)) return headers;
    const { cookie: _, ...rest } = headers;
    return rest;
  }

  /** Whether a request comes from one of our pages. */
  isOwnPage(headers: IncomingHttpHeaders): boolean {
    return headers.origin === undefined ? headers['sec-fetch-site'] === 'same-origin' : this.#isOwn(headers);
  }

  /** The value of Access-Control-Allow-Origin; empty if pages of this origin may not read. */
  allowed(origin: string): string {
    if (this.#corsOrigins.includes('*')) return '*';
    return this.#corsOrigins.includes(origin) ? origin : '';
  }

  /** Uses Fetch Metadata; browsers omit it over plain HTTP, where the Origin header decides. */
  #originFault(headers: IncomingHttpHeaders): Unwelcome | undefined {
    const { origin, 'sec-fetch-site': site } = headers;
    if (site === 'same-origin' || site === 'none') return;
    if (site === undefined && (origin === undefined || this.#isOwn(headers))) return;
    if (origin !== undefined && this.allowed(origin) !== '') return;
    const whose = origin === undefined || origin === '' || origin === 'null' ? 'another site' : origin;
    const detail =
      `pages of ${whose} may not post to ${headers.host ?? 'this server'} or open sockets there; allow them with ` +
      `CORS_ORIGINS. ${HOST_CHANGED}`;
    return { code: 'origin-refused', detail };
  }

  #isOwn(headers: IncomingHttpHeaders): boolean {
    return headers.origin !== undefined && isOrigin(headers.origin, this.#hosts.of(headers));
  }
}

/** Misconfigurations that block callers until the operator corrects them. */
type Misconfiguration = 'host' | 'origin' | 'editor origin' | 'upgrade' | 'connections' | 'address';

/** Warns of each kind of misconfiguration once, with the cure. */
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
