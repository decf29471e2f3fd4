/** The schema of what says that something could not be done. */
const REFUSAL = 'chat/refusal';
/** What ports without a schema are called where failures leave. */
const NAMES: ReadonlySet<string> = new Set(['error', 'refused', 'missing']);

/** Whether what leaves by an outport is a failure: its schema says so, or its name where it has none. */
export function isFailure({ name, schema }: { readonly name: string; readonly schema?: string | undefined }): boolean {
  return schema ? schema === REFUSAL : NAMES.has(name.toLowerCase());
}

/**
 * The value that a port of a datatype gets of an initial packet: texts are read as what the port takes, as .fbp has no other
 * way to write a truth value, and editors often none to write a number. Undefined where the data can't be such a value.
 */
export function initialValue(data: unknown, datatype: string): { readonly value: unknown } | undefined {
  const read = READERS.get(datatype);
  if (!read) return { value: data };
  const value = read(data);
  return value === undefined ? undefined : { value };
}

type Reader = (data: unknown) => unknown;

const never: Reader = () => undefined;
const text: Reader = data => (typeof data === 'string' ? data : undefined);

/** By datatype; undefined for what is no value of it. Others take anything. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['string', text],
  ['color', text],
  ['number', data => numeric(data)],
  ['int', data => whole(numeric(data))],
  ['integer', data => whole(numeric(data))],
  ['boolean', truth],
  ['object', data => record(parsed(data))],
  ['array', data => list(parsed(data))],
  ['date', date],
  ['function', never],
  ['buffer', never],
  ['stream', never],
]);

function numeric(data: unknown): number | undefined {
  if (typeof data === 'number') return Number.isFinite(data) ? data : undefined;
  if (typeof data !== 'string' || !/^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(data.trim())) return;
  const value = Number(data);
  return Number.isFinite(value) ? value : undefined;
}

function whole(value: number | undefined): number | undefined {
  return Number.isInteger(value) ? value : undefined;
}

function truth(data: unknown): boolean | undefined {
  if (typeof data === 'boolean') return data;
  if (data === 'true') return true;
  return data === 'false' ? false : undefined;
}

/** What a text says as JSON. */
function parsed(data: unknown): unknown {
  if (typeof data !== 'string') return data;
  try {
    return JSON.parse(data);
  } catch {
    return;
  }
}

function record(value: unknown): object | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

function list(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

function date(data: unknown): Date | undefined {
  const moment = new Date(typeof data === 'string' ? data : (numeric(data) ?? Number.NaN));
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}
