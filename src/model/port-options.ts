import type { PortSpec } from './component-spec.ts';

/** Options of a setting, for its form. */
interface SettingOptions extends Pick<PortSpec, 'title' | 'lines' | 'unit' | 'secret' | 'everyday' | 'schema'> {
  readonly datatype: 'string' | 'number' | 'int' | 'boolean' | 'object' | 'all';
  /** The label in a form. */
  readonly title: string;
  readonly description: string;
  readonly required?: boolean;
  readonly default?: unknown;
  /** The allowed values. */
  readonly values?: unknown[];
  /** Throws a sentence for an invalid value; the check of a graph reports it before the graph runs. */
  check?(value: never): unknown;
  /** A warning about a risky value, shown by the check and confirmed on publishing; otherwise undefined. */
  warn?(value: never): string | undefined;
}

/** A control port. NoFlo keeps options that it doesn't know. */
export const setting = <Options extends SettingOptions>(options: Options) => ({ ...options, control: true as const });

/** The setting that names a store of messages. */
export const storePort = (description: string) =>
  setting({ datatype: 'string', title: 'Kept in', schema: 'chat/store', required: true, description });

/** An inport for object packets of any type. */
export const anyPacket = (description: string) => ({ datatype: 'object', required: true, description }) as const;

/** An inport whose state is kept by this process alone: the check warns if several processes share the messages. */
export const perProcess = <Options extends object>(options: Options) => ({ ...options, perProcess: true as const });

/** An outport that forwards the packets of an inport: the check follows their type through the node. */
export const sameAs = (inport: string, description: string) => ({ datatype: 'object', sameAs: inport, description });

/** An outport for side effects, such as a bot's message: no question continues there. */
export const aside = <Options extends object>(options: Options) => ({ ...options, aside: true as const });

/** An outport that is used only if a setting has a value: otherwise the check assumes that it sends nothing. */
export const usedWhen = <Options extends object>(name: string, value: string, options: Options) => ({
  ...options,
  when: { name, value },
});

/** An outport whose packets leave after a delay: the check warns if it is between a question and its answer. */
export const slow = <Options extends object>(options: Options) => ({ ...options, slow: true as const });

/** An outport that passes only permitted actions: the check warns of paths to a store that bypass it. */
export const guards = <Options extends object>(options: Options) => ({ ...options, guards: true as const });
