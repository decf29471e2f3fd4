import type { Passed } from '../../flow/tap.ts';
import type { Drawing } from '../../flow/wires.ts';
import { redacted } from './redact.ts';

/** Packets that wait to be written down, and milliseconds that they wait, out of the packets' way. */
const MOST_WAITING = 100;
const DELAY = 20;

/** The last events of a flowtrace, as JSON, in so many bytes at most. */
export class Recording {
  readonly #graph: string;
  readonly #size: number;
  /** In the order in which they came. */
  readonly #events = new Set<{ readonly json: string; readonly bytes: number }>();
  readonly #began = Date.now() - performance.now();
  #bytes = 0;
  #waiting: [Passed, Drawing][] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(graph: string, size: number) {
    this.#graph = graph;
    this.#size = size;
  }

  /** Takes a packet down; where more come than can be written, the latest of them. */
  add(passed: Passed, drawing: Drawing): void {
    if (this.#waiting.length >= MOST_WAITING) this.#waiting = this.#waiting.slice(MOST_WAITING / 2);
    this.#waiting.push([passed, drawing]);
    this.#timer ??= setTimeout(() => this.flush(), DELAY).unref();
  }

  /** Writes down what waits. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [passed, drawing] of this.#waiting.splice(0)) this.#write(passed, drawing);
  }

  clear(): void {
    this.#waiting = [];
    this.#events.clear();
    this.#bytes = 0;
  }

  /** Each event as JSON, the oldest first. */
  events(): readonly string[] {
    this.flush();
    return [...this.#events].map(({ json }) => json);
  }

  #write({ data, at }: Passed, { src, tgt, subgraph }: Drawing): void {
    const ends = { src: src ?? null, tgt: tgt ?? null };
    const payload = { ...ends, data: redacted(data), ...(subgraph.length > 0 && { subgraph }) };
    const time = new Date(this.#began + at).toISOString();
    const json = JSON.stringify({ protocol: 'network', command: 'data', payload, graph: this.#graph, time });
    const event = { json, bytes: Buffer.byteLength(json) };
    this.#events.add(event);
    this.#bytes += event.bytes;
    for (const oldest of this.#events) {
      if (this.#bytes <= this.#size) return;
      this.#events.delete(oldest);
      this.#bytes -= oldest.bytes;
    }
  }
}
