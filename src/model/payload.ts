import { MAX_DATA_CHARACTERS } from './limits.ts';
import { Refused } from './refused.ts';

/** The fields of a message, unchecked. */
export type Payload = Readonly<Record<string, unknown>>;

/** One end of an edge, as messages name it; the port in lower case. */
export interface PortAddress {
  readonly node: string;
  readonly port: string;
  readonly index?: number;
}

/** Copies JSON data. Throws Refused if it is nested too deeply or too long; `what` names it in the sentence. */
export function boundedJson(value: unknown, what: string): unknown {
  if (!isFlat(value)) throw new Refused(`${what} is nested more than ${MAX_DEPTH} deep`);
  const json = JSON.stringify(value);
  if (json.length > MAX_DATA_CHARACTERS)
    throw new Refused(`${what} has more than ${MAX_DATA_CHARACTERS} characters as JSON`);
  return JSON.parse(json);
}

/** Checks level by level: recursion would overflow the stack on deep nesting. */
function isFlat(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return false;
    level = level.flatMap(outer => (typeof outer === 'object' && outer !== null ? Object.values(outer) : []));
  }
  return true;
}

export function isRecord(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The type of a value, for a sentence. */
export function kind(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

const MAX_DEPTH = 32;
