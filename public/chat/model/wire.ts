import type { RefusalCode } from '../../../src/model/codes.ts';

/** A message as the server keeps it. */
export interface ChatMessage {
  readonly room: string;
  /** 1 for the room's first message; without holes. */
  readonly seq: number;
  readonly id: string;
  readonly author: string;
  readonly text: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** A page of a room's history, oldest first. */
export interface MessagesPage {
  readonly messages: readonly ChatMessage[];
  /** The cursor for the next request's `after`. */
  readonly cursor: string;
  /** Set if messages right after the requested cursor are no longer stored. */
  readonly gap: boolean;
}

/** A room with messages, and the cursor of its newest one. */
export interface RoomSummary {
  readonly room: string;
  readonly cursor: string;
}

/** An error response of the server. */
export interface Failure {
  readonly status: number;
  readonly title: string;
  /** Undefined if a proxy refused, not the server. */
  readonly code?: RefusalCode;
  readonly detail?: string;
}

/** A frame from the server. */
export type ServerFrame =
  | { readonly type: 'hello'; readonly version: string }
  | { readonly type: 'subscribed'; readonly room: string; readonly cursor: string }
  | ({ readonly type: 'message'; readonly cursor: string } & ChatMessage)
  | {
      readonly type: 'ack';
      readonly key: string;
      readonly seq: number;
      readonly room: string;
    }
  | { readonly type: 'gap'; readonly room: string; readonly cursor: string }
  | ({ readonly type: 'error'; readonly key?: string; readonly room?: string } & Failure);

/** A frame to the server. */
export type ClientFrame =
  | { readonly type: 'subscribe'; readonly room: string; readonly after?: string }
  | { readonly type: 'unsubscribe'; readonly room: string }
  | {
      readonly type: 'send';
      readonly key: string;
      readonly room: string;
      readonly author: string;
      readonly text: string;
    };

const fields: Readonly<Record<ServerFrame['type'], Readonly<Record<string, 'string' | 'number'>>>> = {
  hello: { version: 'string' },
  subscribed: { room: 'string', cursor: 'string' },
  message: { room: 'string', cursor: 'string', seq: 'number', author: 'string', text: 'string', at: 'string' },
  ack: { key: 'string', seq: 'number', room: 'string' },
  gap: { room: 'string', cursor: 'string' },
  error: { status: 'number' },
};

/** Parses a server frame; undefined if this page does not know it, so a newer server may send more. */
export function frameOf(text: string): ServerFrame | undefined {
  try {
    const frame = JSON.parse(text) as Record<string, unknown>;
    const type = frame.type as ServerFrame['type'];
    const wanted = Object.hasOwn(fields, type) ? Object.entries(fields[type]) : undefined;
    if (wanted?.every(([name, kind]) => typeof frame[name] === kind)) return frame as unknown as ServerFrame;
  } catch {
    return undefined;
  }
}

/** Whether the same request may succeed later: too many, too slow or out of order, but not refused. */
export const isTransient = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** The sentence shown for a failure. */
export const reasonOf = ({ title, detail, status }: Failure): string => detail || title || `The server said ${status}`;

const refusals: Readonly<Record<number, string>> = {
  400: 'The server does not understand the address of this room.',
  401: 'You have to sign in to read this room.',
  403: 'You may not read this room.',
  404: 'This server has no such room.',
  405: 'This server shows no rooms.',
  422: 'The server does not take the address of this room.',
};

/** The sentence shown if a room can't be read, by HTTP status. */
export const roomRefusal = (status: number): string =>
  refusals[status] ?? `The server refuses to show this room (status ${status}).`;

const pauses: Readonly<Partial<Record<RefusalCode | number, string>>> = {
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
};

/** The sentence shown while a message waits: by the refusal's code, or by its HTTP status if a proxy or an older server refused. */
export const pauseReason = ({ status, code }: Pick<Failure, 'status' | 'code'>): string =>
  pauses[code ?? status] ?? pauses[status] ?? `The server can't take the message now (status ${status})`;
