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
/** Requests that are under way at once, those of them to one host, and those that wait for their turn. */
const MAX_AT_ONCE = 32;
const MAX_PER_HOST = 8;
const MAX_WAITING = 1000;

/** What is on no public network, or leads to one that is not. Of IPv6 only 2000::/3 is public, but for these. */
const NOT_PUBLIC: readonly string[] = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
  ...['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
];
const PUBLIC_IPV6: readonly string[] = ['2000::/3'];

/** Why a request got no answer that can be used: a sentence that names the host and the cure. */
export class OutboundFailed extends Error {}

export interface OutboundRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds for all of it: its turn, the name, redirects, and the answer to its end. */
  readonly timeout: number;
  /** Whether redirects are followed; without, one is the answer. */
  readonly follows?: boolean;
  /** Whether only the status is wanted, so that whatever body follows is left alone. */
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

/** One request at a time: where it leads, and what it takes there. */
interface Step extends Omit<OutboundRequest, 'url'> {
  readonly url: URL;
}

/**
 * Asks other servers. Every address is checked after its name was resolved, and the connection is made to that very address.
 * Only the public internet may be reached, and what `allowed` names: hosts, addresses and networks.
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

  /** Reads a URL. Throws OutboundFailed if it is none that may be asked, as far as that shows without resolving its name. */
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

  /** Rejects with OutboundFailed if there is no answer that can be used. */
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

  /** The address to connect to. Rejects if the host has one that may not be reached. */
  async #addressOf(url: URL): Promise<Address> {
    const own = addressIn(url);
    const all = own ? [own] : await this.#resolve(url.hostname);
    // If one address of a name is inside, the name may be meant to lead there.
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
    // What proves who asks is meant for the first place only.
    const kept = next.origin === url.origin ? headers : only(headers, ['accept', 'content-type']);
    const isGet = status === 303 || (status < 303 && method === 'POST');
    if (isGet) return { ...rest, url: next, method: 'GET', headers: only(kept, ['accept', 'authorization']) };
    return { ...rest, url: next, method, headers: kept, ...(body !== undefined && { body }) };
  }
}

/** Lets so many work at once, of each host fewer, so that a slow one does not hold up the others. */
class Turns {
  readonly #atWork = new Map<string, number>();
  #count = 0;
  readonly #waiting: { readonly host: string; start(): void }[] = [];

  /** Rejects if too many wait, or the signal comes first. */
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

/** Sets what may be reached besides the public internet. Call before the first graph is checked. */
export function setOutbound(allowed: readonly string[], resolve?: Resolve): void {
  current = new Outbound(allowed, resolve);
}

/** Where all requests of components go out. */
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
      // A connection for each request, as the next one may lead to another address.
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

/** Rejects as soon as the signal comes, as names can't be given up. */
function abortable<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** What went wrong, without the path of the URL, as that may be a secret. */
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

/** The address that stands in a URL in place of a name; undefined if a name does. */
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

/** Whether an address is one that everybody can reach. */
export function isPublic(text: string): boolean {
  const [address = ''] = text.split('%');
  if (isIP(address) === 0 || isIn(notPublicList, address)) return false;
  return isIP(address) === 4 || isIn(publicIpv6List, address);
}

function only(headers: Readonly<Record<string, string>>, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name.toLowerCase())));
}
