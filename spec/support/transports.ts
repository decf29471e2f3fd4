import { get } from 'node:http';
import { WebSocket } from 'ws';
import type { ChatMessage, LogEntry } from '../../src/model/chat.ts';
import { eventName } from '../../src/model/events.ts';

/** A message as the API gives it at some moment. */
export type HeardMessage = ChatMessage;

/** What a client is told: a message with its place, what became of one, or that something is lost. */
export interface Told {
  readonly kind: string;
  readonly cursor: string;
  readonly seq?: number;
  readonly message?: HeardMessage;
}

export interface Connection {
  /** Breaks it off at once; nothing more is told. */
  drop(): void;
  /** Whether it has ended by itself. */
  readonly ended: boolean;
}

/** A way to hear a room after a cursor. */
export interface Transport {
  readonly name: string;
  hear(origin: string, room: string, after: string, tell: (told: Told) => void): Connection;
  /** The status with which it is refused to hear a room after a cursor. */
  refused(origin: string, room: string, after: string): Promise<number>;
}

interface Page {
  readonly messages?: readonly HeardMessage[];
  readonly entries?: readonly {
    readonly seq: number;
    readonly kind: LogEntry['kind'];
    readonly message: HeardMessage;
  }[];
  readonly cursor: string;
  readonly gap: boolean;
}

const url = (origin: string, room: string, what: string, query: Record<string, string>) =>
  `${origin}/api/rooms/${room}/${what}?${new URLSearchParams(query)}`;

/** Asks again and again; with `wait`, where there is nothing new, the answer waits for it. */
function polling(name: string, wait: Readonly<Record<string, string>>, list = 'messages'): Transport {
  return {
    name,
    hear(origin, room, after, tell) {
      const controller = new AbortController();
      const connection = { drop: () => controller.abort(), ended: false };
      const poll = async () => {
        for (let cursor = after; ; ) {
          const query = { after: cursor, limit: '3', ...wait };
          const response = await fetch(url(origin, room, list, query), { signal: controller.signal });
          const page = (await response.json()) as Page;
          if (controller.signal.aborted) return;
          const epoch = page.cursor.split(':')[0];
          const found =
            page.entries ?? page.messages!.map(message => ({ kind: 'message' as const, seq: message.seq, message }));
          if (page.gap) tell({ kind: 'gap', cursor: `${epoch}:${(found[0]?.seq ?? 1) - 1}` });
          for (const { seq, kind, message } of found)
            tell({ kind: eventName({ kind, message }), cursor: `${epoch}:${seq}`, seq, message });
          cursor = page.cursor;
        }
      };
      poll().catch(() => {
        connection.ended = !controller.signal.aborted;
      });
      return connection;
    },
    refused: async (origin, room, after) => (await fetch(url(origin, room, list, { after, ...wait }))).status,
  };
}

const sse: Transport = {
  name: 'SSE',
  hear(origin, room, after, tell) {
    let pending = '';
    let dropped = false;
    const connection = {
      ended: false,
      drop() {
        dropped = true;
        request.destroy();
      },
    };
    const end = () => {
      connection.ended = !dropped;
    };
    const request = get(url(origin, room, 'events', {}), { agent: false, headers: { 'Last-Event-ID': after } });
    request.on('error', end).on('response', response => {
      response.setEncoding('utf8').on('close', end);
      response.on('data', (chunk: string) => {
        const blocks = (pending + chunk).split('\n\n');
        pending = blocks.pop()!;
        for (const block of blocks) {
          const told = toldBy(block);
          if (told && !dropped) tell(told);
        }
      });
    });
    return connection;
  },
  refused: async (origin, room, after) => (await fetch(url(origin, room, 'events', { after }))).status,
};

function toldBy(block: string): Told | undefined {
  const fields = Object.fromEntries(block.split('\n').map(line => line.split(/: ?(.*)/s, 2)));
  // What there is has no place in a room, nor has why a stream ends.
  if (fields.event === undefined || fields.id === undefined) return undefined;
  const isGap = fields.event === 'gap';
  const seq = Number(fields.id.split(':')[1]);
  return { kind: fields.event, cursor: fields.id, ...(!isGap && { seq, message: JSON.parse(fields.data) }) };
}

const socket: Transport = {
  name: 'WebSocket',
  hear(origin, room, after, tell) {
    let dropped = false;
    const opened = new WebSocket(`${origin.replace('http', 'ws')}/api/socket`);
    const connection = {
      ended: false,
      drop() {
        dropped = true;
        opened.terminate();
      },
    };
    opened.on('open', () => opened.send(JSON.stringify({ type: 'subscribe', room, after })));
    opened.on('error', () => {});
    opened.on('close', () => {
      connection.ended = !dropped;
    });
    opened.on('message', bytes => {
      const { type: kind, cursor, ...message } = JSON.parse(String(bytes));
      if (dropped || !['message', 'edit', 'remove', 'reaction', 'gap'].includes(kind)) return;
      tell({ kind, cursor, ...(kind !== 'gap' && { seq: Number(cursor.split(':')[1]), message }) });
    });
    return connection;
  },
  async refused(origin, room, after) {
    const opened = new WebSocket(`${origin.replace('http', 'ws')}/api/socket`);
    opened.on('open', () => opened.send(JSON.stringify({ type: 'subscribe', room, after })));
    const status = await new Promise<number>((resolve, reject) => {
      opened.on('error', reject).on('message', bytes => {
        const { type, status } = JSON.parse(String(bytes));
        if (type === 'error') resolve(status);
      });
    });
    opened.terminate();
    return status;
  },
};

/** Those that tell the whole log of a room. */
export const LOG_TRANSPORTS: readonly Transport[] = [polling('polling the log', {}, 'entries'), sse, socket];

export const TRANSPORTS: readonly Transport[] = [
  polling('polling', {}),
  polling('long poll', { wait: '30' }),
  ...LOG_TRANSPORTS,
];
