import { arrayOf, fields, textOf } from './json.ts';

/** A port as its component declares it. */
export interface DeclaredPort {
  readonly name: string;
  readonly datatype: string;
  readonly schema: string;
  readonly required: boolean;
  /** Whether it is an array port. */
  readonly addressable: boolean;
  readonly description: string;
  /** The allowed values; empty if any. */
  readonly values: readonly unknown[];
  readonly initial: unknown;
  /** Whether it keeps its last packet for all that follows (a control port). */
  readonly control: boolean;
}

/** A component of the library. */
export interface Component {
  readonly name: string;
  readonly description: string;
  readonly icon: string;
  readonly subgraph: boolean;
  /** Why it can't be added; empty if it can. */
  readonly locked: string;
  readonly inports: readonly DeclaredPort[];
  readonly outports: readonly DeclaredPort[];
}

function declared(value: unknown): DeclaredPort {
  const port = fields(value);
  return {
    name: textOf(port.id).toLowerCase(),
    datatype: textOf(port.type) || 'all',
    // The protocol sends a URI: `chat:post` is chat/post elsewhere.
    schema: textOf(port.schema).replace(/^(\w+):(?!\/)/, '$1/'),
    required: port.required === true,
    addressable: port.addressable === true,
    description: textOf(port.description),
    values: arrayOf(port.values),
    initial: port.default,
    control: false,
  };
}

/** Reads the payload of `component:component`. */
export function componentOf(payload: unknown): Component {
  const { name, description, icon, subgraph, inPorts, outPorts } = fields(payload);
  return {
    name: textOf(name),
    description: textOf(description),
    icon: textOf(icon),
    subgraph: subgraph === true,
    locked: '',
    inports: arrayOf(inPorts).map(declared),
    outports: arrayOf(outPorts).map(declared),
  };
}

/** What the server tells of a component beyond the FBP protocol. */
export interface Traits {
  readonly settings: ReadonlySet<string>;
  readonly locked: string;
}

/** Reads the payload of `flowchat:library`, by component. */
export const traitsOf = (payload: unknown): ReadonlyMap<string, Traits> =>
  new Map(
    arrayOf(fields(payload).components).map(component => {
      const { name, settings, locked } = fields(component);
      return [textOf(name), { settings: new Set(arrayOf(settings).map(textOf)), locked: textOf(locked) }];
    }),
  );

/** A component with its traits; unchanged if they are not known yet. */
export function withTraits(component: Component, traits: Traits | undefined): Component {
  if (!traits) return component;
  const inports = component.inports.map(port => ({ ...port, control: traits.settings.has(port.name) }));
  return { ...component, inports, locked: traits.locked };
}

/** A component's name without its library. */
export const shortName = (component: string): string => component.slice(component.lastIndexOf('/') + 1);

/** A component's library; empty if its name has none. */
export const libraryOf = (component: string): string => component.slice(0, Math.max(0, component.lastIndexOf('/')));

const SCALARS = new Set(['string', 'number', 'int', 'integer', 'boolean', 'color', 'date']);

/** Whether a port is set in a form rather than wired: a control port, or an optional scalar. */
export const isSetting = ({ datatype, required, addressable, control }: DeclaredPort): boolean =>
  !addressable && (control || (SCALARS.has(datatype) && !required));

/** A component's settings, required ones first. */
export const settingsOf = ({ inports }: Pick<Component, 'inports'>): readonly DeclaredPort[] =>
  inports.filter(isSetting).toSorted((a, b) => Number(isNeeded(b)) - Number(isNeeded(a)));

/** Whether a port must be set because it is required and has no default. */
export const isNeeded = ({ required, initial }: DeclaredPort): boolean => required && initial === undefined;
