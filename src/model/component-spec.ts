/** A port as its component describes it. */
export interface PortSpec {
  /** Name in lower case. */
  readonly name: string;
  /** One of NoFlo's data types. */
  readonly datatype: string;
  /** The type of its packets, such as `chat/question`; ports with different types don't fit. */
  readonly schema?: string;
  readonly required: boolean;
  /** Whether it is an array port. */
  readonly addressable: boolean;
  readonly control: boolean;
  readonly description: string;
  /** Why an outport may stay unwired, for example because the node then answers itself. */
  readonly open?: string;
  /** Whether it has a default value. */
  readonly preset: boolean;
  /** The default value, if JSON can express it. */
  readonly default?: unknown;
  /** The allowed values. */
  readonly values?: readonly unknown[];
  /** Its label in a form. */
  readonly title?: string;
  /** How its text is entered: on one line, on many, or as a list with an item per line. */
  readonly lines?: (typeof LINES)[number];
  /** The unit of its number, such as `seconds`. */
  readonly unit?: string;
  /** A setting that needs no knowledge of the graph, such as a list of words. */
  readonly everyday?: true;
  /** Takes the name of a secret, never the secret itself. */
  readonly secret?: true;
  /** An outport that sends on what came in by this inport, so that its packets are of the same type. */
  readonly sameAs?: string;
  /** An outport whose packets leave only after a delay; the caller waits for them. */
  readonly slow?: true;
  /** An inport whose state is kept by this process alone, even if several share the messages. */
  readonly perProcess?: true;
  /** An outport that passes only permitted actions. */
  readonly guards?: true;
  /** An outport for side effects: no caller waits for its packets. */
  readonly aside?: true;
  /** An outport that sends only if this setting has this value. */
  readonly when?: { readonly name: string; readonly value: string };
  /** In a graph: the known types of the packets that enter there. */
  readonly schemas?: readonly string[];
  /** Throws a sentence for an invalid value. */
  check?(value: unknown): unknown;
  /** A sentence that warns of a valid but risky value, else undefined. */
  warn?(value: unknown): string | undefined;
}

/** How a setting's text is entered. */
export const LINES = ['one', 'many', 'list'] as const;

/** A component's interface. */
export interface ComponentSpec {
  readonly name: string;
  readonly description: string;
  readonly icon: string;
  readonly inports: readonly PortSpec[];
  readonly outports: readonly PortSpec[];
  /** The stores that the initial packets of a subgraph name. */
  readonly stores?: readonly string[];
  /** The error that prevents loading it; its ports are unknown then. */
  readonly broken?: string;
  /** Set for a subgraph with faults of its own, which are reported there; some of its ports are unknown. */
  readonly vague?: boolean;
}

/** The available components. */
export interface ComponentLookup {
  readonly names: readonly string[];
  /** Finds a component by its full name, or without its library as NoFlo does. */
  find(component: string): ComponentSpec | undefined;
  /** How to install a missing component; undefined if unknown. */
  cure?(component: string): string | undefined;
}

/** Required outer ports of a server's graph, in lower case. */
export interface RequiredPorts {
  readonly entry: string;
  readonly exit: string;
  /** The outer port of events, in graphs with live delivery. */
  readonly push?: string;
}
