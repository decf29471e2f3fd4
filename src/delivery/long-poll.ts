import type { ServerResponse } from 'node:http';
import type { Caller, Visitor } from '../accounts/accounts.ts';
import type { Gate, Outcome, Request } from '../gate/gate.ts';
import type { Hub } from './hub.ts';

/** Callers whose answer waits for an event. */
export class Polls {
  readonly #gate: Gate;
  readonly #hub: Hub;
  readonly #waiting = new Set<AbortController>();
  #isClosed = false;

  constructor(gate: Gate, hub: Hub) {
    this.#gate = gate;
    this.#hub = hub;
  }

  /** Waits for the final answer to a request whose first answer asks for a long poll. */
  async wait(request: Request, first: Outcome, response: ServerResponse, visitor: Visitor): Promise<Outcome> {
    if (this.#isClosed) return first;
    const over = new AbortController();
    this.#waiting.add(over);
    response.once('close', () => over.abort());
    try {
      return await this.#poll({ request, visitor }, first, over.signal);
    } finally {
      this.#waiting.delete(over);
    }
  }

  /** Answers all waiting callers now. */
  close(): void {
    this.#isClosed = true;
    for (const over of this.#waiting) over.abort();
  }

  /**
   * Repeats the question at each event, with the caller's present identity, until the reply no longer asks for a long
   * poll, or `over` aborts. Subscribes before it asks, so that no event is missed in between.
   */
  async #poll(caller: Caller, first: Outcome, over: AbortSignal): Promise<Outcome> {
    const { request, visitor } = caller;
    const wait = waitSeconds(first);
    if (!wait) return first;
    const done = new AbortController();
    const signal = AbortSignal.any([over, done.signal, AbortSignal.timeout(wait.seconds * 1000)]);
    try {
      for (;;) {
        const event = this.#hub.next(wait.topic, caller, signal);
        const outcome = await this.#gate.ask({ ...request, who: visitor.who });
        // While the server stops, the graph doesn't answer; the first, empty answer is still correct.
        if (over.aborted && !('body' in outcome.answer)) return first;
        if (!waitSeconds(outcome) || !(await event)) return outcome;
      }
    } finally {
      done.abort();
    }
  }
}

function waitSeconds({ answer }: Outcome) {
  return 'body' in answer ? answer.wait : undefined;
}
