import { MAX_DATA_CHARACTERS } from './limits.ts';

/** The fields of a message, unchecked. */
export type Payload = Readonly<Record<string, unknown>>;

/** A fault of a component's file; line and column count from 1. */
export interface FileFault {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** Optional fields of a refusal beside its sentence. */
interface RefusalDetails {
  readonly code?: string;
  readonly faults?: readonly FileFault[];
}

/** Thrown if a message is rejected; its sentence is sent to the client as `PROTOCOL:error`. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly details: RefusalDetails;

  constructor(message: string, details: RefusalDetails = {}) {
    super(message);
    this.details = details;
  }
}

/** Rethrows an expected error as Refused: a graph that can't start, a file that can't be written. */
export function asRefused(error: unknown): never {
  throw new Refused(error instanceof Error ? error.message : String(error));
}

/** `file:line:column: message`, without an unknown line or column. */
export function printFileFault({ file, line, column, message }: FileFault): string {
  return `${[file, line, column].filter(part => part !== undefined).join(':')}: ${message}`;
}

/** The refusal of a component's files, one fault per line. */
export function refusedFiles(faults: readonly FileFault[]): Refused {
  return new Refused(faults.map(printFileFault).join('\n'), { faults });
}

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

/** Metadata types that the graph protocol demands; other keys may have any value. */
export const METADATA_TYPES: ReadonlyMap<string, 'number' | 'string' | 'boolean'> = new Map([
  ['x', 'number'],
  ['y', 'number'],
  ['route', 'number'],
  ['schema', 'string'],
  ['secure', 'boolean'],
  ['description', 'string'],
]);

/** Metadata after a change; null in the change deletes a key. */
export function mergedMetadata(before: Payload, change: Payload): Payload {
  const after = new Map(Object.entries(before));
  for (const [key, value] of Object.entries(change)) {
    if (value === null) after.delete(key);
    else after.set(key, value);
  }
  return boundedJson(Object.fromEntries(after), 'the metadata') as Payload;
}

/** Metadata without a label that equals the node's name; some editors add it to each node that they move. */
export function labelled(name: string, { label, ...others }: Payload): Payload {
  return label === undefined || label === name ? others : { label, ...others };
}

/** Metadata that clients accept; files may hold values that the schemas reject. */
export function sendableMetadata(metadata: Payload | undefined): Payload {
  return Object.fromEntries(
    Object.entries(metadata ?? {}).flatMap(([key, value]) => {
      const type = METADATA_TYPES.get(key);
      if (type && typeof value !== type) return [];
      return [[key, type === 'number' ? wholeNumber(value as number) : value]];
    }),
  );
}

/** Rounds a coordinate, clamped to safe integers. */
export function wholeNumber(number: number): number {
  const rounded = Math.round(Math.min(Math.max(number, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER));
  return rounded === 0 ? 0 : rounded;
}

/** An object with `metadata`, or an empty one if the metadata is empty, as for a node read from a file. */
export function looking(metadata: Payload): { metadata?: Payload } {
  return Object.keys(metadata).length > 0 ? { metadata } : {};
}

const MAX_DEPTH = 32;
