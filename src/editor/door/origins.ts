import { type Hosting, Hosts, isOrigin } from '../../http/hosts.ts';
import { isLoopback } from '../../settings/host.ts';

/** Where pages that edit flows are known to be. */
const KNOWN = ['https://app.flowhub.io', 'https://flowhub.io', 'https://noflojs.org'];

/** Which settings say whose pages may connect. */
export interface Editing extends Hosting {
  readonly editorOrigins: readonly string[];
  readonly editorUi: string;
}

/** Tells pages that may connect to the editor's door from those of strangers, which every browser names. */
export class Origins {
  readonly #allowed: ReadonlySet<string>;
  readonly #hosts: Hosts;

  constructor({ editorOrigins, editorUi, ...hosting }: Editing) {
    this.#allowed = new Set([...KNOWN, new URL(editorUi).origin, ...editorOrigins]);
    this.#hosts = new Hosts(hosting);
  }

  /**
   * Why a page may not connect; undefined if it may. Without an origin it is a program's connection. `host` is the Host
   * header, and `forwarded` is X-Forwarded-Host. A page of ours has the origin that we were asked under, unless that name
   * isn't ours.
   */
  fault(origin: string | undefined, host: string | undefined, forwarded?: string): string | undefined {
    if (origin === undefined || this.#allowed.has(origin)) return;
    const url = URL.parse(origin);
    const isProper = url !== null && url.origin === origin;
    if (isProper && /^https?:$/.test(url.protocol) && isLocal(url.hostname)) return;
    const asked = { host, 'x-forwarded-host': forwarded };
    if (isOrigin(origin, this.#hosts.of(asked)) && this.#hosts.areOurs(asked)) return;
    return `pages of ${isProper ? origin : 'an unknown origin'} may not edit; allow them with EDITOR_ORIGINS`;
  }
}

function isLocal(hostname: string): boolean {
  // Without the brackets that an IPv6 address has in a URL.
  return isLoopback(hostname.replace(/^\[(.*)\]$/, '$1')) || hostname.endsWith('.localhost');
}
