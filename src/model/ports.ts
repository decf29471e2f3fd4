/** The schema of refusals. */
const REFUSAL = 'chat/refusal';
/** Names of outports for failures, for ports without a schema. */
const NAMES: ReadonlySet<string> = new Set(['error', 'refused', 'missing']);

/** Whether an outport sends failures, judged by its schema, or else by its name. */
export function isFailure({ name, schema }: { readonly name: string; readonly schema?: string | undefined }): boolean {
  return schema ? schema === REFUSAL : NAMES.has(name.toLowerCase());
}

/** Whether packets of an outport are final answers. */
export const isAnswering = (port: Parameters<typeof isFailure>[0]): boolean =>
  port.schema === 'chat/reply' || isFailure(port);

/** A port of a node. */
interface NodePort {
  readonly node: string;
  readonly port: string;
}

/** A graph's wiring. */
export interface GraphWiring {
  /** The declaration of an outport; undefined if unknown. */
  outport(at: NodePort): { readonly schema?: string | undefined; readonly sameAs?: string | undefined } | undefined;
  /** The outports that are wired to an inport. */
  into(at: NodePort): readonly NodePort[];
  /** The outer inports of an inport; `schema` is set if the type of their packets is known. */
  outer(at: NodePort): readonly { readonly name: string; readonly schema?: string | undefined }[];
}

/** The origin of an outport's packets, followed back through forwarding nodes. */
interface SentOn {
  /** Known types, in the order found. */
  readonly schemas: readonly string[];
  /** Names of outer inports among the origins whose type is unknown. */
  readonly outers: readonly string[];
  /** Whether the two lists above are complete. */
  readonly isKnown: boolean;
}

/** Follows an inport back to the origins of its packets; handles loops. */
export function sentOn(start: NodePort, { outport, into, outer }: GraphWiring): SentOn {
  const schemas = new Set<string>();
  const outers = new Set<string>();
  let isKnown = true;
  const met = new Map([[keyOf(start), start]]);
  for (const at of met.values()) {
    for (const { name, schema } of outer(at)) {
      if (schema) schemas.add(schema);
      else outers.add(name);
    }
    for (const from of into(at)) {
      const { schema, sameAs } = outport(from) ?? {};
      if (sameAs) {
        const next = { node: from.node, port: sameAs };
        met.set(keyOf(next), next);
      } else if (schema) schemas.add(schema);
      else isKnown = false;
    }
  }
  return { schemas: [...schemas], outers: [...outers], isKnown: isKnown && schemas.size + outers.size > 0 };
}

const keyOf = ({ node, port }: NodePort): string => `${node}\n${port}`;

/** The type of a port. */
export interface TypedPort {
  readonly datatype: string;
  readonly schema?: string | undefined;
  /** All types that it may send, if it forwards packets. */
  readonly schemas?: readonly string[] | undefined;
}

/** The types of two ports that don't fit; undefined if they may fit. */
export function differing(from: TypedPort, to: TypedPort): readonly [string, string] | undefined {
  const sent = from.schemas ?? (from.schema ? [from.schema] : []);
  if (sent.length > 0 && to.schema) {
    const other = sent.find(schema => schema !== to.schema);
    return other === undefined ? undefined : [other, to.schema];
  }
  const fits =
    from.datatype === to.datatype ||
    from.datatype === 'all' ||
    ['all', 'bang'].includes(to.datatype) ||
    (from.datatype === 'int' && to.datatype === 'number');
  return fits ? undefined : [from.datatype, to.datatype];
}

/**
 * Converts an initial packet to a port's datatype. Texts are parsed, since .fbp can't write booleans, and editors often
 * can't write numbers. Undefined if the data doesn't fit.
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

/** By datatype; undefined for invalid data. Other datatypes accept anything. */
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

/** The value of a JSON text. */
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
