import { isLoopback, type ListenAddress } from './host.ts';
import type { LogLevel } from './log.ts';
import { type ClaimRule, type Environment, isOldName, RawSettings, readFlags } from './raw-settings.ts';

export { isLoopback } from './host.ts';
export { secretFault } from './raw-settings.ts';

/** An OpenID Connect provider. */
export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** The secret, or the path of a file with it; without both, the client is a public one. */
  readonly secret?: string;
  readonly secretFile?: string;
  /** The label of the page's button. */
  readonly label: string;
  readonly scopes: readonly string[];
  /** Rules about who may join without an invitation. */
  readonly rules: readonly ClaimRule[];
}

/** An embedding page's server, whose tokens identify people. */
export interface EmbedSettings {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
}

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
  /** Whether only those and this machine's own are accepted, as people are signed in by cookies. */
  readonly onlyAllowedHosts: boolean;
  /** Whether people can have accounts. */
  readonly accounts: boolean;
  /** Public origin; undefined if only local. */
  readonly origin: string | undefined;
  /** Undefined without an OpenID provider. */
  readonly provider: OidcSettings | undefined;
  readonly embed: EmbedSettings | undefined;
  /** Origins whose pages may show ours in a frame. */
  readonly embedOrigins: readonly string[];
  readonly timing: boolean;
  /** Where /metrics is served: with everything else, nowhere, or at its own address. */
  readonly metricsAt: 'here' | 'nowhere' | ListenAddress;
  /** Milliseconds until a question has to be answered. */
  readonly deadline: number;
  readonly limit: number;
  /** Milliseconds the event loop may be stuck before the process ends; 0 means forever. */
  readonly watchdog: number;
  /** Most open connections, in all and per address. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Targets that nodes may reach besides the public internet: names, addresses, networks. */
  readonly outbound: readonly string[];
  /** The values of the graph's secrets that are given as variables, by name. */
  readonly graphSecrets: Readonly<Record<string, string>>;
  /** Variables with the address of PostgreSQL. */
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
  const provider = oidcSettings(given);
  const embed = embedSettings(given);
  const needing = Object.entries({ OIDC_ISSUER: provider, JWKS_URL: embed }).find(([, set]) => set)?.[0];
  if (!accounts && needing !== undefined) throw new Error(`${needing} is set, but ACCOUNTS is off; turn it on`);
  if (provider && origin === undefined)
    throw new Error('ORIGIN must say how people reach the server, as OIDC_ISSUER sends them back there');
  return {
    accounts,
    origin,
    provider,
    embed,
    embedOrigins: given.origins('EMBED_ORIGINS'),
    allowedHosts: accounts && origin !== undefined ? [new URL(origin).hostname, ...allowedHosts] : allowedHosts,
    // Signed-in people must not be reached by a name that somebody else points to this server.
    onlyAllowedHosts: accounts,
  };
}

function oidcSettings(given: RawSettings): OidcSettings | undefined {
  const issuer = given.server('OIDC_ISSUER');
  const names = [
    'OIDC_CLIENT_ID',
    'OIDC_CLIENT_SECRET',
    'OIDC_CLIENT_SECRET_FILE',
    'OIDC_LABEL',
    'OIDC_RULES',
  ] as const;
  const lonely = names.find(name => given.value(name) !== '');
  if (issuer === undefined && lonely !== undefined)
    throw new Error(`${lonely} is set, but OIDC_ISSUER does not say at which server people sign in`);
  if (issuer === undefined) return;
  const [secret, secretFile] = [given.value('OIDC_CLIENT_SECRET'), given.value('OIDC_CLIENT_SECRET_FILE')];
  if (secret !== '' && secretFile !== '')
    throw new Error('OIDC_CLIENT_SECRET and OIDC_CLIENT_SECRET_FILE are both set; keep one');
  return {
    issuer,
    clientId: given.text('OIDC_CLIENT_ID', 'what the server of OIDC_ISSUER calls this one'),
    ...(secret !== '' && { secret }),
    ...(secretFile !== '' && { secretFile }),
    label: given.value('OIDC_LABEL') || `Sign in with ${new URL(issuer).hostname}`,
    scopes: given.value('OIDC_SCOPES').split(/[\s,]+/),
    rules: given.claimRules('OIDC_RULES'),
  };
}

function embedSettings(given: RawSettings): EmbedSettings | undefined {
  const jwksUrl = given.server('JWKS_URL');
  const [issuer, audience] = [given.value('ISSUER'), given.value('AUDIENCE')];
  // The other two names may belong to settings of other programs.
  if (jwksUrl === undefined) return;
  if (issuer === '' || audience === '')
    throw new Error('JWKS_URL, ISSUER and AUDIENCE go together: where the keys are, who signs, and for whom');
  return { jwksUrl, issuer, audience };
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
