import { type Payload, Refused } from '../protocol/message.ts';
import { kind, plain, record } from '../protocol/payload.ts';

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
  const metadata = plain(record(payload, 'metadata'), '"metadata"') as Payload;
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, typed(key, value)]));
}

/** Metadata after a change; what is null in the change is not there any more. */
export function merged(before: Payload, change: Payload): Payload {
  const after = new Map(Object.entries(before));
  for (const [key, value] of Object.entries(change)) {
    if (value === null) after.delete(key);
    else after.set(key, value);
  }
  return plain(Object.fromEntries(after), 'the metadata') as Payload;
}

/** Metadata without a label that says the node's name, which some editors add to each node that they move. */
export function labelled(name: string, { label, ...others }: Payload): Payload {
  return label === undefined || label === name ? others : { label, ...others };
}

/** Metadata as it is sent, as files may hold what the schemas refuse. */
export function sent(metadata: Payload | undefined): Payload {
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
