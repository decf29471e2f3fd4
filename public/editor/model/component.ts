import { fields, list, text } from './json.ts';

/** A port as a component declares it. */
export interface Declared {
  readonly name: string;
  readonly datatype: string;
  readonly schema: string;
  readonly required: boolean;
  /** Whether it takes an index. */
  readonly addressable: boolean;
  readonly description: string;
  /** The only values that it takes; none where it takes any. */
  readonly values: readonly unknown[];
  readonly initial: unknown;
}

/** A component of the library. */
export interface Component {
  readonly name: string;
  readonly description: string;
  readonly icon: string;
  readonly subgraph: boolean;
  readonly inports: readonly Declared[];
  readonly outports: readonly Declared[];
}

function declared(value: unknown): Declared {
  const port = fields(value);
  return {
    name: text(port.id).toLowerCase(),
    datatype: text(port.type) || 'all',
    // The protocol wants a URI: `chat:post` is what sentences call chat/post.
    schema: text(port.schema).replace(/^(\w+):(?!\/)/, '$1/'),
    required: port.required === true,
    addressable: port.addressable === true,
    description: text(port.description),
    values: list(port.values),
    initial: port.default,
  };
}

/** Reads the payload of `component:component`. */
export function componentOf(payload: unknown): Component {
  const { name, description, icon, subgraph, inPorts, outPorts } = fields(payload);
  return {
    name: text(name),
    description: text(description),
    icon: text(icon),
    subgraph: subgraph === true,
    inports: list(inPorts).map(declared),
    outports: list(outPorts).map(declared),
  };
}

/** A component's name without its library. */
export const shortName = (component: string): string => component.slice(component.lastIndexOf('/') + 1);

/** The library that a component belongs to; empty where its name tells none. */
export const libraryOf = (component: string): string => component.slice(0, Math.max(0, component.lastIndexOf('/')));

const SCALARS = new Set(['string', 'number', 'int', 'integer', 'boolean', 'color', 'date']);

/** Whether a port is more likely to be set than to be wired. */
export const isSetting = ({ datatype, required, addressable }: Declared): boolean =>
  SCALARS.has(datatype) && !required && !addressable;
