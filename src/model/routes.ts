import * as v from 'valibot';

/**
 * How a component declares its routes and limits to /openapi.json, `GET /api/about` and the pages: by functions
 * `routes` and `limits` of its settings. The server calls them once for each node of the live graph.
 */

/** A node's settings by control port, from its initial packets; without those that arrive by an edge. */
export type NodeSettings = Readonly<Record<string, unknown>>;

const Schema = v.custom<v.GenericSchema>(
  value => typeof value === 'object' && value !== null && '~standard' in value,
  'this is no schema of valibot',
);
const Schemas = v.pipe(v.record(v.string(), Schema), v.readonly());
const Words = v.pipe(v.string(), v.maxLength(1000));

/** An answer with one status. */
const DeclaredAnswer = v.object({
  description: Words,
  /** Schema of its JSON body. */
  body: v.exactOptional(Schema),
  /** The data of each event, if the answer is an event stream. */
  events: v.exactOptional(Schemas),
  /** Whether it has an ETag. */
  tagged: v.exactOptional(v.literal(true)),
});
export type DeclaredAnswer = Readonly<v.InferOutput<typeof DeclaredAnswer>>;

/** One method of one path, with its description. */
export const DeclaredRoute = v.object({
  method: v.pipe(v.string(), v.regex(/^[A-Z]{1,20}$/)),
  /** Decoded, with `:name` for a parameter, as in `/stats/:room`. */
  path: v.pipe(v.string(), v.regex(/^\/\S*$/), v.maxLength(1000)),
  /** The capability that it offers, as one word such as `post`. */
  can: v.exactOptional(v.pipe(v.string(), v.regex(/^[a-z][a-z-]{0,39}$/))),
  /** Its `operationId`. */
  operation: v.exactOptional(v.pipe(v.string(), v.regex(/^\w{1,60}$/))),
  summary: v.exactOptional(Words),
  description: v.exactOptional(Words),
  tag: v.exactOptional(v.pipe(v.string(), v.regex(/^[a-z]{1,40}$/))),
  /** Schemas of the path's parameters. */
  params: v.exactOptional(Schemas),
  query: v.exactOptional(Schema),
  headers: v.exactOptional(
    v.pipe(v.array(v.picklist(['Idempotency-Key', 'Owner-Key', 'Last-Event-ID'])), v.readonly()),
  ),
  body: v.exactOptional(Schema),
  /** By status. */
  answers: v.exactOptional(
    v.pipe(v.record(v.pipe(v.string(), v.regex(/^[23]\d\d$/)), v.pipe(DeclaredAnswer, v.readonly())), v.readonly()),
  ),
  /** The statuses of its refusals, besides the common ones. */
  refusals: v.exactOptional(
    v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(599))), v.readonly()),
  ),
});
export type DeclaredRoute = Readonly<v.InferOutput<typeof DeclaredRoute>>;

/** The result of `routes`: the routes that leave by each outport. A route counts only if its outport is wired. */
export const DeclaredRoutes = v.record(v.string(), v.array(v.pipe(DeclaredRoute, v.readonly())));
export type DeclaredRoutes = Readonly<Record<string, readonly DeclaredRoute[]>>;

/** The result of `limits`, such as `{ text: 280 }`. */
export const DeclaredLimits = v.record(
  v.pipe(v.string(), v.regex(/^[a-z][a-z-]{0,39}$/)),
  v.pipe(v.number(), v.finite(), v.minValue(0)),
);
/** The unchecked result: invalid values are ignored and logged. */
export type DeclaredLimits = Readonly<Record<string, unknown>>;
