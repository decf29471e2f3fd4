import { type Initial, read } from '../fbp.ts';
import { write } from '../fbp-print.ts';
import { Flow, type Source } from '../flow.ts';
import { Gate, type Request } from '../gate.ts';
import type { Library } from '../library.ts';
import type { Doors } from '../revision.ts';
import type { Port } from './payload.ts';
import { type Way, Ways } from './ways.ts';

/** Milliseconds that a question may take when it is only tried. */
const DEADLINE = 3000;
/** The outer port of a way in beside the usual one. */
const ASIDE = 'aside';
let made = 0;

/** What a rehearsal is made with. */
export interface Props {
  readonly library: Library;
  readonly doors: Doors;
  /** Where questions come in; by the usual door unless it is told. */
  readonly at?: Port | undefined;
}

/** A graph that runs apart from the live one, with empty stores of its own, to try questions on. */
export class Rehearsal {
  readonly #flow: Flow;
  readonly #gate: Gate;
  readonly #ways: Ways;

  private constructor(flow: Flow, gate: Gate) {
    this.#flow = flow;
    this.#gate = gate;
    this.#ways = new Ways(flow, gate);
  }

  /** Rejects with Faulty, or with the sentence of a node that does not start. */
  static async start(source: Source, { library, doors, at }: Props): Promise<Rehearsal> {
    const gate = new Gate({ deadline: DEADLINE, limit: 100, timing: true });
    const entered = at ? { ...doors, entry: ASIDE } : doors;
    const flow = new Flow({ library, gate, doors: entered, push() {}, failed() {} });
    await flow.publish(apart(source, at));
    return new Rehearsal(flow, gate);
  }

  /** Asks the graph, and says what happened. */
  ask(request: Request): Promise<Way> {
    return this.#follow(() => void this.#gate.ask(request));
  }

  /** Stops it; its stores are gone. */
  stop(): Promise<void> {
    return this.#flow.stop();
  }

  #follow(begin: () => void): Promise<Way> {
    return new Promise(resolve => {
      const unlisten = this.#ways.listen(way => {
        unlisten();
        resolve(way);
      });
      begin();
    });
  }
}

/** The same graph with stores in memory that nobody else has, and with a way in where `at` says. */
function apart({ file, text, layout }: Source, at: Port | undefined): Source {
  const { graph } = read(file, text, layout);
  made += 1;
  const initials = graph.initials.map((initial): Initial => {
    const { data } = initial;
    return typeof data === 'string' && /^sqlite:/.test(data)
      ? { ...initial, data: `memory:rehearsal-${made}` }
      : initial;
  });
  const aside = at ? [{ name: ASIDE, node: at.node, port: at.port, place: { line: 1, column: 1 } }] : [];
  const inports = [...graph.inports, ...aside];
  return { file, ...write({ ...graph, initials, inports }, { text, layout: layout ?? '' }) };
}
