/** A message as the server keeps it. */
export interface Message {
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
export interface Page {
  readonly messages: readonly Message[];
  /** Where the next `after` goes on. */
  readonly cursor: string;
  /** Messages right after the asked cursor are not kept any more. */
  readonly gap: boolean;
}

/** A room that has messages, and where its newest one stands. */
export interface Head {
  readonly room: string;
  readonly cursor: string;
}

/** Why the server did not do something. */
export interface Failure {
  readonly status: number;
  readonly title: string;
  readonly detail?: string;
}

/** What the server says over the socket. */
export type Frame =
  | { readonly type: 'hello'; readonly version: string }
  | { readonly type: 'subscribed'; readonly room: string; readonly cursor: string }
  | ({ readonly type: 'message'; readonly cursor: string } & Message)
  | {
      readonly type: 'ack';
      readonly key: string;
      readonly seq: number;
      readonly room: string;
    }
  | { readonly type: 'gap'; readonly room: string; readonly cursor: string }
  | ({ readonly type: 'error'; readonly key?: string; readonly room?: string } & Failure);

/** What the page says over the socket. */
export type Request =
  | { readonly type: 'subscribe'; readonly room: string; readonly after?: string }
  | { readonly type: 'unsubscribe'; readonly room: string }
  | {
      readonly type: 'send';
      readonly key: string;
      readonly room: string;
      readonly author: string;
      readonly text: string;
    };

const fields: Readonly<Record<Frame['type'], Readonly<Record<string, 'string' | 'number'>>>> = {
  hello: { version: 'string' },
  subscribed: { room: 'string', cursor: 'string' },
  message: { room: 'string', cursor: 'string', seq: 'number', author: 'string', text: 'string', at: 'string' },
  ack: { key: 'string', seq: 'number', room: 'string' },
  gap: { room: 'string', cursor: 'string' },
  error: { status: 'number' },
};

/** Reads a frame of the server; undefined where it is none that this page knows, so that a newer server may say more. */
export function frameOf(text: string): Frame | undefined {
  try {
    const frame = JSON.parse(text) as Record<string, unknown>;
    const type = frame.type as Frame['type'];
    const wanted = Object.hasOwn(fields, type) ? Object.entries(fields[type]) : undefined;
    if (wanted?.every(([name, kind]) => typeof frame[name] === kind)) return frame as unknown as Frame;
  } catch {
    return undefined;
  }
}

/** Whether the same request may pass later by itself: too many, too slow or out of order, but not refused. */
export const passing = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** The sentence that a person is shown for a failure. */
export const reasonOf = ({ title, detail, status }: Failure): string => detail || title || `The server said ${status}`;
