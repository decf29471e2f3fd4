import * as v from 'valibot';
import { LINES } from './component-spec.ts';
import type { Command, EditPayloads } from './graph-commands.ts';
import type { Payload } from './payload.ts';

// Messages from the server to editors, by `protocol:command`. Types come from these schemas; only tests validate with
// them.

const texts = v.array(v.string());
const maybe = v.exactOptional;

/** FBP JSON. */
const graph = v.record(v.string(), v.unknown());

/** A port of a node, in a graph or one of its subgraphs. */
const end = v.strictObject({ node: v.string(), port: v.string(), index: maybe(v.number()) });

/**
 * The drawn position of a running wire: `subgraph` lists the surrounding nodes, outermost first; `component` is the
 * innermost subgraph.
 */
const location = { src: maybe(end), tgt: maybe(end), subgraph: texts, component: maybe(v.string()) };

/** A diagnostic. */
const said = { code: v.string(), params: graph, sentence: v.string() };
const place = { line: v.number(), column: v.number() };

/**
 * A fault of the draft. For one in a subgraph, `inner` is the path of the node, and `within` the name of the subgraph.
 */
const fault = v.strictObject({
  ...said,
  ...place,
  node: maybe(v.string()),
  inner: maybe(v.string()),
  within: maybe(v.string()),
  port: maybe(v.string()),
  edge: maybe(v.strictObject({ src: end, tgt: end })),
});

/** A fault of a component's file. */
const fileFault = { file: v.string(), line: maybe(v.number()), column: maybe(v.number()), message: v.string() };

const state = v.strictObject({
  live: v.strictObject({ revision: v.nullable(v.number()), since: v.string(), by: v.string() }),
  /**
   * `code` lists the components with drafted code, which only clients with the code right can publish; `subgraphs` the
   * changed subgraphs.
   */
  draft: v.strictObject({
    version: v.number(),
    changes: v.number(),
    faults: v.array(fault),
    warnings: v.array(fault),
    code: texts,
    subgraphs: texts,
  }),
  mode: v.picklist(['at once', 'hold']),
  stopped: v.boolean(),
  graph: v.string(),
  /** The graph's file, and whether it equals the live graph. */
  file: v.string(),
  saved: v.boolean(),
  /** The reason why the live graph can't be saved. */
  conflict: maybe(v.string()),
  /** The question to confirm before the draft can go live, as a sentence. */
  confirm: maybe(v.string()),
  /** The reason why the server did not start with the last published revision. */
  startedWith: maybe(v.string()),
  /** The failed revision, and the one whose graph is live again, now as `revision`. */
  rolledBack: maybe(
    v.strictObject({
      failed: v.number(),
      why: v.string(),
      node: maybe(v.string()),
      to: v.number(),
      revision: v.number(),
      sentence: v.string(),
    }),
  ),
  /** How many connections may edit. */
  editors: v.number(),
  rights: v.array(v.picklist(['watch', 'settings', 'edit', 'code'])),
});

/**
 * One difference. `name` is its label, such as `check`, `router OUT -> IN check` or `check MAXTEXT`; `nodes` are the
 * nodes it concerns, by their names in the later graph, or in the earlier one if they were removed.
 */
const item = v.strictObject({
  kind: v.picklist(['node', 'edge', 'initial', 'inport', 'outport', 'group', 'property', 'component']),
  change: v.picklist(['added', 'removed', 'changed']),
  name: v.string(),
  nodes: texts,
  sentence: v.string(),
});

const revision = {
  number: v.number(),
  at: v.string(),
  by: v.string(),
  note: v.string(),
  file: v.string(),
  changes: texts,
  /** The reason of the rollback. */
  rolledBack: maybe(v.string()),
};

/** A node that a question reached by `edge`; the outport and duration in milliseconds if it left the node. */
const step = v.strictObject({
  node: v.string(),
  edge: v.strictObject(location),
  in: v.unknown(),
  out: maybe(v.unknown()),
  port: maybe(v.string()),
  ms: maybe(v.number()),
  /** The graph's outer ports that it entered and left by. */
  inport: maybe(v.string()),
  outport: maybe(v.string()),
});

/** The trace of a question; `node` refused or failed it. */
const trace = v.strictObject({
  id: v.string(),
  revision: maybe(v.number()),
  at: v.string(),
  method: v.string(),
  path: v.string(),
  status: v.number(),
  ms: v.number(),
  node: maybe(v.string()),
  detail: maybe(v.string()),
  steps: v.array(step),
});

const result = v.strictObject({
  name: v.string(),
  component: maybe(v.string()),
  node: maybe(v.string()),
  passed: v.boolean(),
  /** The reason of the failure; `fault` is set for code that is tried out. */
  message: maybe(v.string()),
  fault: maybe(v.strictObject(fileFault)),
});

/** A control port with its form options. */
const settingForm = {
  port: v.string(),
  title: maybe(v.string()),
  lines: maybe(v.picklist(LINES)),
  unit: maybe(v.string()),
  secret: maybe(v.literal(true)),
  everyday: maybe(v.literal(true)),
};

/** A setting on the settings page; `from` lists the nodes that send to it, if any. */
const pageSetting = {
  ...settingForm,
  datatype: v.string(),
  description: v.string(),
  required: v.boolean(),
  values: maybe(v.array(v.unknown())),
  default: maybe(v.unknown()),
  value: maybe(v.unknown()),
  from: maybe(v.string()),
};

const port = v.object({
  id: v.string(),
  type: v.string(),
  schema: maybe(v.string()),
  required: maybe(v.boolean()),
  addressable: maybe(v.boolean()),
  description: maybe(v.string()),
  values: maybe(v.array(v.unknown())),
  default: maybe(v.unknown()),
});

/** The parts of the FBP protocol that the page reads; the protocol has schemas of its own. */
const PROTOCOL = {
  /** `repositoryVersion` is the server's version with a fingerprint of its pages. */
  'runtime:runtime': v.object({ capabilities: texts, graph: maybe(v.string()), repositoryVersion: maybe(v.string()) }),
  'component:component': v.object({
    name: v.string(),
    description: v.string(),
    icon: v.string(),
    subgraph: v.boolean(),
    inPorts: v.array(port),
    outPorts: v.array(port),
  }),
  'component:componentsready': v.number(),
  'component:source': v.object({
    name: v.string(),
    library: v.string(),
    language: v.string(),
    code: v.string(),
    tests: maybe(v.string()),
  }),
  /** `subgraph` lists the nodes around the wire, outermost first. */
  'network:data': v.object({ graph: v.string(), subgraph: maybe(texts), data: v.unknown() }),
};

/** The other messages of the FBP protocol, but for the graph protocol's. */
type OtherName =
  | `runtime:${'ports' | 'packet' | 'packetsent' | 'error'}`
  | `network:${'started' | 'stopped' | 'status' | 'debug' | 'persist' | 'edges' | 'output' | 'processerror' | 'error'}`
  | `trace:${'start' | 'stop' | 'clear' | 'dump' | 'error'}`
  | `${'graph' | 'component'}:error`;

/** flowchat's own messages. */
export const FLOWCHAT = {
  'flowchat:state': state,
  /** The draft; also sent unasked after all of it was replaced. */
  'flowchat:graph': v.strictObject({ version: v.number(), graph }),
  'flowchat:edited': v.strictObject({ version: v.number() }),
  'flowchat:published': v.strictObject({ revision: v.nullable(v.number()) }),
  /** Both texts, and those of changed component files. */
  'flowchat:difference': v.strictObject({
    items: v.array(item),
    before: v.string(),
    after: v.string(),
    code: maybe(v.array(v.strictObject({ name: v.string(), before: v.string(), after: v.string() }))),
  }),
  /** Newest first. */
  'flowchat:revisions': v.strictObject({ revisions: v.array(v.strictObject(revision)), live: v.nullable(v.number()) }),
  'flowchat:revision': v.strictObject({ ...revision, text: v.string(), layout: v.string(), graph }),
  'flowchat:rates': v.strictObject({
    edges: v.array(v.strictObject({ ...location, perSecond: v.number() })),
    nodes: v.array(v.strictObject({ id: v.string(), perSecond: v.number(), ms: v.number(), errors: v.number() })),
  }),
  // On the wire a trace is called a way, for compatibility with existing editors.
  'flowchat:way': trace,
  'flowchat:ways': v.strictObject({ ways: v.array(trace) }),
  'flowchat:look': v.strictObject({ on: v.boolean() }),
  'flowchat:tried': v.strictObject({ way: trace }),
  /** Progress of running tests: done, total, and the latest result. */
  'flowchat:testing': v.strictObject({ done: v.number(), total: v.number(), results: v.array(result) }),
  'flowchat:tested': v.strictObject({
    passed: v.number(),
    failed: v.number(),
    results: v.array(result),
    cancelled: maybe(v.boolean()),
  }),
  /**
   * `settings` are control ports with form options; `same` lists outports that forward the packets of the inport `as`;
   * `locked` says why the client can't use the component.
   */
  'flowchat:library': v.strictObject({
    components: v.array(
      v.strictObject({
        name: v.string(),
        settings: v.array(v.strictObject(settingForm)),
        same: maybe(v.array(v.strictObject({ port: v.string(), as: v.string() }))),
        locked: maybe(v.string()),
      }),
    ),
  }),
  /** Behaviours to insert into a graph: `graph` names its nodes without a component. `locked` says why the client can't use it. */
  'flowchat:recipes': v.strictObject({
    recipes: v.array(
      v.strictObject({ name: v.string(), title: v.string(), about: v.string(), graph, locked: maybe(v.string()) }),
    ),
  }),
  /** Failed deliveries, newest first, then waiting ones, next first. */
  'flowchat:outbox': v.strictObject({
    waiting: v.number(),
    failed: v.number(),
    deliveries: v.array(
      v.strictObject({
        seq: v.number(),
        node: v.string(),
        host: v.string(),
        at: v.string(),
        attempts: v.number(),
        due: maybe(v.string()),
        failed: maybe(v.string()),
        why: maybe(v.string()),
      }),
    ),
  }),
  /** The settings page: for each node its settings on that page. `group` is the title of the node's group. */
  'flowchat:settings': v.strictObject({
    revision: v.nullable(v.number()),
    nodes: v.array(
      v.strictObject({
        name: v.string(),
        description: v.string(),
        icon: v.string(),
        group: maybe(v.string()),
        settings: v.array(v.strictObject(pageSetting)),
      }),
    ),
  }),
  'flowchat:text': v.strictObject({ text: v.string() }),
  'flowchat:parsed': v.strictObject({
    graph,
    faults: v.array(v.strictObject({ ...said, ...place, file: v.string() })),
  }),
  /** A component was removed from the library. */
  'flowchat:gone': v.strictObject({ name: v.string() }),
  'flowchat:notice': v.strictObject(said),
  /** A node of the live graph threw an error. */
  'flowchat:threw': v.strictObject({ node: v.string(), sentence: v.string() }),
  'flowchat:error': v.strictObject({
    message: v.string(),
    code: maybe(v.string()),
    params: maybe(graph),
    faults: maybe(v.array(v.union([fault, v.strictObject(fileFault)]))),
    /** Tests that failed. */
    results: maybe(v.array(result)),
  }),
};

/** Deeply read-only data. */
export type Frozen<Data> = Data extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : Data extends object
    ? { readonly [Key in keyof Data]: Frozen<Data[Key]> }
    : Data;

type Schemas = typeof PROTOCOL & typeof FLOWCHAT;

/** The payload of each message; those of the graph protocol have complete metadata. */
export type ServerPayloads = { readonly [Name in keyof Schemas]: Frozen<v.InferOutput<Schemas[Name]>> } & {
  readonly [Name in Command as `graph:${Name}`]: Readonly<EditPayloads[Name] & { graph?: string; id?: string }>;
} & { readonly [Name in OtherName]: Payload };

export type ServerMessageName = keyof ServerPayloads;
