import { type Command, type Message, Refused, type Reply, type Right, type SubProtocol } from '../protocol/message.ts';
import { capabilities, rightFor } from './rights.ts';
import type { Said } from './said.ts';

const CURE: Readonly<Record<Right, string>> = {
  watch: 'connect with a secret that may watch',
  edit: 'connect with a secret that may edit',
  code: 'connect with a secret that may edit, to a server with EDITOR_CODE=on',
};

/** The command that a message means. Throws Refused where there is none, or where these rights don't bring it. */
export function find(
  protocols: ReadonlyMap<string, SubProtocol>,
  { protocol, command, fault }: Said,
  rights: ReadonlySet<Right>,
): Command {
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

/** An error as a protocol tells it; the network's names its graph. */
export function problem(protocol: string, message: string, graph?: unknown): Message {
  const isGraphs = protocol === 'network' && typeof graph === 'string';
  return { protocol, command: 'error', payload: { message, ...(isGraphs && { graph }) } };
}

/** The sentence of an error that was not thrown but answered with; nothing where it is none. */
export function refusalIn(reply: Reply): string | undefined {
  const last = [reply].flat().at(-1);
  if (last?.command !== 'error') return;
  return typeof last.payload === 'object' ? String(last.payload.message) : '';
}
