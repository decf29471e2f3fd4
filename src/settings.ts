import { parseArgs } from 'node:util';
import { addressRange, hostName, isLoopback, type ListenAddress, listenHost } from './host.ts';
import { LEVELS, type LogLevel } from './log.ts';
import { visible } from './model/text.ts';

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

const flag = (name: string) => name.toLowerCase().replaceAll('_', '-');

/** Raw values and a reader for each kind. Every reader throws a sentence for an invalid value. */
class RawSettings {
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

  /** `wild` are values allowed beside origins. */
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

  /** DATABASE_URL and PGHOST with its like; what is wrong with them counts only where a graph uses them. */
  database(): Readonly<Record<string, string | undefined>> {
    return Object.fromEntries(
      Object.entries(this.#variables).filter(([name]) => /^(DATABASE_URL|PG[A-Z]+)$/.test(name)),
    );
  }

  host(name: Name): string {
    const host = listenHost(this.value(name));
    if (!host) throw this.wrong(name, 'a name or an address');
    return host;
  }

  /** Nowhere, with everything else, or an own address: a port, with or without a host. */
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

/** Says what is wrong with a secret; undefined if it is good. */
export function secretFault(secret: string): string | undefined {
  if (/\p{Cc}/u.test(secret)) return 'no control characters, such as tabs or ends of lines';
  if (secret.length < LEAST_SECRET) return `${LEAST_SECRET} characters or more`;
  if (secret.length > MAX_SECRET) return `${MAX_SECRET} characters or fewer`;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether FLOW_EDITOR is set by its former name EDITOR. Any other value of EDITOR is meant for a shell and ignored. */
function isOldName({ FLOW_EDITOR, EDITOR }: Environment): boolean {
  return !FLOW_EDITOR && (EDITOR === 'on' || EDITOR === 'off');
}

function withOldName(env: Environment): Environment {
  return isOldName(env) ? { ...env, FLOW_EDITOR: env.EDITOR } : env;
}

type Flags = Readonly<Record<string, string | undefined>>;

function readFlags(args: readonly string[]): Flags {
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

export { isLoopback } from './host.ts';

/** The validated settings. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly graph: string;
  readonly data: string;
  /** Begins with a slash and does not end with one; empty at the root. */
  readonly basePath: string;
  readonly corsOrigins: readonly string[];
  readonly trustProxy: boolean;
  /** Allowed host names beside our own; `*.example.org` for all subdomains, `*` for all. */
  readonly allowedHosts: readonly string[];
  /** Whether people can have accounts. */
  readonly accounts: boolean;
  /** Scheme, host and port by which people reach the server; undefined where only this machine does. */
  readonly origin: string | undefined;
  readonly timing: boolean;
  /** Where /metrics is served: with everything else, nowhere, or at its own address. */
  readonly metricsAt: 'here' | 'nowhere' | ListenAddress;
  /** In milliseconds. */
  readonly deadline: number;
  readonly limit: number;
  /** Milliseconds the event loop may be stuck before the process ends; 0 means forever. */
  readonly watchdog: number;
  /** Most open connections, in all and per address. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** What nodes may reach besides the public internet: names, addresses, networks. */
  readonly outbound: readonly string[];
  /** The values of the graph's secrets that are given as variables, by name. */
  readonly graphSecrets: Readonly<Record<string, string>>;
  /** The variables that say where PostgreSQL is. */
  readonly database: Readonly<Record<string, string | undefined>>;
  readonly logLevel: LogLevel;
  /** Sentences on settings that work but should be changed. */
  readonly warnings: readonly string[];
  /** Whether the server can be edited at all. */
  readonly editor: boolean;
  /** Allows editing. If undefined, one is generated and stored in `data`. */
  readonly editorSecret: string | undefined;
  /** Allows watching only. If undefined, there is no read-only access. */
  readonly editorViewSecret: string | undefined;
  readonly editorSettingsSecret: string | undefined;
  /** Whether `editorSecret` may submit source, that is, run code on this machine. */
  readonly editorCode: boolean;
  /** Components such as `objects/Extend`, or libraries such as `objects`, allowed without that right. */
  readonly editorComponents: readonly string[];
  /** Additional origins whose pages may connect to the editor's endpoint. */
  readonly editorOrigins: readonly string[];
  /** URL of a noflo-ui, without a trailing slash. */
  readonly editorUi: string;
  /** Whether each live revision is saved to the graph's file automatically. */
  readonly editorSave: boolean;
}

/** Reads the environment and flags of the same names, which win. Throws a sentence that names an invalid one. */
export function readSettings(env: Environment, args: readonly string[]): Settings {
  const flags = readFlags(args);
  const given = new RawSettings(env, flags);
  const host = given.host('HOST');
  return {
    port: given.number('PORT', 0, 65535),
    host,
    graph: given.text('GRAPH', 'the path of a file'),
    data: given.text('DATA', 'the path of a folder'),
    basePath: basePath(given),
    corsOrigins: given.origins('CORS_ORIGINS', ['*']),
    trustProxy: given.onOff('TRUST_PROXY'),
    ...accountSettings(given, host),
    timing: given.value('TIMING') === '' ? isLoopback(host) : given.onOff('TIMING'),
    metricsAt: given.place('METRICS', host),
    deadline: given.number('DEADLINE', 0.001, 3600, false) * 1000,
    limit: given.number('LIMIT', 1, 1_000_000),
    watchdog: given.number('WATCHDOG', 0, 3600) * 1000,
    connections: given.number('CONNECTIONS', 1, 1_000_000),
    connectionsPerAddress: given.number('CONNECTIONS_PER_ADDRESS', 1, 1_000_000),
    outbound: given.places('OUTBOUND'),
    graphSecrets: given.graphSecrets(),
    database: given.database(),
    logLevel: given.level('LOG_LEVEL'),
    warnings:
      isOldName(env) || flags.editor !== undefined
        ? ['EDITOR is called FLOW_EDITOR now; EDITOR names a text editor to every shell']
        : [],
    ...editorSettings(given),
  };
}

function basePath(given: RawSettings): string {
  const path = given.value('BASE_PATH').replace(/(?<!\/)\/+$/, '');
  if (!/^(\/[\w.~-]+)*$/.test(path)) throw given.wrong('BASE_PATH', 'a path such as /chat');
  return path;
}

function accountSettings(given: RawSettings, host: string) {
  const accounts = given.onOff('ACCOUNTS');
  const [origin, ...more] = given.origins('ORIGIN');
  if (more.length > 0) throw given.wrong('ORIGIN', 'one origin, such as https://chat.example.org');
  if (accounts && origin === undefined && !isLoopback(host))
    throw new Error(
      `ORIGIN must say how people reach the server, such as https://chat.example.org, as ACCOUNTS is on and HOST is ${host}`,
    );
  const allowedHosts = given.hosts('ALLOWED_HOSTS');
  // Whoever is signed in must not be reached by a name that somebody else points here.
  const isOnly = accounts && origin !== undefined && allowedHosts.length === 0;
  return { accounts, origin, allowedHosts: isOnly ? [new URL(origin).hostname] : allowedHosts };
}

function editorSettings(given: RawSettings) {
  const editorSecret = given.secret('EDITOR_SECRET');
  const editorViewSecret = given.secret('EDITOR_VIEW_SECRET');
  if (editorSecret !== undefined && editorSecret === editorViewSecret) {
    throw new Error('EDITOR_VIEW_SECRET must differ from EDITOR_SECRET; who may only watch could edit');
  }
  const editorSettingsSecret = given.secret('EDITOR_SETTINGS_SECRET');
  if (editorSettingsSecret !== undefined && [editorSecret, editorViewSecret].includes(editorSettingsSecret))
    throw new Error(
      'EDITOR_SETTINGS_SECRET must differ from the other secrets; who may only change settings could do other things',
    );
  return {
    editor: given.onOff('FLOW_EDITOR'),
    editorSecret,
    editorViewSecret,
    editorSettingsSecret,
    editorCode: given.onOff('EDITOR_CODE'),
    editorComponents: given.components('EDITOR_COMPONENTS'),
    editorOrigins: given.origins('EDITOR_ORIGINS'),
    editorUi: given.page('EDITOR_UI'),
    editorSave: given.onOff('EDITOR_SAVE'),
  };
}
