import * as v from 'valibot';
import { LAST_INDEX } from './limits.ts';
import {
  boundedJson,
  isRecord,
  kind,
  METADATA_TYPES,
  type Payload,
  type PortAddress,
  Refused,
  wholeNumber,
} from './payload.ts';

// The fields of which the editor protocol's payloads are made. A sentence that begins with a space is about its field, whose
// name comes before it. What is read here is a client's, so that nothing about it is certain.

/** The most characters of any text but source, and of a name. */
const MAX_CHARACTERS = 4096;
const MAX_NAME_LENGTH = 256;

/** Reads a value by a schema. Throws Refused with the sentence of the first fault. */
export function readBy<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const { issues, output } = v.safeParse(schema, value, { abortEarly: true });
  if (issues === undefined) return output;
  const [{ message, path = [] }] = issues;
  if (!message.startsWith(' ')) throw new Refused(message);
  const [outer, last] = [undefined, ...path.map(({ key }) => key)].slice(-2);
  // `nodes` has a list, in which each is a `node`.
  const field = typeof last === 'number' ? String(outer).replace(/s$/, '') : String(last);
  throw new Refused(`"${field}"${message}`);
}

const mustBe =
  (what: string) =>
  ({ input }: v.BaseIssue<unknown>): string =>
    ` must be ${what}, not ${kind(input)}`;

/** A field that says itself what is wrong where it is missing. */
export const mandatory = <Schema extends v.GenericSchema>(schema: Schema): Schema =>
  v.optional(schema, null as never) as unknown as Schema;

/** A text with at least one character; `missing` is what is said where there is none. */
const textOr = (missing: string) =>
  v.pipe(
    v.nullish(v.string(mustBe('a text')), ''),
    v.nonEmpty(missing),
    v.maxLength(MAX_CHARACTERS, ` has more than ${MAX_CHARACTERS} characters`),
  );

export const text = textOr(' is missing; it is a text');

/** A text that may be missing or null. */
export const optionalText = v.nullish(
  v.pipe(v.string(mustBe('a text')), v.maxLength(MAX_CHARACTERS, ` has more than ${MAX_CHARACTERS} characters`)),
);

/** A text that names something, so that it fits into a sentence, a log and a file. */
export const nameOr = (missing: string) =>
  v.pipe(
    textOr(missing),
    v.maxLength(MAX_NAME_LENGTH, ` has more than ${MAX_NAME_LENGTH} characters`),
    v.check(value => value.isWellFormed(), ' has half a character; write it as UTF-8'),
    v.check(value => !/\p{Cc}/u.test(value), ' has a line break or another control character; take it out'),
  );

export const name = nameOr(' is missing; it is a text');

/** A port, which is told in lower case, however it comes. */
export const lowerName = v.pipe(name, v.toLowerCase());

/** True, or anything else for false. */
export const flag = v.pipe(
  v.optional(v.unknown(), false),
  v.transform(value => value === true),
);

/** An object; one without fields where it is missing. */
export const record = v.nullish(v.custom<Payload>(isRecord, mustBe('an object')), () => ({}));

/** An object that can't be missing; `sentence` says what it has. */
export const objectOr = (sentence: string) => mandatory(v.custom<Payload>(isRecord, sentence));

/** JSON that is not too deep nor too long to be kept; `what` is in its sentence. */
export const json = (what: string) =>
  v.pipe(
    v.unknown(),
    v.transform(value => boundedJson(value, what)),
  );

/** One end of an edge; `field` is its own name. */
export const port = (field: string) =>
  v.pipe(
    objectOr(` must be {"node", "port"}`),
    v.object({ node: name, port: lowerName, index: v.nullish(v.unknown()) }),
    v.transform(({ index, ...end }): PortAddress => {
      // Some editors send an empty text for no index, or the number as a text.
      if (index === undefined || index === null || index === '') return end;
      // An object is not asked for its number, as it may answer with anything.
      const number = typeof index === 'object' ? Number.NaN : Math.abs(Number(index));
      if (Number.isInteger(number) && number <= LAST_INDEX && Number(index) >= 0) return { ...end, index: number };
      throw new Refused(`"index" of "${field}" must be a whole number from 0 to ${LAST_INDEX}`);
    }),
  );

/** The metadata of a message, as it is to be merged; a null takes away. */
export const givenMetadata = v.pipe(
  record,
  v.transform(value => boundedJson(value, '"metadata"') as Payload),
  v.transform(
    (value): Payload => Object.fromEntries(Object.entries(value).map(([key, one]) => [key, typed(key, one)])),
  ),
);

function typed(key: string, value: unknown): unknown {
  const type = METADATA_TYPES.get(key);
  if (!type || value === null) return value;
  // Some editors send numbers as they read them from a file.
  const read = type === 'number' && typeof value === 'string' && value.trim() ? Number(value) : value;
  if (typeof read !== type || Number.isNaN(read)) {
    throw new Refused(`"${key}" in "metadata" must be a ${type}, not ${kind(value)}`);
  }
  return type === 'number' ? wholeNumber(read as number) : read;
}
