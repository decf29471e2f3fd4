import { parseArgs } from 'node:util';
import { addressRange, hostName, isLoopback, type ListenAddress, listenHost } from './host.ts';
import { LEVELS, type LogLevel } from './log.ts';
import { visible } from './model/text.ts';

/** Every setting with its default; flags have the same names in lower case. */
const DEFAULTS = {
  PORT: '9090',
  HOST: '127.0.0.1',
  GRAPH: 'graphs/chat.fbp',
  DATA: 'data',
  BASE_PATH: '/',
  CORS_ORIGINS: '',
  TRUST_PROXY: 'off',
  ALLOWED_HOSTS: '',
  ACCOUNTS: 'off',
  ORIGIN: '',
  OIDC_ISSUER: '',
  OIDC_CLIENT_ID: '',
  OIDC_CLIENT_SECRET: '',
  OIDC_CLIENT_SECRET_FILE: '',
  OIDC_LABEL: '',
  OIDC_SCOPES: 'openid profile email',
  OIDC_RULES: '',
  JWKS_URL: '',
  ISSUER: '',
  AUDIENCE: '',
  EMBED_ORIGINS: '',
  METRICS: 'on',
  TIMING: '',
  DEADLINE: '10',
  LIMIT: '1024',
  WATCHDOG: '10',
  CONNECTIONS: '10000',
  CONNECTIONS_PER_ADDRESS: '2000',
  OUTBOUND: '',
  LOG_LEVEL: 'info',
  FLOW_EDITOR: 'on',
  EDITOR_SECRET: '',
  EDITOR_VIEW_SECRET: '',
  EDITOR_SETTINGS_SECRET: '',
  EDITOR_CODE: 'off',
  EDITOR_COMPONENTS: '',
  EDITOR_ORIGINS: '',
  EDITOR_UI: 'https://app.flowhub.io',
  EDITOR_SAVE: 'off',
};

type Name = keyof typeof DEFAULTS;

/** Minimum characters of a secret. */
const LEAST_SECRET = 8;
const MAX_SECRET = 1024;

/** A rule that lets people with a matching claim join in a role. One `*` in the pattern matches any characters. */
export interface ClaimRule {
  readonly claim: string;
  readonly pattern: string;
  readonly role: 'member' | 'moderator';
}

const flag = (name: string) => name.toLowerCase().replaceAll('_', '-');

/** Raw values and a reader for each kind. Every reader throws a sentence for an invalid value. */
export class RawSettings {
  readonly #variables: Environment;
  readonly #flags: Flags;

  constructor(env: Environment, flags: Flags) {
    this.#variables = withOldName(env);
    this.#flags = flags;
  }

  value(name: Name): string {
    return this.#flags[flag(name)] ?? (this.#variables[name] || DEFAULTS[name]);
  }

  wrong(name: Name, expected: string): Error {
    return new Error(`${name} must be ${expected}, not "${visible(this.value(name))}"`);
  }

  text(name: Name, expected: string): string {
    if (this.value(name) === '') throw this.wrong(name, expected);
    return this.value(name);
  }

  number(name: Name, least: number, most: number, whole = true): number {
    const value = Number(this.value(name));
    if (this.value(name).trim() === '' || !(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
      throw this.wrong(name, `a ${whole ? 'whole ' : ''}number from ${least} to ${most}`);
    }
    return value;
  }

  onOff(name: Name): boolean {
    if (!['on', 'off'].includes(this.value(name))) throw this.wrong(name, 'on or off');
    return this.value(name) === 'on';
  }

  level(name: Name): LogLevel {
    const found = LEVELS.find(known => known === this.value(name));
    if (!found) throw this.wrong(name, `one of ${LEVELS.join(', ')}`);
    return found;
  }

  /** A list separated by commas or spaces; empty for "none". */
  #list(name: Name): readonly string[] {
    return this.value(name)
      .split(/[\s,]+/)
      .filter(item => item !== '' && item !== 'none');
  }

  /** `wild` lists values that are allowed besides origins. */
  origins(name: Name, wild: readonly string[] = []): readonly string[] {
    const origins = this.#list(name);
    if (origins.some(origin => !wild.includes(origin) && !isOrigin(origin))) {
      const expected = ['none', ...wild, 'or origins such as https://example.org with commas between'];
      throw this.wrong(name, expected.join(', '));
    }
    return origins;
  }

  hosts(name: Name): readonly string[] {
    const hosts = this.#list(name).map(hostPattern);
    const expected = 'none, * or names such as chat.example.org, without scheme and port and with commas between';
    if (hosts.includes(undefined)) throw this.wrong(name, expected);
    return hosts as string[];
  }

  /** Host names in their usual form, addresses and networks. */
  places(name: Name): readonly string[] {
    const places = this.#list(name).map(place => (addressRange(place) ? place : hostName(place)));
    const expected = 'none, or names, addresses and networks such as hooks.local,10.0.0.0/8 with commas between';
    if (places.includes(undefined)) throw this.wrong(name, expected);
    return places as string[];
  }

  /** The values of the graph's secrets, by name: SECRET_GITHUB_HOOK is `github-hook`. */
  graphSecrets(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(this.#variables).flatMap(([variable, value]) => {
        const [, name] = /^SECRET_(\w+)$/.exec(variable) ?? [];
        return name && value ? [[name.toLowerCase().replaceAll('_', '-'), value]] : [];
      }),
    );
  }

  /** DATABASE_URL, PGHOST and related ones; they are validated only if a graph uses them. */
  database(): Readonly<Record<string, string | undefined>> {
    return Object.fromEntries(
      Object.entries(this.#variables).filter(([name]) => /^(DATABASE_URL|PG[A-Z]+)$/.test(name)),
    );
  }

  /** The URL of another server; undefined if unset. Requires https, except on this machine. */
  server(name: Name): string | undefined {
    if (this.value(name) === '') return;
    const url = URL.parse(this.value(name));
    const isSafe =
      url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[|\]$/g, '')));
    if (!url || !isSafe || url.username || url.password || url.hash)
      throw this.wrong(name, 'a URL that begins with https://, or with http:// on this machine');
    return this.value(name);
  }

  /** Rules about who may join, by their provider's claims. */
  claimRules(name: Name): readonly ClaimRule[] {
    const lines = this.value(name)
      .split(/[,\n]/)
      .map(line => line.trim());
    return lines
      .filter(line => line !== '' && line !== 'none')
      .map(line => {
        const [, claim, pattern, role] = /^(\S+)\s+(\S+)\s*:\s*(member|moderator)$/.exec(line) ?? [];
        if (claim === undefined || pattern === undefined || pattern.split('*').length > 2)
          throw this.wrong(name, 'rules such as "email *@school.example: member, groups staff: moderator", or none');
        return { claim, pattern, role: role as ClaimRule['role'] };
      });
  }

  host(name: Name): string {
    const host = listenHost(this.value(name));
    if (!host) throw this.wrong(name, 'a name or an address');
    return host;
  }

  /** The metrics' address: none, with everything else, or a port of their own, with or without a host. */
  place(name: Name, host: string): 'here' | 'nowhere' | ListenAddress {
    const value = this.value(name);
    if (value === 'on' || value === 'off') return value === 'on' ? 'here' : 'nowhere';
    const [, at, number] = /^(?:(.+):)?(\d{1,5})$/.exec(value) ?? [];
    const own = { host: at === undefined ? host : listenHost(at), port: Number(number ?? Number.NaN) };
    if (own.host === undefined || !(own.port <= 65_535))
      throw this.wrong(name, 'on, off, or an address such as 127.0.0.1:9091');
    return own as ListenAddress;
  }

  components(name: Name): readonly string[] {
    const components = this.#list(name);
    if (components.every(component => /^[\w.@-]+(\/[\w.-]+)?$/.test(component))) return components;
    throw this.wrong(name, 'none, or components and libraries such as objects/Extend or strings with commas between');
  }

  page(name: Name): string {
    const url = URL.parse(this.value(name));
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
      throw this.wrong(name, `the URL of a page such as ${DEFAULTS.EDITOR_UI}`);
    }
    return url.href.replace(/(?<!\/)\/+$/, '');
  }

  /** Its errors never contain the secret. An empty variable counts as unset; an empty flag is an error. */
  secret(name: Name): string | undefined {
    if (this.#flags[flag(name)] === undefined && this.value(name) === '') return;
    const fault = secretFault(this.value(name));
    if (fault) throw new Error(`${name} must have ${fault}`);
    return this.value(name);
  }
}

/** The fault of a secret; undefined if it is good. */
export function secretFault(secret: string): string | undefined {
  if (/\p{Cc}/u.test(secret)) return 'no control characters, such as tabs or ends of lines';
  if (secret.length < LEAST_SECRET) return `${LEAST_SECRET} characters or more`;
  if (secret.length > MAX_SECRET) return `${MAX_SECRET} characters or fewer`;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether FLOW_EDITOR is set by its former name EDITOR. Any other value of EDITOR is meant for a shell and ignored. */
export function isOldName({ FLOW_EDITOR, EDITOR }: Environment): boolean {
  return !FLOW_EDITOR && (EDITOR === 'on' || EDITOR === 'off');
}

function withOldName(env: Environment): Environment {
  return isOldName(env) ? { ...env, FLOW_EDITOR: env.EDITOR } : env;
}

type Flags = Readonly<Record<string, string | undefined>>;

export function readFlags(args: readonly string[]): Flags {
  const options = Object.fromEntries(Object.keys(DEFAULTS).map(name => [flag(name), { type: 'string' as const }]));
  try {
    const old = { editor: { type: 'string' as const } };
    const { values } = parseArgs({ args: [...args], options: { ...options, ...old }, allowPositionals: false });
    return { 'flow-editor': values.editor, ...values } as Flags;
  } catch (error) {
    const known = Object.keys(options).map(name => `--${name}`);
    throw new Error(`${visible((error as Error).message.split(/\.\s/, 1)[0]!)}; the flags are ${known.join(', ')}`);
  }
}

/** A host name, a pattern for subdomains, or `*`; undefined if it is none of these. */
function hostPattern(text: string): string | undefined {
  if (text === '*') return text;
  const [, wild = '', name = ''] = /^(\*\.)?(.*)$/.exec(text)!;
  const host = hostName(name);
  return host && wild + host;
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
