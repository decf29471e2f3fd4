import type { About, ChatMessage, HistoryPage, LogPage } from '../../../src/model/chat.ts';
import type { ServerFrame } from '../../../src/model/chat-frames.ts';
import type { RefusalCode } from '../../../src/model/codes.ts';
import { asSentence } from '../../../src/model/text.ts';
import type { Failure } from '../../ui/api.ts';

/** A message for the page; a removed one has an empty text. */
export type ShownMessage = ChatMessage & { readonly text: string };

/** Converts a message of the server. */
export const shownMessage = (message: ChatMessage): ShownMessage => ({ ...message, text: message.text ?? '' });

/** A page of a room's history, with converted messages. */
export type ShownPage = Omit<HistoryPage, 'messages'> & { readonly messages: readonly ShownMessage[] };

/** A page of a room's log, with converted messages. A newer server may send other kinds. */
export type ShownEntries = Omit<LogPage, 'entries'> & {
  readonly entries: readonly { readonly seq: number; readonly kind: string; readonly message: ShownMessage }[];
};

/** The signed-in person, as the server knows them. */
export type SignedInPerson = NonNullable<About['who']>;

/** The parts of the server's `about` that the page uses. */
export type KnownAbout = Pick<About, 'can' | 'limits' | 'watched'> & Partial<Pick<About, 'title'>>;

/** Parses `about` from the server or this browser's storage; undefined if it is invalid. */
export function aboutOf(value: unknown): KnownAbout | undefined {
  const { title, can, limits, watched } = Object(value) as Partial<Record<keyof About, unknown>>;
  if (!Array.isArray(can) || typeof limits !== 'object' || limits === null) return;
  const numbers = Object.entries(limits).filter(([, most]) => typeof most === 'number');
  return {
    can: can.map(String),
    limits: Object.fromEntries(numbers),
    ...(typeof title === 'string' && { title }),
    ...(watched === true && { watched }),
  };
}

/** A frame that the page handles: from a socket, or made from a response while polling. */
export type ReceivedFrame =
  | Exclude<ServerFrame, { type: 'error' | 'welcome' }>
  | ({ readonly type: 'error'; readonly key?: string; readonly room?: string } & Failure);

const TOLD = { room: 'string', cursor: 'string', seq: 'number', id: 'string', author: 'string', at: 'string' } as const;

/** Required fields of each frame, with their types. */
const fields: {
  readonly [Type in ReceivedFrame['type']]: Partial<
    Record<keyof Extract<ReceivedFrame, { type: Type }>, 'string' | 'number'>
  >;
} = {
  hello: { version: 'string' },
  about: { title: 'string' },
  people: {},
  subscribed: { room: 'string', cursor: 'string' },
  message: { ...TOLD, text: 'string' },
  edit: { ...TOLD, text: 'string' },
  remove: TOLD,
  reaction: { ...TOLD, text: 'string' },
  ack: { key: 'string', seq: 'number', room: 'string' },
  answer: { key: 'string', room: 'string', author: 'string', text: 'string' },
  gap: { room: 'string', cursor: 'string' },
  error: { status: 'number' },
};

/** Parses a server frame; undefined if its kind is unknown, so that a newer server may send more. */
export function frameOf(text: string): ReceivedFrame | undefined {
  try {
    const frame = JSON.parse(text) as Record<string, unknown>;
    const type = frame.type as ReceivedFrame['type'];
    const wanted = Object.hasOwn(fields, type) ? Object.entries(fields[type]) : undefined;
    if (wanted?.every(([name, kind]) => typeof frame[name] === kind)) return frame as unknown as ReceivedFrame;
  } catch {
    return undefined;
  }
}

/** Whether the request may succeed later: rate-limited, timed out or failed, but not refused. */
export const isTransient = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** The sentence shown for a failure. */
export const reasonOf = ({ title, detail, status }: Failure): string => detail || title || `The server said ${status}`;

const refusals: Readonly<Record<number, string>> = {
  400: 'The server does not understand the address of this room.',
  401: 'You have to sign in to read this room.',
  403: 'You may not read this room.',
  404: 'This server has no such room.',
  405: 'This server does not show rooms.',
  422: 'The server rejects the address of this room.',
};

/** The sentence shown if a room can't be read: the graph's own for a banned reader, otherwise by HTTP status. */
export const roomRefusal = ({ status, code, detail }: Pick<Failure, 'status' | 'code' | 'detail'>): string =>
  (code === 'banned' && detail ? asSentence(detail) : refusals[status]) ??
  `The server refuses to show this room (status ${status}).`;

const pauses: Readonly<Record<string, string>> = {
  'new-rooms-limited': 'Too many new rooms at once',
  'too-many-waiting': 'Too many requests wait for the server already',
  'graph-stopped': 'The server is stopped for the moment',
  'rolled-back': 'The server went back to an earlier version meanwhile',
  'store-failed': 'The server cannot keep messages at the moment',
  408: 'The server did not get the message in time',
  429: 'Too many messages at once',
  500: 'Something failed in the server',
  503: 'The server has too much to do',
  504: 'The server took too long',
} satisfies Partial<Record<RefusalCode | number, string>>;

/**
 * The sentence shown while a message waits: by the refusal's code, or by HTTP status for a proxy or an older server.
 */
export const pauseReason = ({ status, code }: Pick<Failure, 'status' | 'code'>): string =>
  pauses[code ?? status] ?? pauses[status] ?? `The server can't take the message now (status ${status})`;
