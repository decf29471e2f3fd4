import type { PortSpec } from './component-spec.ts';

/** What a component says of a setting, so that it can be filled in as a form. */
interface SettingOptions extends Pick<PortSpec, 'title' | 'lines' | 'unit' | 'secret' | 'everyday' | 'schema'> {
  readonly datatype: 'string' | 'number' | 'int' | 'boolean' | 'object' | 'all';
  /** What a form calls it. */
  readonly title: string;
  readonly description: string;
  readonly required?: boolean;
  readonly default?: unknown;
  /** The only values that it takes. */
  readonly values?: unknown[];
  /** Throws a sentence for a value that makes no sense, so that the check of a graph tells it before the graph runs. */
  check?(value: never): unknown;
  /** Says why a value is risky, which the check of a graph warns of, and publishing asks about; undefined of others. */
  warn?(value: never): string | undefined;
}

/** A control port. NoFlo keeps the options that it does not know. */
export const setting = <Options extends SettingOptions>(options: Options) => ({ ...options, control: true as const });

/** The setting that names a store of messages. */
export const storePort = (description: string) =>
  setting({ datatype: 'string', title: 'Kept in', schema: 'chat/store', required: true, description });

/** An inport that takes packets of any type, as long as each is an object. */
export const anyPacket = (description: string) => ({ datatype: 'object', required: true, description }) as const;

/** An inport of what the process keeps by itself: the check warns of it where several processes share the messages. */
export const perProcess = <Options extends object>(options: Options) => ({ ...options, perProcess: true as const });

/** An outport that sends on what came in by an inport, so that the check follows the type of it through the node. */
export const sameAs = (inport: string, description: string) => ({ datatype: 'object', sameAs: inport, description });

/** An outport for what nobody waits for, such as what a bot says: no question goes on by it. */
export const aside = <Options extends object>(options: Options) => ({ ...options, aside: true as const });

/** An outport that is in use only where a setting has this value: elsewhere the check takes it for one that sends nothing. */
export const usedWhen = <Options extends object>(name: string, value: string, options: Options) => ({
  ...options,
  when: { name, value },
});

/** An outport whose packets leave only after a while: the check warns of it on the way of a question to its answer. */
export const slow = <Options extends object>(options: Options) => ({ ...options, slow: true as const });

/** An outport by which goes on only what somebody may do: the check warns of ways to a store that lead round it. */
export const guards = <Options extends object>(options: Options) => ({ ...options, guards: true as const });
