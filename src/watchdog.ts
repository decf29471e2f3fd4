import inspector from 'node:inspector';
import { Worker } from 'node:worker_threads';
import { BEATS, DEBUGGED, type Holder, loop } from './flow/loop.ts';
import type { Level } from './log.ts';

/** What the watchdog's thread is told once. */
export interface Watch {
  readonly memory: Int32Array;
  /** Milliseconds between two looks; the loop is stuck after `looks` of them without a beat. */
  readonly period: number;
  readonly looks: number;
  /** Where the file is left that says what was stuck. */
  readonly data: string;
  readonly level: Level;
  /** Whether the log is JSON. */
  readonly json: boolean;
}

/** The exit code of a process whose event loop was stuck: EX_SOFTWARE of sysexits.h. */
export const STUCK = 70;

/** The name by which the thread asks this one, once it has stopped it, whose question it is at work on. */
export const COURSE = 'flowchat.course';

/** Looks in the time after which the loop is stuck. A pause of the whole process is one look, however long it is. */
const LOOKS = 10;

/** How the process is watched. */
export interface Terms {
  /** Milliseconds that the event loop may be stuck. */
  readonly after: number;
  readonly data: string;
  readonly logLevel: Level;
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
  const period = after / LOOKS;
  const watch: Watch = { memory, period, looks: LOOKS, data, level, json };
  const thread = new Worker(new URL('./watchdog/thread.ts', import.meta.url), { workerData: watch });
  thread.on('error', failed).unref();
  loop.tell(seat => thread.postMessage(seat));
  Object.defineProperty(globalThis, Symbol.for(COURSE), { value: course });
  const beat = () => {
    memory[DEBUGGED] = inspector.url() === undefined ? 0 : 1;
    Atomics.add(memory, BEATS, 1);
  };
  setInterval(beat, period / 2).unref();
}
