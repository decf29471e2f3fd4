import { boundedJson, type Payload } from './payload.ts';

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
export function withoutOwnName(name: string, { label, ...others }: Payload): Payload {
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
export function optionalMetadata(metadata: Payload): { metadata?: Payload } {
  return Object.keys(metadata).length > 0 ? { metadata } : {};
}
