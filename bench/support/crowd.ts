import { fork } from 'node:child_process';
import { answer, end } from './child.ts';

/** Protocols of a crowd's connections. */
export type Speech = 'sse' | 'flowchat' | 'ws' | 'socket.io' | 'mqtt';

/** Occurs only in message texts; followed by the time at which the message was due. */
const MARK = '|';

/** Milliseconds of this machine's clock, with a fraction, the same in all processes. */
export const clock = () => performance.timeOrigin + performance.now();

/** Digits of a time: tenths of milliseconds. */
export const STAMP_LENGTH = 14;

const TEXT = 'How long does it take to tell this to all who are here, and what does it cost?';

/** A text of 99 characters that says when it was due. */
export const stamped = (due: number) => `${TEXT.padEnd(98 - STAMP_LENGTH)}${MARK}${Math.round(due * 10)}`;

export const MARK_BYTE = MARK.charCodeAt(0);

/** Orders to a crowd's process, and its reports. */
export type Order =
  | { readonly do: 'join'; readonly port: number; readonly speech: Speech; readonly count: number }
  | { readonly do: 'count' }
  | { readonly do: 'hear' };

/** Many connections in a separate process, which count messages and parse as little as possible. */
export interface Crowd {
  /** Opens connections until there are so many. */
  join(count: number): Promise<void>;
  /** How many messages have come since `heard`, over all connections. */
  count(): Promise<number>;
  /** Number of messages since the last call, by their delay in milliseconds. */
  heard(): Promise<readonly number[]>;
  stop(): Promise<void>;
}

/** Makes a crowd before a server. */
export function crowd(port: number, speech: Speech): Crowd {
  const process_ = fork(new URL('./crowd-process.ts', import.meta.url));
  const order = (what: Order) => {
    const answered = answer<readonly number[]>(process_);
    process_.send(what);
    return answered;
  };
  return {
    join: async count => void (await order({ do: 'join', port, speech, count })),
    count: async () => (await order({ do: 'count' }))[0]!,
    heard: () => order({ do: 'hear' }),
    stop: () => end(process_),
  };
}
