import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import { StoreFailed } from './store.ts';

/**
 * Variables with the address of PostgreSQL: DATABASE_URL, or PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE
 * and PGSSLROOTCERT.
 */
export type DatabaseVariables = Readonly<Record<string, string | undefined>>;

/** PostgreSQL's address and credentials. */
export interface DatabaseAddress {
  /** Tried in this order. A host that begins with a slash is the folder of a socket. */
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  readonly database: string;
  readonly user: string;
  /** If undefined, it may be in a password file. */
  readonly password: string | undefined;
  readonly ssl: ConnectionOptions | false;
}

const CURE =
  'set DATABASE_URL to postgres://USER:PASSWORD@HOST:PORT/DATABASE, or PGHOST, PGUSER, PGPASSWORD and PGDATABASE';
const PORT = 5432;
const URL_PARTS = /^postgres(?:ql)?:\/\/(?:([^:@/?]*)(?::([^@/?]*))?@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s;

/** Parses the variables; DATABASE_URL wins. Throws StoreFailed with a sentence that never contains the password. */
export function readAddress(variables: DatabaseVariables): DatabaseAddress {
  const { DATABASE_URL: url, PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE, PGSSLROOTCERT } = variables;
  if (!url && !PGHOST) throw new StoreFailed(`nothing says where PostgreSQL is; ${CURE}`);
  const parts = url ? URL_PARTS.exec(url) : [];
  if (!parts) throw new StoreFailed(`DATABASE_URL can't be read; ${CURE}`);
  const [, name, secret, hosts, path, search] = parts;
  const settings = new URLSearchParams(search);
  const given = (setting: string, part: string | undefined, variable: string | undefined) =>
    settings.get(setting) || decoded(part) || variable || undefined;
  const user = given('user', name, PGUSER) ?? userInfo().username;
  return {
    servers: servers(given('host', hosts, PGHOST) ?? 'localhost', given('port', undefined, PGPORT)),
    database: given('dbname', path, PGDATABASE) ?? user,
    user,
    password: given('password', secret, PGPASSWORD),
    ssl: encryption(given('sslmode', undefined, PGSSLMODE) ?? 'prefer', given('sslrootcert', undefined, PGSSLROOTCERT)),
  };
}

function decoded(text = ''): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new StoreFailed(`DATABASE_URL can't be read, as a % in it is no %25; ${CURE}`);
  }
}

/** `a,b:5433,[::1]:5434`; `ports` is one port for all hosts without one, or one per host. */
function servers(hosts: string, ports = ''): DatabaseAddress['servers'] {
  const names = hosts.split(',');
  const others = ports.split(',');
  return names.map((text, index) => {
    const [, bracketed, plain, own] = /^(?:\[([^\]]+)\]|(\/[^:]*|[^:[\]]*))(?::(\d+))?$/.exec(text.trim()) ?? [];
    const host = bracketed ?? plain;
    const port = Number(own || others[others.length === 1 ? 0 : index] || PORT);
    if (host === undefined || !(Number.isInteger(port) && port > 0 && port < 65_536))
      throw new StoreFailed(`a host or port of PostgreSQL can't be read; ${CURE}`);
    return { host: host || 'localhost', port };
  });
}

/** As PostgreSQL's own programs interpret it, except that encryption has to be requested. */
function encryption(mode: string, certificate: string | undefined): DatabaseAddress['ssl'] {
  if (mode === 'disable' || mode === 'allow' || mode === 'prefer') return false;
  if (mode !== 'require' && mode !== 'verify-ca' && mode !== 'verify-full')
    throw new StoreFailed(
      `sslmode is "${mode}", which is none of disable, prefer, require, verify-ca and verify-full; take verify-full`,
    );
  const isVerified = mode !== 'require' || certificate !== undefined;
  return {
    rejectUnauthorized: isVerified,
    ...(mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
    ...(certificate !== undefined && certificate !== 'system' && { ca: readCertificate(certificate) }),
  };
}

function readCertificate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StoreFailed(`sslrootcert can't be read: ${(error as Error).message}`);
  }
}
