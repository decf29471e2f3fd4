import { GraphDocument } from '../../src/fbp/document.ts';
import { Gate, type GateLimits, type Outcome, type Request } from '../../src/gate/gate.ts';
import type { EphemeralEvent, Event, Reply } from '../../src/model/packets.ts';
import { guest } from '../../src/model/who.ts';
import { Registry } from '../../src/registry/registry.ts';
import { Runtime } from '../../src/runtime/runtime.ts';

/** A runtime and its gate for a project folder, connected as in the server. */
export class Flowing {
  readonly gate: Gate;
  readonly library: Registry;
  readonly runtime: Runtime;
  /** Errors that nodes threw, as `node: message`. */
  readonly failures: string[] = [];
  readonly pushed: (Event | EphemeralEvent)[] = [];
  push: (event: Event | EphemeralEvent) => void = event => this.pushed.push(event);

  /** The deadline is a minute unless given, so that only what is answered at once is answered in time. */
  constructor(root: string, limits: Partial<GateLimits> = {}) {
    this.gate = new Gate({ deadline: 60_000, limit: 1024, timing: false, ...limits });
    this.library = new Registry(root);
    this.runtime = new Runtime({
      library: this.library,
      gate: this.gate,
      outerPorts: { entry: 'request', exit: 'reply', push: 'push' },
      push: event => this.push(event),
      failed: (node, error) => this.failures.push(`${node}: ${error.message}`),
    });
  }

  publish(text: string, file = 'graphs/test.fbp') {
    return this.runtime.publish(new GraphDocument(file, text));
  }

  ask(path: string, given: Partial<Request> = {}): Promise<Outcome> {
    return this.gate.ask({
      method: 'GET',
      path,
      query: {},
      body: {},
      from: 'somebody',
      who: guest('somebody'),
      ...given,
    });
  }

  /** Posts by gochat's API. */
  say(text: string): Promise<Outcome> {
    return this.ask('/chat', { method: 'POST', body: { author: 'ann', text } });
  }

  /** The texts that gochat's API gives. Throws where it gives none. */
  async read(): Promise<readonly string[]> {
    const { answer } = await this.ask('/chat');
    if (!('body' in answer)) throw new Error(`${answer.status} ${answer.detail}`);
    return (JSON.parse((answer as Reply).body) as { Text: string }[]).map(({ Text }) => Text);
  }
}
