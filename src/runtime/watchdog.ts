import inspector from 'node:inspector';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { LogLevel } from '../log.ts';

/** A node of a network that runs, and the revision that the network is; undefined if it is a sketch or a test. */
export interface Holder {
  readonly node: string;
  readonly revision?: number | undefined;
}

/** A holder and its number in the shared memory; without a holder, the number is free. */
export type HolderSlot = readonly [number: number, holder?: Holder];

/** The places in the shared memory. */
export const BEATS = 0;
export const HOLDER = 1;
export const DEBUGGED = 2;

/**
 * Which node holds the event loop, noted in memory that another thread can read while the loop is stuck. There is one for
 * the process, as there is one event loop.
 */
class Loop {
  readonly memory = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
  readonly #holders = new Map<number, Holder>();
  #last = 0;
  #listener: ((slot: HolderSlot) => void) | undefined;

  /** Tells who has which number, from now on and up to now. */
  listen(listener: (slot: HolderSlot) => void): void {
    this.#listener = listener;
    for (const slot of this.#holders) listener(slot);
  }

  /** Gives a node the number that it enters with. */
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

  /** Notes that a node holds the loop. Returns who held it before, to whom it goes back. */
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

/** What the watchdog's thread is told once. */
export interface WatchdogConfig {
  readonly memory: Int32Array;
  /** Milliseconds between two looks; the loop is stuck after `checks` of them without a beat. */
  readonly period: number;
  readonly checks: number;
  /** Where the file is left that says what was stuck. */
  readonly data: string;
  readonly level: LogLevel;
  /** Whether the log is JSON. */
  readonly json: boolean;
}

/** The exit code of a process whose event loop was stuck: EX_SOFTWARE of sysexits.h. */
export const STUCK = 70;

/** The name by which the thread asks this one, once it has stopped it, whose question it is at work on. */
export const COURSE = 'flowchat.course';

/** Looks in the time after which the loop is stuck. A pause of the whole process is one look, however long it is. */
const CHECKS = 10;

/** How the process is watched. */
interface Terms {
  /** Milliseconds that the event loop may be stuck. */
  readonly after: number;
  readonly data: string;
  readonly logLevel: LogLevel;
  readonly json: boolean;
  /** The node that has the question in whose course this is called; it is at work on it where no node is entered. */
  course(): Holder | undefined;
  /** The thread does not run, or no longer. */
  failed(error: Error): void;
}

/**
 * Ends this process with the exit code STUCK once its event loop has been stuck for some time, from a thread of its own: logs
 * the node that holds the loop, and leaves `stuck.json` in the folder of data. A process that was paused, or that a debugger
 * is connected to, is not stuck. It keeps no process running.
 */
export function watchLoop({ after, data, logLevel: level, json, course, failed }: Terms): void {
  const { memory } = loop;
  const period = after / CHECKS;
  const watch: WatchdogConfig = { memory, period, checks: CHECKS, data, level, json };
  const thread = new Worker(new URL(`./watchdog-thread${extname(import.meta.url)}`, import.meta.url), {
    workerData: watch,
  });
  thread.on('error', failed).unref();
  loop.listen(slot => thread.postMessage(slot));
  Object.defineProperty(globalThis, Symbol.for(COURSE), { value: course });
  const beat = () => {
    memory[DEBUGGED] = inspector.url() === undefined ? 0 : 1;
    Atomics.add(memory, BEATS, 1);
  };
  setInterval(beat, period / 2).unref();
}
