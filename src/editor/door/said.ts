import type { Payload } from '../protocol/message.ts';
import { isRecord, kind } from '../protocol/payload.ts';

/** A message of a client, as far as it could be read. */
export interface Said {
  /** Empty where it has none. */
  readonly protocol: string;
  readonly command: string;
  /** Without the secret. */
  readonly payload: Payload;
  /** What it shows as secrets, at either of the two places; nothing good need be among them. */
  readonly secrets: readonly unknown[];
  readonly requestId?: string;
  /** Why it can't be followed. */
  readonly fault?: string;
}

/** The most characters of a request's id. */
const MOST_OF_ID = 200;
/** The most characters of a protocol or a command, as sentences repeat them. */
const MOST_OF_NAME = 50;

const NOTHING: Said = { protocol: '', command: '', payload: {}, secrets: [] };

/** Reads a message. Never throws, and never repeats what it could not read, as there may be a secret in it. */
export function read(text: string, mostDepth: number): Said {
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

function sort({ protocol, command, payload = {}, secret, requestId }: Payload): Said {
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
    ...(typeof requestId === 'string' && requestId.length <= MOST_OF_ID && { requestId }),
    ...(fault !== undefined && { fault }),
  };
}

function nameFault(field: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return `"${field}" must be a text, not ${kind(value)}`;
  if (value.length > MOST_OF_NAME) return `"${field}" has more than ${MOST_OF_NAME} characters`;
}

/** Whether JSON has more brackets around brackets than it may. Looked at before it is parsed, as what is deep overflows stacks. */
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
