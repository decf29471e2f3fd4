import inspector from 'node:inspector';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { LogLevel } from '../log.ts';

/** A node of a running network, and its revision; undefined in a scratch graph or test. */
export interface Holder {
  readonly node: string;
  readonly revision?: number | undefined;
}

/** A slot in the shared memory and its node; without a node, the slot is free. */
export type HolderSlot = readonly [number: number, holder?: Holder];

/** Indices in the shared memory. */
export const BEATS = 0;
export const HOLDER = 1;
export const DEBUGGED = 2;

/**
 * Records which node occupies the event loop, in memory that another thread can read while the loop is stuck. One per
 * process, as there is one event loop.
 */
class Loop {
  readonly memory = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
  readonly #holders = new Map<number, Holder>();
  #last = 0;
  #listener: ((slot: HolderSlot) => void) | undefined;

  /** Calls `listener` with each slot's node, for existing and future slots. */
  listen(listener: (slot: HolderSlot) => void): void {
    this.#listener = listener;
    for (const slot of this.#holders) listener(slot);
  }

  /** Assigns a slot to a node. */
  add(holder: Holder): number {
    this.#last += 1;
    this.#holders.set(this.#last, holder);
    this.#listener?.([this.#last, holder]);
    return this.#last;
  }

  remove(number: number): void {
    this.#holders.delete(number);
    this.#listener?.([number]);
  }

  /** Records that a node occupies the loop. Returns the previous slot, to be restored afterwards. */
  enter(number: number): number {
    const before = this.memory[HOLDER]!;
    this.memory[HOLDER] = number;
    return before;
  }

  leave(before: number): void {
    this.memory[HOLDER] = before;
  }
}

export const loop = new Loop();

export interface WatchdogConfig {
  readonly memory: Int32Array;
  /** Milliseconds between checks; after `checks` of them without a beat, the loop counts as stuck. */
  readonly period: number;
  readonly checks: number;
  /** Folder for the file that reports what was stuck. */
  readonly data: string;
  readonly level: LogLevel;
  /** Whether the log is JSON. */
  readonly json: boolean;
}

/** Exit code after a stuck event loop: EX_SOFTWARE of sysexits.h. */
export const STUCK = 70;

/** The file in DATA that names the revision that got stuck. */
export const STUCK_FILE = 'stuck.json';

/** Global name of the function by which the thread asks the paused main thread for its current question's node. */
export const HOLDER_OF_QUESTION = 'flowchat.holderOfQuestion';

/** Checks until the loop counts as stuck. However long a process is suspended, that counts as one check. */
const CHECKS = 10;

interface Terms {
  /** Milliseconds the event loop may be stuck. */
  readonly after: number;
  readonly data: string;
  readonly logLevel: LogLevel;
  readonly json: boolean;
  /** The node of the current async context's question; it is blamed if no node is entered. */
  holderOfQuestion(): Holder | undefined;
  /** Called if the thread can't run, or ended. */
  failed(error: Error): void;
}

/**
 * Ends this process with exit code STUCK once its event loop is stuck: a separate thread logs the node that occupies
 * the loop and writes STUCK_FILE to the data folder. A suspended process, or one with a debugger attached, is not
 * stuck. It does not keep the process alive.
 */
export function watchLoop({ after, data, logLevel: level, json, holderOfQuestion, failed }: Terms): void {
  const { memory } = loop;
  const period = after / CHECKS;
  const watch: WatchdogConfig = { memory, period, checks: CHECKS, data, level, json };
  const thread = new Worker(new URL(`./watchdog-thread${extname(import.meta.url)}`, import.meta.url), {
    workerData: watch,
  });
  thread.on('error', failed).unref();
  loop.listen(slot => thread.postMessage(slot));
  Object.defineProperty(globalThis, Symbol.for(HOLDER_OF_QUESTION), { value: holderOfQuestion });
  const beat = () => {
    memory[DEBUGGED] = inspector.url() === undefined ? 0 : 1;
    Atomics.add(memory, BEATS, 1);
  };
  setInterval(beat, period / 2).unref();
}
