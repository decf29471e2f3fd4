import { write } from '../../fbp/print.ts';
import { read } from '../../fbp.ts';
import type { Doors, Revision } from '../../flow/revision.ts';
import { Flow, type Source } from '../../flow.ts';
import { Gate, type Outcome, type Request } from '../../gate.ts';
import type { Library } from '../../library.ts';
import { Apart } from '../../store/apart.ts';
import { isRecord, type Port } from '../protocol/payload.ts';
import { type Way, Ways } from '../watching/ways.ts';

/** Milliseconds that a question may take when it is only tried. */
const DEADLINE = 3000;
/** The outer port of a way in beside the usual one. */
const ASIDE = 'aside';

/** Milliseconds between two looks whether a node is at work, and so many looks without any are enough. */
const LOOK = 20;
const QUIET = 5;
/** The gate's status for a question whose caller does not wait. */
const UNANSWERED = 499;

/** What happened to what was tried; its status is 0 where it came to no answer. */
export type Trial = Omit<Way, 'revision'>;

/** What a rehearsal is made with. */
export interface Props {
  readonly library: Library;
  readonly doors: Doors;
  /** Where packets can be put in, beside the usual door. */
  readonly at?: Port | undefined;
}

/** A graph that runs apart from the live one, with empty stores of its own, to try questions on. */
export class Rehearsal {
  readonly #flow: Flow;
  readonly #gate: Gate;
  readonly #ways: Ways;
  readonly #apart = new Apart();
  /** What the node that let an error out last has said. */
  #failure: { readonly node: string; readonly message: string } | undefined;

  private constructor({ library, doors }: Props) {
    this.#gate = new Gate({ deadline: DEADLINE, limit: 100, timing: true });
    this.#flow = new Flow({
      library,
      gate: this.#gate,
      doors,
      push() {},
      failed: (node, { message }) => {
        this.#failure = { node, message };
      },
    });
    this.#ways = new Ways(this.#flow, this.#gate);
  }

  /** Rejects with Faulty, or with the sentence of a node that does not start. */
  static async start(source: Source, props: Props): Promise<Rehearsal> {
    const rehearsal = new Rehearsal(props);
    await rehearsal.#apart.run(() => rehearsal.#flow.publish(props.at ? entered(source, props.at) : source));
    return rehearsal;
  }

  /** Asks the graph, and says how that was answered. */
  answer(request: Request): Promise<Outcome> {
    return this.#apart.run(() => this.#gate.ask(request));
  }

  /** Asks the graph, and says what happened. */
  ask(request: Request): Promise<Trial> {
    return this.#follow(() => void this.answer(request));
  }

  /** Puts a packet in at the port that it was started with, whatever it is, and says what happened: until it is answered, or no node is at work any more. */
  async put(data: unknown): Promise<Trial> {
    const revision = this.#flow.live!;
    this.#gate.open({
      post: ({ id }) => revision.put(isRecord(data) ? Object.freeze({ ...data, id }) : data, id, ASIDE),
    });
    const request = { method: '', path: '', query: {}, body: {}, from: '', ...(isRecord(data) && data) };
    const way = await this.#follow(() => {
      let asked = '';
      const answered = this.#apart.run(() => this.#gate.ask(request, id => (asked = id)));
      const end = whenIdle(revision, () => this.#gate.hangUp(asked));
      void answered.then(end);
    });
    if (way.status !== UNANSWERED) return way;
    const { detail: _, ...rest } = way;
    return { ...rest, status: 0 };
  }

  /** Stops it; its stores are gone. */
  stop(): Promise<void> {
    return this.#flow.stop();
  }

  #follow(begin: () => void): Promise<Trial> {
    return new Promise(resolve => {
      const unlisten = this.#ways.listen(way => {
        unlisten();
        resolve(this.#told(way));
      });
      begin();
    });
  }

  /** A way in no revision; where a node has failed, with what it said, as no log has that. */
  #told({ revision: _, ...way }: Way): Trial {
    const { node, message } = this.#failure ?? {};
    return way.status === 500 && way.node === node ? { ...way, detail: `${node} failed: ${message}` } : way;
  }
}

/** Calls back once no node is at work for a moment. Returns what ends the waiting. */
function whenIdle(revision: Revision, idle: () => void): () => void {
  let quiet = 0;
  const timer = setInterval(() => {
    quiet = revision.isActive ? 0 : quiet + 1;
    if (quiet < QUIET) return;
    clearInterval(timer);
    idle();
  }, LOOK);
  return () => clearInterval(timer);
}

/** The same graph with a way in at a port. */
function entered({ file, text, layout = '' }: Source, { node, port }: Port): Source {
  const { graph } = read(file, text, layout);
  const aside = { name: ASIDE, node, port, place: { line: 1, column: 1 } };
  return { file, ...write({ ...graph, inports: [...graph.inports, aside] }, { text, layout }) };
}
