import { CLIENT_MESSAGES, type ClientMessageName, type ClientPayloads } from '../model/editor-protocol.ts';
import { readBy } from '../model/fields.ts';
import type { Payload } from '../model/payload.ts';
import type { ServerMessageName, ServerPayloads } from '../model/server-messages.ts';

/**
 * What a client may do; each is given by a secret. `settings` changes the settings on the settings page and nothing else;
 * `code` brings source in, which is to run code on this machine.
 */
export type Right = 'watch' | 'settings' | 'edit' | 'code';

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
  /** The name of its secret's level, for revisions and the audit log: `editor`, `moderator` or `viewer`. */
  readonly by: string;
  /** Whether it is shown what is written in private rooms, because it has asked for that by `flowchat:look`. */
  seesPrivate?: boolean;
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
  readonly needs?: string | undefined;
  /** Whether the audit log has it; none means that it never has. */
  audited?(payload: Payload): boolean;
  /** Whether what its sender asks for next does not wait for it. */
  readonly isAside?: boolean;
  run(client: Client, payload: Payload): CommandReply | Promise<CommandReply>;
}

/** A sub-protocol: its commands by name, and what is to be done when a client has left. */
export interface SubProtocol {
  readonly commands: ReadonlyMap<string, ProtocolCommand>;
  leave?(client: Client): void;
}

/** A message to editors. */
export function messageOf<Name extends ServerMessageName>(name: Name, payload: ServerPayloads[Name]): ProtocolMessage {
  const [protocol, command] = name.split(':') as [string, string];
  return { protocol, command, payload };
}

type CommandOf<Protocol extends string> = ClientMessageName extends infer Name
  ? Name extends `${Protocol}:${infer Command}`
    ? Command
    : never
  : never;

/** What is done for commands of a protocol, whose payloads were read. */
type CommandHandlers<Protocol extends string, Command extends CommandOf<Protocol>> = {
  readonly [One in Command]: (
    payload: ClientPayloads[`${Protocol}:${One}` & ClientMessageName],
    client: Client,
  ) => CommandReply | Promise<CommandReply>;
};

/** Commands of a protocol, which refuse a payload that does not fit. */
export function commandsOf<Protocol extends string, Command extends CommandOf<Protocol>>(
  protocol: Protocol,
  handlers: CommandHandlers<Protocol, Command>,
): ReadonlyMap<string, ProtocolCommand> {
  return new Map(
    Object.keys(handlers).map(command => {
      const { payload: schema, ...more } = CLIENT_MESSAGES[`${protocol}:${command}` as ClientMessageName];
      const handle = handlers[command as Command] as (payload: unknown, client: Client) => CommandReply;
      return [command, { ...more, run: (client, payload) => handle(readBy(schema, payload), client) }];
    }),
  );
}
