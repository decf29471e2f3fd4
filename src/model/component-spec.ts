/** A port as its component describes it. */
export interface PortSpec {
  /** Name in lower case. */
  readonly name: string;
  /** One of NoFlo's data types. */
  readonly datatype: string;
  /** What its packets are, such as `chat/question`; two that differ don't fit. */
  readonly schema?: string;
  readonly required: boolean;
  /** Whether it is an array port. */
  readonly addressable: boolean;
  readonly control: boolean;
  readonly description: string;
  /** Why an outport may stay unwired, such as that the node answers itself then. */
  readonly open?: string;
  /** Whether it has a default value. */
  readonly preset: boolean;
  /** That value, where JSON can tell it. */
  readonly default?: unknown;
  /** The only values that it takes. */
  readonly values?: readonly unknown[];
  /** What a form calls it, in words. */
  readonly title?: string;
  /** How a text is typed: on one line, on many, or as a list with an item on each line. */
  readonly lines?: (typeof LINES)[number];
  /** What its number counts, such as `seconds`. */
  readonly unit?: string;
  /** A setting that somebody who knows nothing of the graph may change, such as a list of words. */
  readonly everyday?: true;
  /** Takes the name of a secret, never the secret itself. */
  readonly secret?: true;
  /** An outport that sends on what came in by this inport, so that its packets are of the same type. */
  readonly sameAs?: string;
  /** An outport whose packets leave only after a while, so that whoever asks waits for them. */
  readonly slow?: true;
  /** An inport of what is kept by the process alone, where several share the messages. */
  readonly perProcess?: true;
  /** An outport by which goes on only what somebody may do. */
  readonly guards?: true;
  /** An outport that tells beside the answer: nobody waits for what leaves there. */
  readonly aside?: true;
  /** An outport that sends nothing unless this setting has this value. */
  readonly when?: { readonly name: string; readonly value: string };
  /** In a graph: the types that are known of what comes in there. */
  readonly schemas?: readonly string[];
  /** Throws a sentence for a value that makes no sense. */
  check?(value: unknown): unknown;
  /** Why a value that makes sense should be thought about twice, in a sentence; undefined if there is no reason. */
  warn?(value: unknown): string | undefined;
}

/** How the text of a setting is typed. */
export const LINES = ['one', 'many', 'list'] as const;

/** A component as it looks from outside. */
export interface ComponentSpec {
  readonly name: string;
  readonly description: string;
  readonly icon: string;
  readonly inports: readonly PortSpec[];
  readonly outports: readonly PortSpec[];
  /** The stores that the initial packets of a subgraph name. */
  readonly stores?: readonly string[];
  /** Why it can't be loaded; its ports are not known then. */
  readonly broken?: string;
  /** It is a graph with faults of its own, which are told there; its ports are not all known. */
  readonly vague?: boolean;
}

/** The components that there are. */
export interface ComponentLookup {
  readonly names: readonly string[];
  /** Also finds a component by its bare name, without its module's, as NoFlo does. */
  find(component: string): ComponentSpec | undefined;
  /** What to do so that there is a component that is not there, where more is known than its name. */
  cure?(component: string): string | undefined;
}

/** The outer ports that a server's graph must have, in lower case. */
export interface RequiredPorts {
  readonly entry: string;
  readonly exit: string;
  /** Where live delivery gets its events, in graphs that have it. */
  readonly push?: string;
}
