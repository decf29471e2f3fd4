import { NAMESPACE } from '../../library/manifest.ts';
import { type Payload, Refused } from '../protocol/message.ts';
import { optionalText, text } from '../protocol/payload.ts';

/** Source that an editor brings in. */
export interface Order {
  /** Without the library's. */
  readonly name: string;
  /** The ending of files in its language. */
  readonly ending: 'ts' | 'js' | 'fbp' | 'json';
  readonly code: string;
  readonly tests?: string;
}

/** Languages as editors name them. */
const ENDINGS: ReadonlyMap<string, Order['ending']> = new Map([
  ['typescript', 'ts'],
  ['javascript', 'js'],
  ['es2015', 'js'],
  ['es6', 'js'],
  ['fbp', 'fbp'],
  ['json', 'json'],
]);

/** Bytes of source and tests together. */
const MOST = 256 * 1024;

/** Reads what `component:source` brings. Throws Refused where it can't be a component of ours. */
export function order(payload: Payload): Order {
  const given = text(payload, 'name');
  const library = optionalText(payload, 'library') || NAMESPACE;
  const name = given.startsWith(`${NAMESPACE}/`) ? given.slice(NAMESPACE.length + 1) : given;
  if (library !== NAMESPACE)
    throw new Refused(`${library}/${name} belongs to a package; only ${NAMESPACE}/… can be changed`);
  if (!/^[A-Z][A-Za-z0-9]{0,63}$/.test(name)) {
    throw new Refused(`"${given}" can't name a component; take a capital, then letters and digits, at most 64`);
  }
  const language = text(payload, 'language').toLowerCase();
  const ending = ENDINGS.get(language);
  if (!ending)
    throw new Refused(`${NAMESPACE}/${name} can't be in ${language}; take typescript, javascript, fbp or json`);
  const code = long(payload, 'code');
  if (code === undefined) throw new Refused('"code" is missing; it is a text');
  const tests = long(payload, 'tests');
  if (Buffer.byteLength(code + (tests ?? '')) > MOST) {
    throw new Refused(`${NAMESPACE}/${name} is too long; ${MOST / 1024} kB is the most, with its tests`);
  }
  return { name, ending, code, ...(tests !== undefined && { tests }) };
}

/** A text of any length; nothing where it is empty. */
function long(payload: Payload, field: string): string | undefined {
  const value = payload[field] ?? '';
  if (typeof value !== 'string') throw new Refused(`"${field}" must be a text`);
  return value.trim() === '' ? undefined : value;
}
