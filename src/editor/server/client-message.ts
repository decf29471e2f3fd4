import { isRecord, kind, type Payload } from '../../model/payload.ts';
import { Refused } from '../../model/refused.ts';
import type { CommandReply, ProtocolCommand, ProtocolMessage, Right, SubProtocol } from '../message.ts';
import { capabilities, rightFor } from './rights.ts';

/** A client's message, as far as it could be parsed. */
export interface ClientMessage {
  /** Empty if missing. */
  readonly protocol: string;
  readonly command: string;
  /** Payload without the secret. */
  readonly payload: Payload;
  /** The secrets in the message, from either of the two places; unchecked. */
  readonly secrets: readonly unknown[];
  readonly requestId?: string;
  /** The parse error, if any. */
  readonly fault?: string;
}

/** Limit of a request's id, in characters. */
const MAX_ID_LENGTH = 200;
/** Limit of a protocol or command in error sentences, in characters. */
const MAX_NAME_LENGTH = 50;

const NOTHING: ClientMessage = { protocol: '', command: '', payload: {}, secrets: [] };

/** Parses a message. Never throws, and never repeats unreadable text, as it may contain a secret. */
export function parseMessage(text: string, mostDepth: number): ClientMessage {
  if (isDeep(text, mostDepth)) return { ...NOTHING, fault: `a message is nested at most ${mostDepth} deep` };
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return { ...NOTHING, fault: 'this is no JSON; a message is {"protocol", "command", "payload"}' };
  }
  if (isRecord(message)) return sort(message);
  return { ...NOTHING, fault: `a message is an object {"protocol", "command", "payload"}, not ${kind(message)}` };
}

function sort({ protocol, command, payload = {}, secret, requestId }: Payload): ClientMessage {
  const { secret: legacy, ...rest } = isRecord(payload) ? payload : {};
  const fault =
    nameFault('protocol', protocol) ??
    nameFault('command', command) ??
    (isRecord(payload) ? undefined : `"payload" must be an object, not ${kind(payload)}`);
  return {
    protocol: typeof protocol === 'string' ? protocol : '',
    command: typeof command === 'string' ? command : '',
    payload: rest,
    secrets: [...new Set([secret, legacy])].filter(shown => shown !== undefined && shown !== null && shown !== ''),
    ...(typeof requestId === 'string' && requestId.length <= MAX_ID_LENGTH && { requestId }),
    ...(fault !== undefined && { fault }),
  };
}

function nameFault(field: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return `"${field}" must be a text, not ${kind(value)}`;
  if (value.length > MAX_NAME_LENGTH) return `"${field}" has more than ${MAX_NAME_LENGTH} characters`;
}

/** Whether JSON is nested more deeply than allowed. Checked before parsing, as deep nesting overflows the stack. */
function isDeep(text: string, most: number): boolean {
  let depth = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const letter = text[i];
    if (isQuoted) {
      if (letter === '\\') i += 1;
      else if (letter === '"') isQuoted = false;
    } else if (letter === '"') isQuoted = true;
    else if (letter === '[' || letter === '{') depth += 1;
    else if (letter === ']' || letter === '}') depth -= 1;
    if (depth > most) return true;
  }
  return false;
}

const CURE: Readonly<Record<Right, string>> = {
  watch: 'connect with a secret that may watch',
  settings: 'connect with a secret that may change settings',
  edit: 'connect with a secret that may edit',
  code: 'connect with a secret that may edit, to a server with EDITOR_CODE=on',
};

/** Resolves a message's command. Throws Refused if there is none, or the rights don't allow it. */
export function authorizeCommand(
  protocols: ReadonlyMap<string, SubProtocol>,
  { protocol, command, fault }: ClientMessage,
  rights: ReadonlySet<Right>,
): ProtocolCommand {
  if (fault !== undefined) throw new Refused(fault);
  const commands = protocols.get(protocol)?.commands;
  if (!commands) throw new Refused(`there is no protocol "${protocol}"; there are ${names(protocols)}`);
  const found = commands.get(command);
  if (!found) throw new Refused(`${protocol} has no command "${command}"; it has ${names(commands)}`);
  const { needs } = found;
  if (needs === undefined || capabilities(rights).includes(needs)) return found;
  const right = rightFor(needs);
  const cure = right ? CURE[right] : 'this server does not have it';
  throw new Refused(`${protocol}:${command} needs the capability ${needs}; ${cure}`);
}

function names(map: ReadonlyMap<string, unknown>): string {
  return [...map.keys()].join(', ');
}

/**
 * An error message of a protocol; the network protocol's names its graph. `details` are for clients that know
 * flowchat's extension.
 */
export function errorMessage(
  protocol: string,
  message: string,
  graph?: unknown,
  details: object = {},
): ProtocolMessage {
  const isGraphs = protocol === 'network' && typeof graph === 'string';
  return { protocol, command: 'error', payload: { message, ...(isGraphs && { graph }), ...details } };
}

/** The sentence of an error reply; undefined for any other reply. */
export function refusalIn(reply: CommandReply): string | undefined {
  const last = [reply].flat().at(-1);
  if (last?.command !== 'error') return;
  return typeof last.payload === 'object' ? String(last.payload.message) : '';
}
