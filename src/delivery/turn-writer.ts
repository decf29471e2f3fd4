import type { Writable } from 'node:stream';

/** Size in bytes at which a connection's pending output is written before the end of the turn. */
const MAX_DUE_BYTES = 64 * 1024;
/** Pause after a round of writes, as a multiple of its duration: later rounds then have more to send per write. */
const REST = 9;
/** Limit of this pause, in milliseconds. */
const MAX_REST_MS = 50;

/** Buffers in order. Connections with the same output share a run, so it is concatenated once. */
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

  /** This run with one more buffer. */
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

/** Flushes all connections. */
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
 * After a round of many writes, the rest of the server gets a multiple of its duration; output of that time is combined
 * in one write. After the pause, output is written at the end of the turn.
 */
function schedule(): void {
  const rest = restsUntil - performance.now();
  if (rest >= 1) setTimeout(flushAll, rest);
  else setImmediate(flushAll);
}

/**
 * Writes to a connection. Output of one turn of the event loop is combined in one write, since a write costs far more
 * than its bytes. A turn ends by itself, so a single message isn't delayed.
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

  /** Queues bytes. Pass the same buffer to all connections that get the same bytes. */
  send(bytes: Buffer): void {
    if (!this.#run) {
      if (due.length === 0) schedule();
      due.push(this);
    }
    this.#run = (this.#run ?? empty).with(bytes);
    if (this.#run.length > MAX_DUE_BYTES) this.flush();
  }

  /** Writes the pending output. */
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
