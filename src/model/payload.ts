import { MAX_DATA_CHARACTERS } from './limits.ts';

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

/** Passes on, as Refused, an error that is nothing that failed here: a graph that can't start, a file that can't be written. */
export function asRefused(error: unknown): never {
  throw new Refused(error instanceof Error ? error.message : String(error));
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
export const METADATA_TYPES: ReadonlyMap<string, 'number' | 'string' | 'boolean'> = new Map([
  ['x', 'number'],
  ['y', 'number'],
  ['route', 'number'],
  ['schema', 'string'],
  ['secure', 'boolean'],
  ['description', 'string'],
]);

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
      const type = METADATA_TYPES.get(key);
      if (type && typeof value !== type) return [];
      return [[key, type === 'number' ? wholeNumber(value as number) : value]];
    }),
  );
}

/** Positions are whole numbers to all who read them; one that is dragged far out of sight stays within JavaScript's. */
export function wholeNumber(number: number): number {
  const rounded = Math.round(Math.min(Math.max(number, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER));
  return rounded === 0 ? 0 : rounded;
}

/** What has nothing to say of its look has no metadata at all, as if it were read from a file. */
export function looking(metadata: Payload): { metadata?: Payload } {
  return Object.keys(metadata).length > 0 ? { metadata } : {};
}

const MAX_DEPTH = 32;
