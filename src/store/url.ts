import { excerpt } from '../model/words.ts';

/** A parsed store URL: `memory:NAME?keep=NUMBER`, `sqlite:FILE` or `postgres:NAME?standby=sync`. */
type StoreUrl =
  | { readonly kind: 'memory'; readonly name: string; readonly keep?: number }
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly name: string; readonly isStandbySync: boolean };

const CURE = 'take memory:NAME?keep=NUMBER, sqlite:NAME.db or postgres:NAME';

/** File name of a message database in DATA; no other file there has this ending. */
const DATABASE = /^[\w-][\w.-]{0,99}\.db$/;
/** The server's own databases in DATA, in lower case as some file systems ignore case. */
const RESERVED: ReadonlySet<string> = new Set(['accounts.db', 'behaviour.db']);

const MAX_SCHEMA = 40;
const SCHEMA = new RegExp(`^[a-z][a-z0-9_]{0,${MAX_SCHEMA - 1}}$`);
/** The schema of the accounts that belong to a store's schema. */
export const accountsSchema = (name: string): string => `${name}${ACCOUNTS_END}`;
const ACCOUNTS_END = '_auth';
/** Schemas of PostgreSQL itself. */
const OTHERS: ReadonlySet<string> = new Set(['public', 'information_schema']);

/** Limit of `keep`. */
const MAX_KEPT = 999_999_999;

/**
 * The fault of a store URL; undefined if it is valid. Databases are always directly in DATA, so that a graph can't
 * access other files.
 */
export function storeFault(url: unknown): string | undefined {
  const read = readUrl(url);
  return typeof read === 'string' ? read : undefined;
}

/** Parses a store URL. Throws the sentence of `storeFault`. */
export function parseStoreUrl(url: unknown): StoreUrl {
  const read = readUrl(url);
  if (typeof read === 'string') throw new Error(read);
  return read;
}

function readUrl(url: unknown): StoreUrl | string {
  if (typeof url !== 'string') return `a store is named by a text; ${CURE}`;
  const shown = shownAs(url);
  const [, scheme, name = '', search] = /^([a-z]+):([^?]*)(?:\?(.*))?$/s.exec(url) ?? [];
  if (scheme === 'memory') return readMemory(shown, name, new URLSearchParams(search));
  if (scheme === 'postgres' || scheme === 'postgresql') return readPostgres(shown, scheme, name, search);
  if (scheme !== 'sqlite' || name === '') return `${shown} names no store; ${CURE}`;
  if (search !== undefined) return `${shown} has a question mark; sqlite:NAME.db has no settings`;
  if (!DATABASE.test(name))
    return `${shown} can't be a database; its name has letters, digits, dots, _ and - only and ends in .db, as sqlite:history.db does, and it lies in DATA`;
  if (RESERVED.has(name.toLowerCase())) return `${shown} belongs to the server itself; take another name`;
  return { kind: 'sqlite', file: name };
}

function readMemory(shown: string, name: string, settings: URLSearchParams): StoreUrl | string {
  for (const setting of settings.keys())
    if (setting !== 'keep') return `${shown} has no setting ${shownAs(setting)}; it has keep`;
  const keep = settings.get('keep');
  if (keep === null) return { kind: 'memory', name };
  if (!/^[1-9]\d*$/.test(keep) || Number(keep) > MAX_KEPT) return `${shown}: keep must be a whole number of at least 1`;
  return { kind: 'memory', name, keep: Number(keep) };
}

function readPostgres(shown: string, scheme: string, name: string, search: string | undefined): StoreUrl | string {
  // It is not shown, as it may contain a password.
  if (name.startsWith('/') || name.includes('@'))
    return 'where PostgreSQL is, and its password, stand in no graph; write postgres:NAME here, and the rest in the variable DATABASE_URL';
  if (scheme !== 'postgres' || !SCHEMA.test(name) || name.startsWith('pg_') || OTHERS.has(name))
    return `${shown} can't be a schema of PostgreSQL; its name has a to z, digits and _ only, begins with a letter and has at most ${MAX_SCHEMA} characters, as postgres:chat does`;
  if (name.endsWith(ACCOUNTS_END))
    return `${shown} would be where the accounts of another store are; take a name without ${ACCOUNTS_END} at its end`;
  if (search === undefined) return { kind: 'postgres', name, isStandbySync: false };
  if (search !== 'standby=sync') return `${shown} has a setting that there is not; there is standby=sync only`;
  return { kind: 'postgres', name, isStandbySync: true };
}

/** A text for a sentence: quoted, with escapes for unusual characters, and truncated if long. */
function shownAs(text: string): string {
  const short = excerpt(text, 120);
  if (/^[\x21-\x7e…]+$/.test(short)) return short;
  return JSON.stringify(short).replace(/\p{C}/gu, character => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
