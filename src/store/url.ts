/** What a store's URL says: `memory:NAME?keep=NUMBER` or `sqlite:FILE`. */
export type StoreUrl =
  | { readonly kind: 'memory'; readonly name: string; readonly keep?: number }
  | { readonly kind: 'sqlite'; readonly file: string };

/** The name of a database in DATA. Whatever else lies there has another ending. */
const DATABASE = /^[\w-][\w.-]{0,99}\.db$/;
/** Databases in DATA that belong to the server itself, in small letters: some disks know no others. */
const RESERVED: ReadonlySet<string> = new Set(['accounts.db']);

/** The most messages of a room that `keep` may ask for. */
const MAX_KEPT = 999_999_999;

/**
 * Says what is wrong with a store's URL in a sentence; undefined for a good one. Databases lie in DATA itself, so that a
 * graph can't reach any other file.
 */
export function storeFault(url: unknown): string | undefined {
  const read = readUrl(url);
  return typeof read === 'string' ? read : undefined;
}

/** Reads a store's URL. Throws the sentence of `storeFault`. */
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

/** A text for a sentence: in quotes where it has odd characters, which are told by their numbers, and cut where it is long. */
function shownAs(text: string): string {
  const short = text.length > 120 ? `${text.slice(0, 119)}…` : text;
  if (/^[\x21-\x7e…]+$/.test(short)) return short;
  return JSON.stringify(short).replace(/\p{C}/gu, character => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
