import type { Graph } from '../../fbp.ts';
import type { Passed } from '../../flow/tap.ts';
import type { Drawing } from '../../flow/wires.ts';
import type { Library } from '../../library.ts';
import { type Client, type Message, Refused } from '../protocol/message.ts';
import { dataMessage, Outbox } from '../watching/packets.ts';
import { redacted } from '../watching/redact.ts';
import { type PacketEvent, Sketch } from './sketch.ts';

/** Hears packets of a sketch that runs. */
export type Ear = (passed: Passed, drawing: Drawing) => void;

/** What is kept for a client that tries things out. */
interface Bench {
  readonly running: Map<string, Sketch>;
  /** Who else hears packets, by the graph's id. */
  readonly ears: Set<{ readonly id: string; readonly heard: Ear }>;
  readonly wires: Outbox;
  readonly ports: Outbox;
  readonly errors: Outbox;
}

/** Sketches of a client that run at the same time, and of all of them. */
const MOST_RUNNING = 10;
const MOST_OF_ALL = 50;
/** What leaves by outer ports is what tests wait for, so more of it is told than of what passes on edges. */
const PORTS = { burst: 2000, rate: 1000 };
/** Errors are told also where too many packets pass. */
const ERRORS = { burst: 10, rate: 10 };
/** Characters of a packet, as JSON, that are told as they are. */
const MOST_LETTERS = 256 * 1024;

/** The sketches that run: each is its client's, and goes with it. */
export class Sketches {
  readonly #library: Library;
  readonly #benches = new Map<Client, Bench>();
  readonly #gone = new WeakSet<Client>();

  constructor(library: Library) {
    this.#library = library;
  }

  /** A client's sketch, where it was started and not stopped since. */
  find(client: Client, id: string): Sketch | undefined {
    return this.#benches.get(client)?.running.get(id);
  }

  /** Starts a sketch, anew where it has been started. Rejects with Refused where it can't run. */
  async start(client: Client, id: string, graph: Graph): Promise<Sketch> {
    await this.stop(client, id);
    const bench = this.#bench(client);
    const all = [...this.#benches.values()].reduce((sum, { running }) => sum + running.size, 0);
    if (bench.running.size >= MOST_RUNNING || all >= MOST_OF_ALL) {
      throw new Refused(`${Math.min(bench.running.size, all)} sketches run already; stop one of them first`);
    }
    const sketch = await Sketch.start(graph, this.#library, this.#onlooker(client, id, bench)).catch(error => {
      throw new Refused(error instanceof Error ? error.message : String(error));
    });
    if (this.#gone.has(client)) await sketch.stop();
    else bench.running.set(id, sketch);
    sketch.tell();
    return sketch;
  }

  /** Stops a sketch, where it was started. */
  async stop(client: Client, id: string): Promise<void> {
    const running = this.#benches.get(client)?.running;
    const sketch = running?.get(id);
    running?.delete(id);
    await sketch?.stop();
  }

  /** Puts a packet in at an outer port. Throws Refused where that can't be. */
  send(client: Client, id: string, port: string, event: PacketEvent, data: unknown): void {
    const sketch = this.find(client, id);
    if (!sketch) throw new Refused(`${id} does not run; start it first`);
    sketch.send(port, event, data);
  }

  /** Hears the packets of a client's sketch whenever it runs. Returns what ends it. */
  listen(client: Client, id: string, heard: Ear): () => void {
    const { ears } = this.#bench(client);
    const ear = { id, heard };
    ears.add(ear);
    return () => ears.delete(ear);
  }

  /** Stops all that a client has started, and forgets it. */
  leave(client: Client): void {
    this.#gone.add(client);
    const bench = this.#benches.get(client);
    this.#benches.delete(client);
    bench?.wires.close();
    bench?.ports.close();
    bench?.errors.close();
    for (const sketch of bench?.running.values() ?? []) void sketch.stop();
  }

  /** Stops all. */
  close(): void {
    for (const client of [...this.#benches.keys()]) this.leave(client);
  }

  #bench(client: Client): Bench {
    let bench = this.#benches.get(client);
    if (!bench) {
      bench = {
        running: new Map(),
        ears: new Set(),
        wires: new Outbox(client),
        ports: new Outbox(client, PORTS),
        errors: new Outbox(client, ERRORS),
      };
      if (!this.#gone.has(client)) this.#benches.set(client, bench);
    }
    return bench;
  }

  #onlooker(client: Client, id: string, { ears, wires, ports, errors }: Bench) {
    const network = (command: string, payload: object): Message => ({
      protocol: 'network',
      command,
      payload: { graph: id, ...payload },
    });
    return {
      passed(passed: Passed, drawing: Drawing) {
        wires.add(() => dataMessage(id, drawing, passed.data));
        for (const ear of ears) if (ear.id === id) ear.heard(passed, drawing);
      },
      left(port: string, event: string, data: unknown) {
        ports.add(() => ({
          protocol: 'runtime',
          command: 'packet',
          payload: { graph: id, port, event, payload: faithful(data) },
        }));
      },
      failed(node: string, error: Error) {
        errors.add(() => network('processerror', { id: node, error: error.message }));
      },
      finished() {
        client.push(network('status', { running: false, started: true }));
      },
    };
  }
}

/** A packet's data as JSON has it; not a short version of it, as tests compare it, unless it is very long or no JSON. */
function faithful(data: unknown): unknown {
  if (data instanceof Error) return { message: data.message };
  try {
    const json = JSON.stringify(data) ?? 'null';
    if (json.length <= MOST_LETTERS) return JSON.parse(json);
  } catch {
    // It has circles, or what has no JSON.
  }
  return redacted(data);
}
