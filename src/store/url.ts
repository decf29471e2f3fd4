import { excerpt } from '../model/words.ts';

/** A parsed store URL: `memory:NAME?keep=NUMBER` or `sqlite:FILE`. */
type StoreUrl =
  | { readonly kind: 'memory'; readonly name: string; readonly keep?: number }
  | { readonly kind: 'sqlite'; readonly file: string };

/** File name of a message database in DATA; every other file there ends differently. */
const DATABASE = /^[\w-][\w.-]{0,99}\.db$/;
/** Databases in DATA that are the server's own, in lower case as some file systems ignore case. */
const RESERVED: ReadonlySet<string> = new Set(['accounts.db', 'behaviour.db']);

/** Upper limit of `keep`. */
const MAX_KEPT = 999_999_999;

/**
 * Says what is wrong with a store URL; undefined if it is valid. Databases are always directly in DATA, so that a graph
 * can't reach other files.
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
  if (typeof url !== 'string') return 'a store is named by a text; take memory:NAME?keep=NUMBER or sqlite:NAME.db';
  const shown = shownAs(url);
  const [, scheme, name = '', search] = /^([a-z]+):([^?]*)(?:\?(.*))?$/s.exec(url) ?? [];
  if (scheme === 'memory') return readMemory(shown, name, new URLSearchParams(search));
  if (scheme !== 'sqlite' || name === '')
    return `${shown} names no store; take memory:NAME?keep=NUMBER or sqlite:NAME.db`;
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

/** A text for a sentence: quoted with code points if it has unusual characters, and truncated if long. */
function shownAs(text: string): string {
  const short = excerpt(text, 120);
  if (/^[\x21-\x7e…]+$/.test(short)) return short;
  return JSON.stringify(short).replace(/\p{C}/gu, character => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
