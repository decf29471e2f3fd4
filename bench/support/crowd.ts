import { fork } from 'node:child_process';
import { answer, end } from './child.ts';

/** How connections of a crowd speak. */
export type Speech = 'sse' | 'flowchat' | 'ws' | 'socket.io';

/** In the text of every message and nowhere else, so that to count it is to count messages. */
export const MARK = '|';

/** What is ordered of a crowd's process, and what comes back. */
export type Order =
  | { readonly do: 'join'; readonly port: number; readonly speech: Speech; readonly count: number }
  | { readonly do: 'hear' }
  | { readonly do: 'tell'; readonly port: number; readonly times: number; readonly room: Room };

/** Everybody hears the lobby, and nobody the attic. */
export type Room = 'lobby' | 'attic';

/** Many connections in a process of their own, which count what they are told and read as little of it as they can. */
export interface Crowd {
  /** Opens connections until there are so many. */
  join(count: number): Promise<void>;
  /** Posts a message so many times, each when the last one has reached everybody. Milliseconds from post to last delivery of each. */
  tell(times: number, room: Room): Promise<readonly number[]>;
  /** How many messages have come since this was asked last, over all connections. */
  heard(): Promise<number>;
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
    tell: (times, room) => order({ do: 'tell', port, times, room }),
    heard: async () => (await order({ do: 'hear' }))[0]!,
    stop: () => end(process_),
  };
}
