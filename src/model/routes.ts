import * as v from 'valibot';

/**
 * What a component says of itself so that /openapi.json, `GET /api/about` and the pages show what there is: a function
 * `routes` and a function `limits` on the component, both of its settings. The server asks each node of the live graph once.
 */

/** A node's settings by control port, as its initial packets say; not there are those that an edge brings. */
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
  /** The data of each event, where the answer is a stream of them. */
  events: v.exactOptional(Schemas),
  /** Whether it has an ETag. */
  tagged: v.exactOptional(v.literal(true)),
});
export type DeclaredAnswer = Readonly<v.InferOutput<typeof DeclaredAnswer>>;

/** One method of one path. Everything but these two describes it. */
export const DeclaredRoute = v.object({
  method: v.pipe(v.string(), v.regex(/^[A-Z]{1,20}$/)),
  /** Decoded, with `:name` for what may be anything, as in `/stats/:room`. */
  path: v.pipe(v.string(), v.regex(/^\/\S*$/), v.maxLength(1000)),
  /** What people can do by it, in one word, such as `post`. */
  can: v.exactOptional(v.pipe(v.string(), v.regex(/^[a-z][a-z-]{0,39}$/))),
  /** Its name for programs. */
  operation: v.exactOptional(v.pipe(v.string(), v.regex(/^\w{1,60}$/))),
  summary: v.exactOptional(Words),
  description: v.exactOptional(Words),
  tag: v.exactOptional(v.pipe(v.string(), v.regex(/^[a-z]{1,40}$/))),
  /** What the names in its path stand for. */
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
  /** The statuses of its refusals, besides those that each route may have. */
  refusals: v.exactOptional(
    v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(599))), v.readonly()),
  ),
});
export type DeclaredRoute = Readonly<v.InferOutput<typeof DeclaredRoute>>;

/** What `routes` returns: the routes that leave by each outport. A route counts where its outport is wired. */
export const DeclaredRoutes = v.record(v.string(), v.array(v.pipe(DeclaredRoute, v.readonly())));
export type DeclaredRoutes = Readonly<Record<string, readonly DeclaredRoute[]>>;

/** What `limits` returns, such as `{ text: 280 }`. */
export const DeclaredLimits = v.record(
  v.pipe(v.string(), v.regex(/^[a-z][a-z-]{0,39}$/)),
  v.pipe(v.number(), v.finite(), v.minValue(0)),
);
/** As a component gives it: what it makes of a wrong setting is left out and named in the log. */
export type DeclaredLimits = Readonly<Record<string, unknown>>;
