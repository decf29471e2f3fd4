import { isIP } from 'node:net';
import { isLoopback } from '../../settings.ts';

/** Where pages that edit flows are known to be. */
const FLOWHUB = ['https://app.flowhub.io', 'https://flowhub.io'];

/** Which settings say whose pages may connect. */
export interface Hosting {
  readonly host: string;
  readonly trustProxy: boolean;
  readonly editorOrigins: readonly string[];
  readonly editorUi: string;
}

/** Tells pages that may connect to the editor's door from those of strangers, which every browser names. */
export class Origins {
  readonly #allowed: ReadonlySet<string>;
  readonly #anyName: boolean;

  constructor({ host, trustProxy, editorOrigins, editorUi }: Hosting) {
    this.#allowed = new Set([...FLOWHUB, new URL(editorUi).origin, ...editorOrigins]);
    this.#anyName = trustProxy || !isLoopback(host);
  }

  /**
   * Why a page may not connect; nothing where it may. Without an origin it is a program's connection. `host` is the Host
   * header. A page of ours has the origin that we were asked under; where we listen on loopback with no proxy in front,
   * a name that isn't this machine's own is one that a stranger's page has had pointed at us (DNS rebinding).
   */
  fault(origin: string | undefined, host: string | undefined): string | undefined {
    if (origin === undefined || this.#allowed.has(origin)) return;
    const url = URL.parse(origin);
    const isOrigin = url !== null && url.origin === origin;
    if (isOrigin && /^https?:$/.test(url.protocol)) {
      if (isLocal(url.hostname)) return;
      const ours = URL.parse(`${url.protocol}//${host}`)?.origin === origin;
      if (ours && (this.#anyName || isIP(address(url.hostname)) > 0)) return;
    }
    const whose = isOrigin ? origin : 'an unknown origin';
    return `pages of ${whose} may not edit; allow them with EDITOR_ORIGINS`;
  }
}

function isLocal(hostname: string): boolean {
  return isLoopback(address(hostname)) || hostname.endsWith('.localhost');
}

/** Without the brackets that an IPv6 address has in a URL. */
function address(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}
