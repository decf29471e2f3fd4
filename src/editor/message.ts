import { CLIENT_MESSAGES, type ClientMessageName, type ClientPayloads } from '../model/editor-protocol.ts';
import { readBy } from '../model/fields.ts';
import type { Payload } from '../model/payload.ts';
import type { ServerMessageName, ServerPayloads } from '../model/server-messages.ts';

/**
 * What a client may do; rights are granted by secrets. `settings` only changes settings on the settings page; `code`
 * allows source code, which is code execution on this machine.
 */
export type Right = 'watch' | 'settings' | 'edit' | 'code';

/** A message from the runtime, of the FBP network protocol or of flowchat's extension. */
export interface ProtocolMessage {
  readonly protocol: string;
  readonly command: string;
  /** Plain JSON. `component:componentsready` has a number. */
  readonly payload: Payload | number;
}

/** An editor's connection, as sub-protocols see it. */
export interface Client {
  readonly id: number;
  /** Empty until a valid secret was sent. */
  readonly rights: ReadonlySet<Right>;
  /** The name of its secret's level, for revisions and the audit log: `editor`, `moderator` or `viewer`. */
  readonly by: string;
  /** Whether it sees texts of private rooms, because it has asked for that by `flowchat:look`. */
  seesPrivate?: boolean;
  /** Whether it understands the extension, because it has sent `flowchat:open`. */
  readonly extended: boolean;
  /**
   * Sends a message unasked; drops it if the client's capabilities don't cover it, as editors fail on unexpected
   * messages.
   */
  push(message: ProtocolMessage): void;
}

/** The reply to a command, in order; the last message is the acknowledgement. */
export type CommandReply = ProtocolMessage | readonly ProtocolMessage[];

/** A command of a client. */
export interface ProtocolCommand {
  /** The capability that it needs; undefined if it is open to all. */
  readonly needs?: string | undefined;
  /** Whether it is recorded in the audit log; undefined for never. */
  audited?(payload: Payload): boolean;
  /** Whether the client's next commands run without waiting for it. */
  readonly isAside?: boolean;
  run(client: Client, payload: Payload): CommandReply | Promise<CommandReply>;
}

/** A sub-protocol: its commands by name, and a function to call when a client has left. */
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

/** Handlers of a protocol's commands, with parsed payloads. */
type CommandHandlers<Protocol extends string, Command extends CommandOf<Protocol>> = {
  readonly [One in Command]: (
    payload: ClientPayloads[`${Protocol}:${One}` & ClientMessageName],
    client: Client,
  ) => CommandReply | Promise<CommandReply>;
};

/** Commands of a protocol; they refuse an invalid payload. */
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
