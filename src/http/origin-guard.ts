import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { HOST_CHANGED, type Hosting, Hosts, isOrigin } from './hosts.ts';

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
