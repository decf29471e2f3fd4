import type { ServerPayloads } from '../../../src/model/server-messages.ts';

type Described = ServerPayloads['component:component'];
type Library = ServerPayloads['flowchat:library']['components'];
type SettingForm = Library[number]['settings'][number];

/** A port, as its component declares it. */
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
  /** Whether it keeps its last packet (a control port). */
  readonly control: boolean;
  /** Its form options, if the component declares any. */
  readonly form?: Omit<SettingForm, 'port'>;
  /** The inport whose packets an outport forwards. */
  readonly sameAs?: string;
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

function declared({ id, type, schema = '', values = [], ...port }: Described['inPorts'][number]): DeclaredPort {
  return {
    name: id.toLowerCase(),
    datatype: type || 'all',
    // The protocol sends a URI: `chat:post` stands for chat/post.
    schema: schema.replace(/^(\w+):(?!\/)/, '$1/'),
    required: port.required === true,
    addressable: port.addressable === true,
    description: port.description ?? '',
    values,
    initial: port.default,
    control: false,
  };
}

/** Parses a component's description. */
export function componentOf({ inPorts, outPorts, ...described }: Described): Component {
  return { ...described, locked: '', inports: inPorts.map(declared), outports: outPorts.map(declared) };
}

/** What the server sends about a component beyond the FBP protocol. */
export interface Traits {
  readonly settings: ReadonlyMap<string, SettingForm>;
  /** Forwarded inports by outport. */
  readonly same: ReadonlyMap<string, string>;
  readonly locked: string;
}

/** Traits by component. */
export const traitsOf = (components: Library): ReadonlyMap<string, Traits> =>
  new Map(
    components.map(({ name, settings, same = [], locked = '' }) => [
      name,
      {
        settings: new Map(settings.map(form => [form.port, form])),
        same: new Map(same.map(({ port, as }) => [port, as])),
        locked,
      },
    ]),
  );

/** A component with its traits; unchanged if they are not known yet. */
export function withTraits(component: Component, traits: Traits | undefined): Component {
  if (!traits) return component;
  const inports = component.inports.map(({ form: _, ...port }) => {
    const form = traits.settings.get(port.name);
    return { ...port, control: form !== undefined, ...(form && { form }) };
  });
  const outports = component.outports.map(({ sameAs: _, ...port }) => {
    const sameAs = traits.same.get(port.name);
    return sameAs === undefined ? port : { ...port, sameAs };
  });
  return { ...component, inports, outports, locked: traits.locked };
}

/** A port's label in a form: its title, or else its name. */
export const settingTitle = ({ name, form }: Pick<DeclaredPort, 'name' | 'form'>): string =>
  form?.title ?? name.toUpperCase();

/** Whether its file can't be loaded; the description says why. */
export const isBroken = ({ description }: Pick<Component, 'description'>): boolean =>
  description.startsWith("can't be loaded: ");

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
