import { type Payload, Refused } from '../model/payload.ts';

/** What a client may do; each is given by a secret. `code` brings source in, which is to run code on this machine. */
export type Right = 'watch' | 'edit' | 'code';

/** What a runtime says: of the FBP network protocol, or of its addition `flowchat`. */
export interface ProtocolMessage {
  readonly protocol: string;
  readonly command: string;
  /** Plain JSON. `component:componentsready` has a number. */
  readonly payload: Payload | number;
}

/** A connection of an editor, as the sub-protocols see it. */
export interface Client {
  readonly id: number;
  /** Empty before a good secret. */
  readonly rights: ReadonlySet<Right>;
  /** The name of its secret's level, for revisions and the audit log: `editor` or `viewer`. */
  readonly by: string;
  /** Whether it understands the addition, because it has sent `flowchat:open`. */
  readonly extended: boolean;
  /** Sends what it did not ask for; nothing where its capabilities don't cover it, as editors fail at what they don't expect. */
  push(message: ProtocolMessage): void;
}

/** What a command brings its sender, in order; the last one is the acknowledgement. */
export type CommandReply = ProtocolMessage | readonly ProtocolMessage[];

/** One thing that a client can ask for. */
export interface ProtocolCommand {
  /** The capability that it needs; none means that it is open to all. */
  readonly needs?: string;
  run(client: Client, payload: Payload): CommandReply | Promise<CommandReply>;
}

/** A sub-protocol: its commands by name, and what is to be done when a client has left. */
export interface SubProtocol {
  readonly commands: ReadonlyMap<string, ProtocolCommand>;
  leave?(client: Client): void;
}

/** Passes on, as Refused, an error that is nothing that failed here: a graph that can't start, a file that can't be written. */
export function asRefused(error: unknown): never {
  throw new Refused(error instanceof Error ? error.message : String(error));
}

/** What a command of the addition to the protocol says back. */
export function flowchatReply(command: string, payload: Payload): ProtocolMessage {
  return { protocol: 'flowchat', command, payload };
}
