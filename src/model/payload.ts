import { LAST_INDEX, MAX_DATA_CHARACTERS } from './limits.ts';

/** The fields of a message, as they came; nothing about them is certain. */
export type Payload = Readonly<Record<string, unknown>>;

/** Thrown where a message can't be honoured; its sentence goes to the sender as `PROTOCOL:error`. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** One end of an edge, as messages name it; the port in lower case. */
export interface PortAddress {
  readonly node: string;
  readonly port: string;
  readonly index?: number;
}

/** A field that is a text with at least one character. Throws Refused where it is not. */
export function requiredText(payload: Payload, field: string): string {
  const value = optionalText(payload, field);
  if (!value) throw new Refused(`"${field}" is missing; it is a text`);
  return value;
}

/** A field that is a text if it is there. */
export function optionalText(payload: Payload, field: string): string | undefined {
  const value = payload[field];
  if (value === undefined || value === null) return;
  if (typeof value !== 'string') throw new Refused(`"${field}" must be a text, not ${kind(value)}`);
  if (value.length > MAX_CHARACTERS) throw new Refused(`"${field}" has more than ${MAX_CHARACTERS} characters`);
  return value;
}

/** A field that names something, so that it fits into a sentence, a log and a file. Throws Refused where it doesn't. */
export function name(payload: Payload, field: string): string {
  const value = requiredText(payload, field);
  if (value.length > MAX_NAME_LENGTH) throw new Refused(`"${field}" has more than ${MAX_NAME_LENGTH} characters`);
  if (!value.isWellFormed()) throw new Refused(`"${field}" has half a character; write it as UTF-8`);
  if (/\p{Cc}/u.test(value)) throw new Refused(`"${field}" has a line break or another control character; take it out`);
  return value;
}

/** A copy of JSON data that is not too deep nor too long to be kept. Throws Refused where it is; `what` is in its sentence. */
export function boundedJson(value: unknown, what: string): unknown {
  if (!isFlat(value)) throw new Refused(`${what} is nested more than ${MAX_DEPTH} deep`);
  const json = JSON.stringify(value);
  if (json.length > MAX_DATA_CHARACTERS)
    throw new Refused(`${what} has more than ${MAX_DATA_CHARACTERS} characters as JSON`);
  return JSON.parse(json);
}

/** Looks level by level, as what is nested deeply overflows the stack of whatever calls itself. */
function isFlat(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return false;
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
export function port(payload: Payload, field: string): PortAddress {
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
const MAX_CHARACTERS = 4096;
const MAX_NAME_LENGTH = 256;
const MAX_DEPTH = 32;
