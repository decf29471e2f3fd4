import type { Writable } from 'node:stream';

/** Bytes after which what a connection is due no longer waits for the end of the turn. */
const MAX_DUE_BYTES = 64 * 1024;
/** Pause after a round of writes, as a multiple of how long it took: the next round has more to send in each write. */
const REST = 9;
/** Longest such pause, in milliseconds. */
const MAX_REST_MS = 50;

/** Buffers in the order in which they were sent. Connections that were sent the same share it, so it is joined once. */
class Run {
  readonly length: number;
  readonly #before: Run | undefined;
  readonly #last: Buffer;
  readonly #longer = new Map<Buffer, Run>();
  #joined: Buffer | undefined;

  constructor(before?: Run, last: Buffer = Buffer.alloc(0)) {
    this.#before = before;
    this.#last = last;
    this.length = (before?.length ?? 0) + last.length;
  }

  /** This run with another buffer at its end. */
  with(bytes: Buffer): Run {
    let longer = this.#longer.get(bytes);
    if (!longer) {
      longer = new Run(this, bytes);
      this.#longer.set(bytes, longer);
    }
    return longer;
  }

  get joined(): Buffer {
    this.#joined ??= this.length === this.#last.length ? this.#last : Buffer.concat(this.#buffers());
    return this.#joined;
  }

  #buffers(): Buffer[] {
    const buffers: Buffer[] = [];
    for (let run: Run | undefined = this; run; run = run.#before) buffers.push(run.#last);
    return buffers.reverse();
  }
}

let empty = new Run();
let due: TurnWriter[] = [];
let restsUntil = 0;

/** Writes to all connections what they are due. */
export function flushAll(): void {
  const writers = due;
  due = [];
  empty = new Run();
  const start = performance.now();
  for (const writer of writers) writer.flush();
  const end = performance.now();
  restsUntil = end + Math.min(REST * (end - start), MAX_REST_MS);
}

/**
 * After writing to many, the rest of the server has a multiple of that time before they are written to again. What they are due
 * meanwhile leaves in one write. After a pause nobody waits.
 */
function schedule(): void {
  const rest = restsUntil - performance.now();
  if (rest >= 1) setTimeout(flushAll, rest);
  else setImmediate(flushAll);
}

/**
 * Sends to a connection. What it is sent in one turn of the event loop leaves in one write, as a write costs far more
 * than the bytes in it. The end of a turn comes by itself, so a single message waits for nothing.
 */
export class TurnWriter {
  readonly #to: Writable;
  #run: Run | undefined;

  constructor(to: Writable) {
    this.#to = to;
  }

  /** Bytes sent but still buffered. */
  get backlog(): number {
    return this.#to.writableLength + (this.#run?.length ?? 0);
  }

  /** Sends bytes after all that were sent before. Whoever is to be sent the same has to be given the same buffer. */
  send(bytes: Buffer): void {
    if (!this.#run) {
      if (due.length === 0) schedule();
      due.push(this);
    }
    this.#run = (this.#run ?? empty).with(bytes);
    if (this.#run.length > MAX_DUE_BYTES) this.flush();
  }

  /** Writes what is due. */
  flush(): void {
    const run = this.#run;
    this.#run = undefined;
    if (run && this.#to.writable) this.#to.write(run.joined);
  }

  /** Resolves once the buffer has drained, or the connection has closed. */
  drained(): Promise<void> {
    this.flush();
    const to = this.#to;
    if (!to.writableNeedDrain) return Promise.resolve();
    return new Promise(resolve => {
      const done = () => {
        to.off('drain', done).off('close', done);
        resolve();
      };
      to.on('drain', done).on('close', done);
    });
  }
}
