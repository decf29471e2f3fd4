import { write } from '../../fbp/print.ts';
import { read } from '../../fbp.ts';
import type { Doors } from '../../flow/revision.ts';
import { Flow, type Source } from '../../flow.ts';
import { Gate, type Request } from '../../gate.ts';
import type { Library } from '../../library.ts';
import { Apart } from '../../store/apart.ts';
import type { Port } from '../protocol/payload.ts';
import { type Way, Ways } from '../watching/ways.ts';

/** Milliseconds that a question may take when it is only tried. */
const DEADLINE = 3000;
/** The outer port of a way in beside the usual one. */
const ASIDE = 'aside';

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
  readonly #apart: Apart;

  private constructor(flow: Flow, gate: Gate, apart: Apart) {
    this.#apart = apart;
    this.#flow = flow;
    this.#gate = gate;
    this.#ways = new Ways(flow, gate);
  }

  /** Rejects with Faulty, or with the sentence of a node that does not start. */
  static async start(source: Source, { library, doors, at }: Props): Promise<Rehearsal> {
    const gate = new Gate({ deadline: DEADLINE, limit: 100, timing: true });
    const own = at ? { ...doors, entry: ASIDE } : doors;
    const flow = new Flow({ library, gate, doors: own, push() {}, failed() {} });
    const apart = new Apart();
    await apart.run(() => flow.publish(at ? entered(source, at) : source));
    return new Rehearsal(flow, gate, apart);
  }

  /** Asks the graph, and says what happened. */
  ask(request: Request): Promise<Way> {
    return this.#follow(() => void this.#apart.run(() => this.#gate.ask(request)));
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

/** The same graph with a way in at a port. */
function entered({ file, text, layout = '' }: Source, { node, port }: Port): Source {
  const { graph } = read(file, text, layout);
  const aside = { name: ASIDE, node, port, place: { line: 1, column: 1 } };
  return { file, ...write({ ...graph, inports: [...graph.inports, aside] }, { text, layout }) };
}
