import type { RefusalCode } from '../../../src/model/codes.ts';

/** A message as the server keeps it. */
export interface ChatMessage {
  readonly room: string;
  /** 1 for the first message of its room, without holes. */
  readonly seq: number;
  readonly id: string;
  readonly author: string;
  readonly text: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** A part of a room's history, oldest first. */
export interface MessagesPage {
  readonly messages: readonly ChatMessage[];
  /** Where the next `after` goes on. */
  readonly cursor: string;
  /** Messages right after the asked cursor are not kept any more. */
  readonly gap: boolean;
}

/** A room that has messages, and where its newest one stands. */
export interface RoomSummary {
  readonly room: string;
  readonly cursor: string;
}

/** Why the server did not do something. */
export interface Failure {
  readonly status: number;
  readonly title: string;
  /** Why; undefined where a proxy says so, not the server. */
  readonly code?: RefusalCode;
  readonly detail?: string;
}

/** What the server says over the socket. */
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

/** What the page says over the socket. */
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

/** Reads a frame of the server; undefined where it is none that this page knows, so that a newer server may say more. */
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

/** Whether the same request may pass later by itself: too many, too slow or out of order, but not refused. */
export const isTransient = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** The sentence that a person is shown for a failure. */
export const reasonOf = ({ title, detail, status }: Failure): string => detail || title || `The server said ${status}`;

const refusals: Readonly<Record<number, string>> = {
  400: 'The server does not understand the address of this room.',
  401: 'You have to sign in to read this room.',
  403: 'You may not read this room.',
  404: 'This server has no such room.',
  405: 'This server shows no rooms.',
  422: 'The server does not take the address of this room.',
};

/** Why a room can't be read, for people, by the HTTP status of the server's refusal. */
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

/** Why a message has to wait, for people, by the code of the refusal, or by its HTTP status where a proxy or an older server refuses. */
export const pauseReason = ({ status, code }: Pick<Failure, 'status' | 'code'>): string =>
  pauses[code ?? status] ?? pauses[status] ?? `The server can't take the message now (status ${status})`;
