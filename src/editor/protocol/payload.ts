import { LAST_INDEX, MOST_OF_DATA } from '../../model/limits.ts';
import { type Payload, Refused } from './message.ts';

/** One end of an edge, as messages name it; the port in lower case. */
export interface Port {
  readonly node: string;
  readonly port: string;
  readonly index?: number;
}

/** A field that is a text with at least one character. Throws Refused where it is not. */
export function text(payload: Payload, field: string): string {
  const value = optionalText(payload, field);
  if (!value) throw new Refused(`"${field}" is missing; it is a text`);
  return value;
}

/** A field that is a text if it is there. */
export function optionalText(payload: Payload, field: string): string | undefined {
  const value = payload[field];
  if (value === undefined || value === null) return;
  if (typeof value !== 'string') throw new Refused(`"${field}" must be a text, not ${kind(value)}`);
  if (value.length > MOST_LETTERS) throw new Refused(`"${field}" has more than ${MOST_LETTERS} characters`);
  return value;
}

/** A field that names something, so that it fits into a sentence, a log and a file. Throws Refused where it doesn't. */
export function name(payload: Payload, field: string): string {
  const value = text(payload, field);
  if (value.length > MOST_OF_NAME) throw new Refused(`"${field}" has more than ${MOST_OF_NAME} characters`);
  if (!value.isWellFormed()) throw new Refused(`"${field}" has half a character; write it as UTF-8`);
  if (/\p{Cc}/u.test(value)) throw new Refused(`"${field}" has a line break or another control character; take it out`);
  return value;
}

/** A copy of JSON data that is not too deep nor too long to be kept. Throws Refused where it is; `what` is in its sentence. */
export function plain(value: unknown, what: string): unknown {
  if (!isFlat(value)) throw new Refused(`${what} is nested more than ${MOST_DEPTH} deep`);
  const json = JSON.stringify(value);
  if (json.length > MOST_OF_DATA) throw new Refused(`${what} has more than ${MOST_OF_DATA} characters as JSON`);
  return JSON.parse(json);
}

/** Looks level by level, as what is nested deeply overflows the stack of whatever calls itself. */
function isFlat(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MOST_DEPTH) return false;
    level = level.flatMap(outer => (typeof outer === 'object' && outer !== null ? Object.values(outer) : []));
  }
  return true;
}

/** A field that is an object, with nothing in it where it is missing. */
export function record(payload: Payload, field: string): Payload {
  const value = payload[field] ?? {};
  if (!isRecord(value)) throw new Refused(`"${field}" must be an object, not ${kind(value)}`);
  return value;
}

/** A field `{node, port, index?}`. */
export function port(payload: Payload, field: string): Port {
  const value = payload[field];
  if (!isRecord(value)) throw new Refused(`"${field}" must be {"node", "port"}`);
  const { index } = value;
  const end = { node: name(value, 'node'), port: name(value, 'port').toLowerCase() };
  if (index === undefined || index === null || index === '') return end;
  // An object is not asked for its number, as it may answer with anything.
  const number = typeof index === 'object' ? Number.NaN : Math.abs(Number(index));
  if (Number.isInteger(number) && number <= LAST_INDEX && Number(index) >= 0) return { ...end, index: number };
  throw new Refused(`"index" of "${field}" must be a whole number from 0 to ${LAST_INDEX}`);
}

export function isRecord(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a value is, for a sentence. */
export function kind(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Of a name; a component's source is longer and read elsewhere. */
const MOST_LETTERS = 4096;
const MOST_OF_NAME = 256;
const MOST_DEPTH = 32;
