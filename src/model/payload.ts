import { LAST_INDEX, MAX_DATA_CHARACTERS } from './limits.ts';

/** The fields of a message, as they came; nothing about them is certain. */
export type Payload = Readonly<Record<string, unknown>>;

/** What is wrong with a component's file, and where; line and column count from 1. */
export interface FileFault {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** What stands beside the sentence of a refusal, for clients that know the addition. */
interface RefusalDetails {
  readonly code?: string;
  readonly faults?: readonly FileFault[];
}

/** Thrown where a message can't be honoured; its sentence goes to the sender as `PROTOCOL:error`. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly details: RefusalDetails;

  constructor(message: string, details: RefusalDetails = {}) {
    super(message);
    this.details = details;
  }
}

/** `file:line:column: message`, as far as the place is known. */
export function printFileFault({ file, line, column, message }: FileFault): string {
  return `${[file, line, column].filter(part => part !== undefined).join(':')}: ${message}`;
}

/** The refusal of a component's files, each fault on a line of its own. */
export function refusedFiles(faults: readonly FileFault[]): Refused {
  return new Refused(faults.map(printFileFault).join('\n'), { faults });
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

/** The types that the graph protocol's schemas ask for; anything may stand under other names. */
const TYPES: ReadonlyMap<string, 'number' | 'string' | 'boolean'> = new Map([
  ['x', 'number'],
  ['y', 'number'],
  ['route', 'number'],
  ['schema', 'string'],
  ['secure', 'boolean'],
  ['description', 'string'],
]);

/** The metadata of a message, as it is to be merged; a null takes away. Throws Refused where it can't be sent on. */
export function given(payload: Payload): Payload {
  const metadata = boundedJson(record(payload, 'metadata'), '"metadata"') as Payload;
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, typed(key, value)]));
}

/** Metadata after a change; what is null in the change is not there any more. */
export function mergedMetadata(before: Payload, change: Payload): Payload {
  const after = new Map(Object.entries(before));
  for (const [key, value] of Object.entries(change)) {
    if (value === null) after.delete(key);
    else after.set(key, value);
  }
  return boundedJson(Object.fromEntries(after), 'the metadata') as Payload;
}

/** Metadata without a label that says the node's name, which some editors add to each node that they move. */
export function labelled(name: string, { label, ...others }: Payload): Payload {
  return label === undefined || label === name ? others : { label, ...others };
}

/** Metadata as it is sent, as files may hold what the schemas refuse. */
export function sendableMetadata(metadata: Payload | undefined): Payload {
  return Object.fromEntries(
    Object.entries(metadata ?? {}).flatMap(([key, value]) => {
      const type = TYPES.get(key);
      if (type && typeof value !== type) return [];
      return [[key, type === 'number' ? whole(value as number) : value]];
    }),
  );
}

function typed(key: string, value: unknown): unknown {
  const type = TYPES.get(key);
  if (!type || value === null) return value;
  // Some editors send numbers as they read them from a file.
  const read = type === 'number' && typeof value === 'string' && value.trim() ? Number(value) : value;
  if (typeof read !== type || Number.isNaN(read)) {
    throw new Refused(`"${key}" in "metadata" must be a ${type}, not ${kind(value)}`);
  }
  return type === 'number' ? whole(read as number) : read;
}

/** Positions are whole numbers to all who read them; one that is dragged far out of sight stays within JavaScript's. */
function whole(number: number): number {
  const rounded = Math.round(Math.min(Math.max(number, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER));
  return rounded === 0 ? 0 : rounded;
}

/** What has nothing to say of its look has no metadata at all, as if it were read from a file. */
export function looking(metadata: Payload): { metadata?: Payload } {
  return Object.keys(metadata).length > 0 ? { metadata } : {};
}

/** Of a name; a component's source is longer and read elsewhere. */
const MAX_CHARACTERS = 4096;
const MAX_NAME_LENGTH = 256;
const MAX_DEPTH = 32;
