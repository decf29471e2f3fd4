/** The schema of what says that something could not be done. */
const REFUSAL = 'chat/refusal';
/** What ports without a schema are called where failures leave. */
const NAMES: ReadonlySet<string> = new Set(['error', 'refused', 'missing']);

/** Whether what leaves by an outport is a failure: its schema says so, or its name where it has none. */
export function isFailure({ name, schema }: { readonly name: string; readonly schema?: string | undefined }): boolean {
  return schema ? schema === REFUSAL : NAMES.has(name.toLowerCase());
}

/** Whether what leaves by an outport answers a question for good. */
export const isAnswering = (port: Parameters<typeof isFailure>[0]): boolean =>
  port.schema === 'chat/reply' || isFailure(port);

/** A port of a node. */
interface NodePort {
  readonly node: string;
  readonly port: string;
}

/** What is known of the wires of a graph. */
export interface GraphWiring {
  /** How an outport is declared; undefined if that is in doubt. */
  outport(at: NodePort): { readonly schema?: string | undefined; readonly sameAs?: string | undefined } | undefined;
  /** The outports that lead to an inport. */
  into(at: NodePort): readonly NodePort[];
  /** The outer inports that lead to it; where the type of their packets is known, `schema` says it. */
  outer(at: NodePort): readonly { readonly name: string; readonly schema?: string | undefined }[];
}

/** What leaves by an outport that sends on what came in, followed back through the nodes that do so. */
interface SentOn {
  /** The types that are known, in the order in which they are met. */
  readonly schemas: readonly string[];
  /** Names of outer inports whose packets come through, of which no type is known. */
  readonly outers: readonly string[];
  /** Whether all that comes through is known by the two. */
  readonly isKnown: boolean;
}

/** Follows what comes to an inport, also round loops. */
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

/** A port, as far as what fits is concerned. */
export interface TypedPort {
  readonly datatype: string;
  readonly schema?: string | undefined;
  /** All types of what it sends, if it sends on what came in. */
  readonly schemas?: readonly string[] | undefined;
}

/** What two ports call the packets that pass between them, where these can't be the same. */
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
