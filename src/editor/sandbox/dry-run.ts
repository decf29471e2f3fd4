import type { GraphDocument } from '../../fbp/document.ts';
import { Gate, type Outcome, type Request } from '../../gate/gate.ts';
import { isRecord, type PortAddress } from '../../model/payload.ts';
import type { Who } from '../../model/who.ts';
import type { Registry } from '../../registry/registry.ts';
import type { OuterPorts, RunningGraph } from '../../runtime/running-graph.ts';
import { Runtime } from '../../runtime/runtime.ts';
import { IsolatedStores } from '../../store/open.ts';
import { type Trace, Traces } from '../watch/traces.ts';

/** Timeout of a question in a dry run, in milliseconds. */
const DEADLINE_MS = 3000;
/** Name of the additional outer port for injected packets. */
const ASIDE = 'aside';

/** Interval of polls for idle nodes, in milliseconds, and the number of idle polls that end an injection. */
const POLL_MS = 20;
const QUIET_POLLS = 5;
/** Number of idle polls that end a question, which a node may delay for a moment. */
const QUIET_POLLS_OF_QUESTION = 25;
/** The gate's status of a question whose caller doesn't wait. */
export const UNANSWERED = 499;

/** The trace of a dry run; status 0 without an answer. */
type DryRunResult = Omit<Trace, 'revision'>;

/** Dependencies of a dry run. */
interface DryRunDeps {
  readonly library: Registry;
  readonly outerPorts: OuterPorts;
  /** The inport for injected packets, besides the usual outer port. */
  readonly at?: PortAddress | undefined;
}

/** A graph that runs isolated from the live one, with empty stores of its own, to try questions. */
export class DryRun {
  readonly #runtime: Runtime;
  readonly #gate: Gate;
  readonly #traces: Traces;
  readonly #stores = new IsolatedStores();
  /** The last error that a node threw. */
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

  /** Rejects with Faulty, or with a sentence if a node does not start. */
  static async start(document: GraphDocument, props: DryRunDeps): Promise<DryRun> {
    const dryRun = new DryRun(props);
    await dryRun.#stores.run(() => dryRun.#runtime.publish(props.at ? entered(document, props.at) : document));
    return dryRun;
  }

  /** Sends a question, and returns the outcome: status 499 if the nodes became idle without an answer. */
  answer(request: Request): Promise<Outcome> {
    let asked = '';
    const answered = this.#stores.run(() => this.#gate.ask(request, id => (asked = id)));
    const end = whenIdle(this.#runtime.live!, () => this.#gate.abort(asked), QUIET_POLLS_OF_QUESTION);
    return answered.finally(end);
  }

  /** Sends a question, and returns its trace. */
  ask(request: Request): Promise<DryRunResult> {
    return this.#follow(() => void this.#stores.run(() => this.#gate.ask(request)));
  }

  /**
   * Injects any packet at the port given at the start, and returns its trace once it is answered or the nodes are idle.
   * `who` is added to an object without one.
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

  /** Stops the graph and drops its stores. */
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

  /** The trace without its revision; `detail` includes a failed node's message, as a dry run writes no log. */
  #trace({ revision: _, ...trace }: Trace): DryRunResult {
    const { node, message } = this.#failure ?? {};
    return trace.status === 500 && trace.node === node ? { ...trace, detail: `${node} failed: ${message}` } : trace;
  }
}

/** Calls back after a number of idle polls. Returns a function that cancels it. */
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

/** The graph with an additional outer inport at a port. */
function entered(document: GraphDocument, { node, port }: PortAddress): GraphDocument {
  const { graph } = document;
  const aside = { name: ASIDE, node, port, place: { line: 1, column: 1 } };
  return document.with({ ...graph, inports: [...graph.inports, aside] });
}
