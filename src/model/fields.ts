import * as v from 'valibot';
import { LAST_INDEX } from './limits.ts';
import { METADATA_TYPES, wholeNumber } from './metadata.ts';
import { boundedJson, isRecord, kind, type Payload, type PortAddress } from './payload.ts';
import { Refused } from './refused.ts';

// Field schemas for the editor protocol's payloads, which are untrusted. A sentence that begins with a space gets its
// field's name before it.

/** The most characters of a text, and of a name; source code has a limit of its own. */
const MAX_CHARACTERS = 4096;
const MAX_NAME_LENGTH = 256;

/** Reads a value by a schema. Throws Refused with the sentence of the first fault. */
export function readBy<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const { issues, output } = v.safeParse(schema, value, { abortEarly: true });
  if (issues === undefined) return output;
  const [{ message, path = [] }] = issues;
  if (!message.startsWith(' ')) throw new Refused(message);
  const [outer, last] = [undefined, ...path.map(({ key }) => key)].slice(-2);
  // An item of the list `nodes` is called `node`.
  const field = typeof last === 'number' ? String(outer).replace(/s$/, '') : String(last);
  throw new Refused(`"${field}"${message}`);
}

const mustBe =
  (what: string) =>
  ({ input }: v.BaseIssue<unknown>): string =>
    ` must be ${what}, not ${kind(input)}`;

/** A required field with a sentence of its own. */
export const mandatory = <Schema extends v.GenericSchema>(schema: Schema): Schema =>
  v.optional(schema, null as never) as unknown as Schema;

/** A text with at least one character; `missing` is the sentence for an empty one. */
const textOr = (missing: string) =>
  v.pipe(
    v.nullish(v.string(mustBe('a text')), ''),
    v.nonEmpty(missing),
    v.maxLength(MAX_CHARACTERS, ` has more than ${MAX_CHARACTERS} characters`),
  );

export const text = textOr(' is missing; it is a text');

/** A text that may be absent or null. */
export const optionalText = v.nullish(
  v.pipe(v.string(mustBe('a text')), v.maxLength(MAX_CHARACTERS, ` has more than ${MAX_CHARACTERS} characters`)),
);

/** A text that names something: it has to fit into a sentence, a log and a file. */
export const nameOr = (missing: string) =>
  v.pipe(
    textOr(missing),
    v.maxLength(MAX_NAME_LENGTH, ` has more than ${MAX_NAME_LENGTH} characters`),
    v.check(value => value.isWellFormed(), ' has half a character; write it as UTF-8'),
    v.check(value => !/\p{Cc}/u.test(value), ' has a line break or another control character; take it out'),
  );

export const name = nameOr(' is missing; it is a text');

/** A port, converted to lower case. */
export const lowerName = v.pipe(name, v.toLowerCase());

/** True for true, false for anything else. */
export const flag = v.pipe(
  v.optional(v.unknown(), false),
  v.transform(value => value === true),
);

/** An object; empty if absent. */
export const record = v.nullish(v.custom<Payload>(isRecord, mustBe('an object')), () => ({}));

/** A required object; `sentence` describes it. */
export const objectOr = (sentence: string) => mandatory(v.custom<Payload>(isRecord, sentence));

/** JSON of limited depth and length; `what` names it in the error. */
export const json = (what: string) =>
  v.pipe(
    v.unknown(),
    v.transform(value => boundedJson(value, what)),
  );

/** One end of an edge; `field` is its name in the payload. */
export const port = (field: string) =>
  v.pipe(
    objectOr(` must be {"node", "port"}`),
    v.object({ node: name, port: lowerName, index: v.nullish(v.unknown()) }),
    v.transform(({ index, ...end }): PortAddress => {
      // Some editors send an empty text for no index, or the number as a text.
      if (index === undefined || index === null || index === '') return end;
      // An object could run its own conversion to a number.
      const number = typeof index === 'object' ? Number.NaN : Math.abs(Number(index));
      if (Number.isInteger(number) && number <= LAST_INDEX && Number(index) >= 0) return { ...end, index: number };
      throw new Refused(`"index" of "${field}" must be a whole number from 0 to ${LAST_INDEX}`);
    }),
  );

/** Metadata to merge; null deletes a key. */
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
  // Some editors send numbers as texts.
  const read = type === 'number' && typeof value === 'string' && value.trim() ? Number(value) : value;
  if (typeof read !== type || Number.isNaN(read)) {
    throw new Refused(`"${key}" in "metadata" must be a ${type}, not ${kind(value)}`);
  }
  return type === 'number' ? wholeNumber(read as number) : read;
}
