import type { GraphDocument } from '../../fbp/document.ts';
import { Gate, type Outcome, type Request } from '../../gate/gate.ts';
import { isRecord, type PortAddress } from '../../model/payload.ts';
import type { Who } from '../../model/who.ts';
import type { Registry } from '../../registry/registry.ts';
import type { OuterPorts, RunningGraph } from '../../runtime/running-graph.ts';
import { Runtime } from '../../runtime/runtime.ts';
import { IsolatedStores } from '../../store/open.ts';
import { type Trace, Traces } from '../watch/traces.ts';

/** Milliseconds that a question may take when it is only tried. */
const DEADLINE_MS = 3000;
/** The outer port of a way in beside the usual one. */
const ASIDE = 'aside';

/** Milliseconds between two looks whether a node is at work, and so many looks without any are enough. */
const POLL_MS = 20;
const QUIET_POLLS = 5;
/** Looks that are enough for a question, which a node may keep for a moment. */
const QUIET_POLLS_OF_QUESTION = 25;
/** The gate's status for a question whose caller does not wait. */
export const UNANSWERED = 499;

/** What happened to what was tried; its status is 0 where it came to no answer. */
type DryRunResult = Omit<Trace, 'revision'>;

/** What a dry run needs. */
interface DryRunDeps {
  readonly library: Registry;
  readonly outerPorts: OuterPorts;
  /** Where packets can be put in, beside the usual outer port. */
  readonly at?: PortAddress | undefined;
}

/** A graph that runs apart from the live one, with empty stores of its own, to try questions on. */
export class DryRun {
  readonly #runtime: Runtime;
  readonly #gate: Gate;
  readonly #traces: Traces;
  readonly #stores = new IsolatedStores();
  /** What the node that let an error out last has said. */
  #failure: { readonly node: string; readonly message: string } | undefined;

  private constructor({ library, outerPorts }: DryRunDeps) {
    this.#gate = new Gate({ deadline: DEADLINE_MS, limit: 100, timing: true });
    this.#runtime = new Runtime({
      library,
      gate: this.#gate,
      outerPorts,
      push() {},
      failed: (node, { message }) => {
        this.#failure = { node, message };
      },
    });
    this.#traces = new Traces(this.#runtime, this.#gate);
  }

  /** Rejects with Faulty, or with the sentence of a node that does not start. */
  static async start(document: GraphDocument, props: DryRunDeps): Promise<DryRun> {
    const dryRun = new DryRun(props);
    await dryRun.#stores.run(() => dryRun.#runtime.publish(props.at ? entered(document, props.at) : document));
    return dryRun;
  }

  /** Asks the graph, and says how that was answered: with the status 499 where no node was at work on it any more. */
  answer(request: Request): Promise<Outcome> {
    let asked = '';
    const answered = this.#stores.run(() => this.#gate.ask(request, id => (asked = id)));
    const end = whenIdle(this.#runtime.live!, () => this.#gate.abort(asked), QUIET_POLLS_OF_QUESTION);
    return answered.finally(end);
  }

  /** Asks the graph, and says what happened. */
  ask(request: Request): Promise<DryRunResult> {
    return this.#follow(() => void this.#stores.run(() => this.#gate.ask(request)));
  }

  /**
   * Puts a packet in at the port that it was started with, whatever it is, and says what happened: until it is answered,
   * or no node is at work any more. An object that does not say who asks is of `who`.
   */
  async put(data: unknown, who: Who): Promise<DryRunResult> {
    const revision = this.#runtime.live!;
    this.#gate.open({
      post: ({ id }) => revision.put(isRecord(data) ? Object.freeze({ who, ...data, id }) : data, id, ASIDE),
    });
    const request = { method: '', path: '', query: {}, body: {}, from: '', who, ...(isRecord(data) && data) };
    const trace = await this.#follow(() => {
      let asked = '';
      const answered = this.#stores.run(() => this.#gate.ask(request, id => (asked = id)));
      const end = whenIdle(revision, () => this.#gate.abort(asked));
      void answered.then(end);
    });
    if (trace.status !== UNANSWERED) return trace;
    const { detail: _, ...rest } = trace;
    return { ...rest, status: 0 };
  }

  /** Stops it; its stores are gone. */
  stop(): Promise<void> {
    return this.#runtime.stop();
  }

  #follow(begin: () => void): Promise<DryRunResult> {
    return new Promise(resolve => {
      const unlisten = this.#traces.listen(trace => {
        unlisten();
        resolve(this.#trace(trace));
      });
      begin();
    });
  }

  /** The trace without its revision; a failed node's message goes into `detail`, as a dry run writes no log. */
  #trace({ revision: _, ...trace }: Trace): DryRunResult {
    const { node, message } = this.#failure ?? {};
    return trace.status === 500 && trace.node === node ? { ...trace, detail: `${node} failed: ${message}` } : trace;
  }
}

/** Calls back once no node is at work for so many looks. Returns what ends the waiting. */
function whenIdle(revision: RunningGraph, idle: () => void, polls = QUIET_POLLS): () => void {
  let quiet = 0;
  const timer = setInterval(() => {
    quiet = revision.isActive ? 0 : quiet + 1;
    if (quiet < polls) return;
    clearInterval(timer);
    idle();
  }, POLL_MS);
  return () => clearInterval(timer);
}

/** The same graph with an outer inport that leads to a port. */
function entered(document: GraphDocument, { node, port }: PortAddress): GraphDocument {
  const { graph } = document;
  const aside = { name: ASIDE, node, port, place: { line: 1, column: 1 } };
  return document.with({ ...graph, inports: [...graph.inports, aside] });
}
