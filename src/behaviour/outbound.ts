import { lookup } from 'node:dns/promises';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as secureRequest } from 'node:https';
import { BlockList, isIP } from 'node:net';
import { addressRange } from '../host.ts';
import { isIsolated } from '../store/open.ts';

// Not imported, as an import of node:http also loads Node's fetch: an eighth of a start, and 13 MB.
const http = process.getBuiltinModule('node:http');

const MAX_REDIRECTS = 3;
const MAX_ANSWER_BYTES = 64 * 1024;
/** Limits of running requests, of those to one host, and of waiting ones. */
const MAX_AT_ONCE = 32;
const MAX_PER_HOST = 8;
const MAX_WAITING = 1000;

/** Networks that aren't public, or lead to ones that aren't. Of IPv6 only 2000::/3 is public, with these exceptions. */
const NOT_PUBLIC: readonly string[] = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
  ...['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
];
const PUBLIC_IPV6: readonly string[] = ['2000::/3'];

/** A request failed; its sentence names the host and the cure. */
export class OutboundFailed extends Error {}

export interface OutboundRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Timeout in milliseconds of the whole request: queue, name resolution, redirects and response. */
  readonly timeout: number;
  /** Whether redirects are followed; otherwise a redirect is the answer. */
  readonly follows?: boolean;
  /** Whether only the status is needed, so that the body is ignored. */
  readonly statusOnly?: boolean;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Address {
  readonly address: string;
  readonly family: number;
}

type Resolve = (host: string) => Promise<readonly Address[]>;

const byDns: Resolve = host => lookup(host, { all: true });

/** A single request of a chain of redirects. */
interface Step extends Omit<OutboundRequest, 'url'> {
  readonly url: URL;
}

/**
 * Sends requests to other servers. Every address is checked after name resolution, and the connection is made to
 * exactly that address. Only the public internet is allowed, and the hosts, addresses and networks in `allowed`.
 */
export class Outbound {
  readonly #allowedHosts: ReadonlySet<string>;
  readonly #allowedNetworks: BlockList;
  readonly #resolve: Resolve;
  readonly #turns = new Turns();

  constructor(allowed: readonly string[] = [], resolve: Resolve = byDns) {
    this.#allowedHosts = new Set(allowed.filter(place => !addressRange(place)));
    this.#allowedNetworks = listOf(allowed.filter(addressRange));
    this.#resolve = resolve;
  }

  /** Parses a URL. Throws OutboundFailed if it isn't allowed, as far as that is known without resolving its name. */
  read(text: string): URL {
    const url = URL.parse(text);
    if (!url || !/^https?:$/.test(url.protocol))
      throw new OutboundFailed('this is no URL; it looks like https://example.org/hook');
    if (url.username || url.password)
      throw new OutboundFailed('a URL has no name and password in it; name a secret at SECRET instead');
    const address = addressIn(url);
    if (address && !this.#isAllowed(url, address)) throw notPublic(url);
    return url;
  }

  /** Rejects with OutboundFailed without a usable answer. */
  async ask({ url, ...request }: OutboundRequest): Promise<OutboundAnswer> {
    if (isIsolated() && request.method !== 'GET')
      throw new OutboundFailed(
        `a test or a try sends nothing to other servers; publish the graph to ${request.method}`,
      );
    const signal = AbortSignal.timeout(request.timeout);
    let step: Step = { ...request, url: this.read(url) };
    try {
      for (let redirects = 0; ; redirects++) {
        const answer = await this.#turns.take(step.url.host, signal, () => this.#send(step, signal));
        const { location } = answer.headers;
        if (!request.follows || !isRedirect(answer.status) || location === undefined) return answer;
        if (redirects >= MAX_REDIRECTS)
          throw new OutboundFailed(`${step.url.host} leads on more than ${MAX_REDIRECTS} times; give the last URL`);
        step = this.#redirected(step, answer.status, location);
      }
    } catch (error) {
      throw failure(error, step.url, request.timeout, signal);
    }
  }

  async #send(step: Step, signal: AbortSignal): Promise<OutboundAnswer> {
    const address = await abortable(this.#addressOf(step.url), signal);
    return send(step, address, signal);
  }

  /** The address to connect to. Rejects if any of the host's addresses isn't allowed. */
  async #addressOf(url: URL): Promise<Address> {
    const own = addressIn(url);
    const all = own ? [own] : await this.#resolve(url.hostname);
    // A name with an internal address may be an attack (DNS rebinding).
    if (!all.every(address => this.#isAllowed(url, address))) throw notPublic(url);
    const [first] = all;
    if (!first) throw new OutboundFailed(`${url.host} has no address; look at the URL`);
    return first;
  }

  #isAllowed({ hostname }: URL, { address }: Address): boolean {
    if (this.#allowedHosts.has(hostname.replace(/\.$/, ''))) return true;
    return isPublic(address) || isIn(this.#allowedNetworks, address);
  }

  #redirected({ url, method, headers, body, ...rest }: Step, status: number, location: string): Step {
    const base = URL.parse(location, url.href);
    if (!base) throw new OutboundFailed(`${url.host} leads on to what is no URL; give another one`);
    const next = this.read(base.href);
    if (url.protocol === 'https:' && next.protocol === 'http:')
      throw new OutboundFailed(`${url.host} leads on from https to http; give a URL that stays with https`);
    // Credentials are for the first origin only.
    const kept = next.origin === url.origin ? headers : only(headers, ['accept', 'content-type']);
    const isGet = status === 303 || (status < 303 && method === 'POST');
    if (isGet) return { ...rest, url: next, method: 'GET', headers: only(kept, ['accept', 'authorization']) };
    return { ...rest, url: next, method, headers: kept, ...(body !== undefined && { body }) };
  }
}

/** Limits concurrent work, in total and per host, so that a slow host does not delay the others. */
class Turns {
  readonly #atWork = new Map<string, number>();
  #count = 0;
  readonly #waiting: { readonly host: string; start(): void }[] = [];

  /** Rejects if too many wait, or if the signal aborts first. */
  async take<Result>(host: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    if (!this.#isFree(host)) await this.#turn(host, signal);
    else this.#change(host, 1);
    try {
      return await work();
    } finally {
      this.#change(host, -1);
      this.#next();
    }
  }

  #isFree(host: string): boolean {
    return this.#count < MAX_AT_ONCE && (this.#atWork.get(host) ?? 0) < MAX_PER_HOST;
  }

  #change(host: string, by: number): void {
    this.#count += by;
    const count = (this.#atWork.get(host) ?? 0) + by;
    if (count > 0) this.#atWork.set(host, count);
    else this.#atWork.delete(host);
  }

  #turn(host: string, signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING)
      throw new OutboundFailed(`${MAX_WAITING} requests to other servers wait already; try again later`);
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal.reason);
      };
      const waiter = {
        host,
        start: () => {
          signal.removeEventListener('abort', leave);
          this.#change(host, 1);
          resolve();
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiter);
    });
  }

  #next(): void {
    const at = this.#waiting.findIndex(({ host }) => this.#isFree(host));
    if (at >= 0) this.#waiting.splice(at, 1)[0]!.start();
  }
}

let current = new Outbound();

/** Sets the allowed targets besides the public internet. Call before the first graph is checked. */
export function setOutbound(allowed: readonly string[], resolve?: Resolve): void {
  current = new Outbound(allowed, resolve);
}

/** Sends all requests of components. */
export const outbound = (): Outbound => current;

function send(
  { url, method, headers, body, statusOnly }: Step,
  address: Address,
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? secureRequest : http.request;
    const sent = request(url, {
      method,
      headers: {
        'user-agent': 'flowchat',
        ...headers,
        'accept-encoding': 'identity',
        ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
      },
      signal,
      // A new connection per request, as the next one may go to a different address.
      agent: false,
      lookup: (_host, { all }, done) => (all ? done(null, [address]) : done(null, address.address, address.family)),
    });
    sent.on('error', reject);
    sent.on('response', message => {
      if (!statusOnly) return void read(url, message).then(resolve, reject);
      resolve({ status: message.statusCode ?? 0, headers: message.headers, text: '' });
      message.destroy();
    });
    sent.end(body);
  });
}

async function read(url: URL, message: IncomingMessage): Promise<OutboundAnswer> {
  const { statusCode = 0, headers } = message;
  const encoding = headers['content-encoding'] ?? 'identity';
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    if (encoding !== 'identity') throw new OutboundFailed(`${url.host} sends its answer compressed, unasked`);
    for await (const chunk of message as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_ANSWER_BYTES)
        throw new OutboundFailed(`${url.host} answers with more than 64 KiB; ask for less`);
      chunks.push(chunk);
    }
  } finally {
    message.destroy();
  }
  return { status: statusCode, headers, text: Buffer.concat(chunks).toString('utf8') };
}

/** Rejects as soon as the signal aborts, since name resolution can't be cancelled. */
function abortable<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** The error, without the URL's path, which may be a secret. */
function failure(error: unknown, { host }: URL, timeout: number, signal: AbortSignal): OutboundFailed {
  if (error instanceof OutboundFailed) return error;
  if (signal.aborted) return new OutboundFailed(`${host} gave no answer within ${timeout / 1000} s`);
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  if (code === 'ENOTFOUND') return new OutboundFailed(`the name ${host} is not known; look at the URL`);
  return new OutboundFailed(`${host} can't be asked (${code}); look at the URL, and whether that server runs`);
}

const notPublic = ({ host }: URL) =>
  new OutboundFailed(`${host} is not on the public internet; if it is meant, name it in the setting OUTBOUND`);

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

/** The address in a URL; undefined if it has a name instead. */
function addressIn({ hostname }: URL): Address | undefined {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(address);
  return family === 0 ? undefined : { address, family };
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const { address, prefix, family } of networks.map(text => addressRange(text)!))
    list.addSubnet(address, prefix, family);
  return list;
}

const notPublicList = listOf(NOT_PUBLIC);
const publicIpv6List = listOf(PUBLIC_IPV6);

const isIn = (list: BlockList, address: string): boolean => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Whether an address is public. */
export function isPublic(text: string): boolean {
  const [address = ''] = text.split('%');
  if (isIP(address) === 0 || isIn(notPublicList, address)) return false;
  return isIP(address) === 4 || isIn(publicIpv6List, address);
}

function only(headers: Readonly<Record<string, string>>, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name.toLowerCase())));
}
