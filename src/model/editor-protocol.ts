import * as v from 'valibot';
import { flag, json, lowerName, mandatory, name, objectOr, optionalText, port, record, text } from './fields.ts';
import { MAX_PASTED_CHARACTERS } from './limits.ts';
import type { Payload } from './payload.ts';
import type { Frozen, ServerMessageName, ServerPayloads } from './server-messages.ts';
import { KINDS, ROLES } from './who.ts';

// What clients may ask, by `protocol:command`; the commands of the graph protocol are in graph-commands.ts.

/** Limits of watched edges, and of changes per edit. */
export const MAX_WATCHED = 1000;
const MAX_CHANGES = 20_000;
/** Settings that one message may change. */
const MAX_SET = 200;
export const TOO_MANY_WATCHED = `a client watches at most ${MAX_WATCHED} edges`;
export const FLOWTRACE = 'flowtrace.json';
const EVENTS = ['connect', 'begingroup', 'data', 'endgroup', 'disconnect'] as const;

const nothing = v.object({});
const inGraph = v.object({ graph: name });
/** The draft's version that the client has seen, for optimistic locking. */
const version = v.nullish(v.custom<number>(() => true));
const revision = mandatory(v.number(' must be the number of a revision'));

/** A question as clients write it. */
export const question = v.pipe(
  objectOr('a question is an object {"method", "path", "query", "body"}'),
  v.object({
    path: v.pipe(text, v.startsWith('/', ' must begin with /')),
    query: v.pipe(
      record,
      v.custom<Readonly<Record<string, string>>>(
        query => Object.values(query as Payload).every(value => typeof value === 'string'),
        ' must have texts only',
      ),
    ),
    key: optionalText,
    method: v.pipe(
      v.optional(optionalText, 'GET'),
      v.transform(method => (method || 'GET').toUpperCase()),
    ),
    body: record,
  }),
);

export type EditorQuestion = Readonly<v.InferOutput<typeof question>>;

const edges = v.pipe(
  mandatory(v.array(objectOr('each of "edges" must be {"src", "tgt"}'), ' must be an array of {"src", "tgt"}')),
  v.maxLength(MAX_WATCHED, TOO_MANY_WATCHED),
  v.array(v.object({ src: port('src'), tgt: port('tgt') })),
);

/** Each change is parsed when it is applied. */
const changesFault = ' must be an array of {"command", "payload"}, as in the graph protocol';
const changes = v.pipe(
  mandatory(v.array(objectOr(`"changes"${changesFault}`), changesFault)),
  v.maxLength(MAX_CHANGES, `an edit has at most ${MAX_CHANGES.toLocaleString('en')} changes; make it in parts`),
  v.array(v.object({ command: text, payload: record })),
);

/** New values of settings, each with the value that the sender saw before; an omitted one means no value. */
const settingValues = v.pipe(
  mandatory(v.array(objectOr('each of "values" must be {"node", "port"}'), ' must be an array of {"node", "port"}')),
  v.minLength(1, ' must have a value at least'),
  v.maxLength(MAX_SET, `at most ${MAX_SET} settings are changed at once`),
  v.array(
    v.object({
      node: name,
      port: lowerName,
      value: v.optional(json('"value"')),
      before: v.optional(json('"before"')),
    }),
  ),
);

/** A component's source. */
const source = v.object({
  name: text,
  library: optionalText,
  language: v.pipe(text, v.toLowerCase()),
  code: v.pipe(
    v.nullish(v.string(' must be a text'), ''),
    v.check(code => code.trim() !== '', ' is missing; it is a text'),
  ),
  tests: v.nullish(v.string(' must be a text'), ''),
});

/** Ids of deliveries in the outbox. */
const deliveries = v.object({
  deliveries: v.pipe(
    mandatory(v.array(v.number(' must be numbers of deliveries'), ' must be an array of numbers')),
    v.minLength(1, ' is empty; name at least one'),
    v.maxLength(MAX_CHANGES, ' has too many; take fewer at once'),
  ),
});

const buffersize = v.nullish(
  v.custom<number>(size => Number.isInteger(size) && Number(size) > 0, ' must be a whole number of bytes'),
);

/** .fbp text. */
const pasted = v.pipe(
  mandatory(v.string(' is missing; it is .fbp text')),
  v.maxLength(MAX_PASTED_CHARACTERS, ` has more than ${MAX_PASTED_CHARACTERS} characters`),
);

const oneOf = <const Values extends readonly string[]>(values: Values) =>
  v.nullish(v.picklist(values, ` must be one of ${values.join(', ')}`), values[0]!);

/** The caller in a dry run; a guest by default. */
const triedAs = v.pipe(
  record,
  v.object({ kind: oneOf(KINDS), name: optionalText, role: oneOf(ROLES) }),
  v.check(
    ({ kind, name, role }) => kind !== 'guest' || (role === 'guest' && !name),
    ' is a guest, who has neither a name nor another role; give it the kind person, bot or system',
  ),
);

export type TriedAs = Readonly<v.InferOutput<typeof triedAs>>;

/** A request, or a packet that is injected at an edge's target. */
const trial = v.lazy(given =>
  (given as Payload).edge === undefined
    ? v.object({ request: question, who: triedAs })
    : v.object({
        edge: v.pipe(record, v.object({ tgt: port('tgt') })),
        data: v.optional(v.unknown(), {}),
        who: triedAs,
      }),
);

const row =
  (audited: (payload: Payload) => boolean) =>
  <Schema extends v.GenericSchema, Answer extends ServerMessageName>(
    needs: string | undefined,
    payload: Schema,
    answer: Answer,
  ) => ({ audited, needs, payload, answer });
const asking = row(() => false);
const changing = row(() => true);

/**
 * For each message: the capability it needs (undefined if open to all), the schema of its payload, and the message that
 * completes its answer. Messages that change something are audited.
 */
export const CLIENT_MESSAGES = {
  /** The secret is checked when the frame is read. */
  'runtime:getruntime': asking(undefined, v.object({ secret: v.optional(v.string()) }), 'runtime:runtime'),
  'runtime:packet': changing(
    'protocol:runtime',
    v.object({
      graph: name,
      port: lowerName,
      event: v.pipe(text, v.picklist(EVENTS, `"event" must be one of ${EVENTS.join(', ')}`)),
      payload: v.optional(json('a packet')),
      type: v.fallback(v.optional(v.string()), undefined),
      schema: v.fallback(v.optional(v.string()), undefined),
    }),
    'runtime:packetsent',
  ),
  'component:list': asking('protocol:component', nothing, 'component:componentsready'),
  'component:getsource': asking('component:getsource', v.object({ name: text }), 'component:source'),
  'component:source': changing('component:setsource', source, 'component:component'),
  'network:start': changing('network:control', inGraph, 'network:started'),
  'network:stop': changing('network:control', inGraph, 'network:stopped'),
  'network:getstatus': asking('network:status', inGraph, 'network:status'),
  'network:debug': changing(
    'network:control',
    v.object({ enable: mandatory(v.boolean(' must be true or false')), graph: name }),
    'network:status',
  ),
  'network:edges': asking('network:data', v.object({ graph: name, edges }), 'network:edges'),
  'network:persist': changing('network:persist', nothing, 'network:status'),
  'trace:start': asking('protocol:trace', v.object({ graph: name, buffersize }), 'trace:start'),
  'trace:stop': asking('protocol:trace', inGraph, 'trace:stop'),
  'trace:clear': asking('protocol:trace', inGraph, 'trace:clear'),
  'trace:dump': asking(
    'protocol:trace',
    v.object({ graph: name, type: mandatory(v.literal(FLOWTRACE, ` must be ${FLOWTRACE}`)) }),
    'trace:dump',
  ),
  'flowchat:open': row(({ hold }) => hold !== undefined)('graph:readonly', v.object({ hold: flag }), 'flowchat:state'),
  'flowchat:hold': changing('protocol:graph', v.object({ hold: flag }), 'flowchat:state'),
  'flowchat:graph': asking('graph:readonly', nothing, 'flowchat:graph'),
  'flowchat:publish': changing('protocol:graph', v.object({ note: optionalText, force: flag }), 'flowchat:published'),
  'flowchat:edit': changing('protocol:graph', v.object({ changes }), 'flowchat:edited'),
  'flowchat:discard': changing('protocol:graph', v.object({ version }), 'flowchat:graph'),
  'flowchat:difference': asking('graph:readonly', nothing, 'flowchat:difference'),
  'flowchat:revisions': asking('graph:readonly', nothing, 'flowchat:revisions'),
  'flowchat:revision': asking('graph:readonly', v.object({ number: revision }), 'flowchat:revision'),
  'flowchat:compare': asking('graph:readonly', v.object({ from: revision, to: revision }), 'flowchat:difference'),
  'flowchat:rollback': changing('protocol:graph', v.object({ to: revision, version }), 'flowchat:published'),
  'flowchat:accept': changing('protocol:graph', nothing, 'flowchat:published'),
  'flowchat:rates': asking('network:data', v.object({ on: flag }), 'flowchat:rates'),
  'flowchat:ways': asking('network:data', v.object({ on: flag }), 'flowchat:ways'),
  'flowchat:look': changing('protocol:graph', v.object({ on: flag }), 'flowchat:look'),
  'flowchat:find': asking('network:data', v.object({ text }), 'flowchat:ways'),
  'flowchat:try': asking('protocol:graph', trial, 'flowchat:tried'),
  'flowchat:recipes': asking('protocol:component', nothing, 'flowchat:recipes'),
  'flowchat:settings': asking('flowchat:settings', nothing, 'flowchat:settings'),
  'flowchat:set': changing('flowchat:settings', v.object({ values: settingValues, force: flag }), 'flowchat:settings'),
  'flowchat:library': asking('protocol:component', nothing, 'flowchat:library'),
  'flowchat:check': changing('component:setsource', source, 'flowchat:tested'),
  /** Takes long, so the session handles other messages meanwhile. */
  'flowchat:test': {
    ...asking('protocol:graph', v.object({ who: v.optional(triedAs) }), 'flowchat:tested'),
    isAside: true,
  },
  'flowchat:canceltest': asking('protocol:graph', nothing, 'flowchat:testing'),
  'flowchat:outbox': asking('network:data', nothing, 'flowchat:outbox'),
  'flowchat:retry': changing('network:control', deliveries, 'flowchat:outbox'),
  'flowchat:giveup': changing('network:control', deliveries, 'flowchat:outbox'),
  'flowchat:text': asking('graph:readonly', v.object({ graph: v.optional(record) }), 'flowchat:text'),
  'flowchat:parse': asking('graph:readonly', v.object({ text: pasted }), 'flowchat:parsed'),
};

export type ClientMessageName = keyof typeof CLIENT_MESSAGES;

/** The parsed payload of each message. */
export type ClientPayloads = {
  readonly [Name in ClientMessageName]: Frozen<v.InferOutput<(typeof CLIENT_MESSAGES)[Name]['payload']>>;
};

/** The payload of the message that completes each answer. */
export type AnswerPayloads = {
  readonly [Name in ClientMessageName]: ServerPayloads[(typeof CLIENT_MESSAGES)[Name]['answer']];
};
