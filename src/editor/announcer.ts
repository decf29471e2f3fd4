import { json, said } from './flowchat.ts';
import type { Mode } from './hold.ts';
import { Bucket } from './limits.ts';
import type { Client, Message, Payload } from './message.ts';
import type { RuntimeProtocol } from './runtime.ts';
import type { Studio } from './studio.ts';
import type { Happening } from './workspace.ts';

/** What it tells, and to whom. */
export interface Audience {
  readonly studio: Studio;
  readonly runtime: RuntimeProtocol;
  clients(): Iterable<Client>;
  broadcast(message: Message): void;
}

/** Milliseconds in which what happens becomes one message. */
const GATHERED = 50;
const MODES: Readonly<Record<Mode, string>> = {
  'at once': 'changes go live at once',
  hold: 'changes wait until they are published in the editor',
};
/** Errors of nodes that are told of in a second. */
const ERRORS_A_SECOND = 10;

/** Tells editors what happens to the draft, and to what is live. */
export class Announcer {
  readonly #audience: Audience;
  readonly #errors = new Bucket(ERRORS_A_SECOND, ERRORS_A_SECOND);
  #ports: string;
  #mode: Mode;
  #timer: NodeJS.Timeout | undefined;

  constructor(audience: Audience) {
    this.#audience = audience;
    this.#ports = JSON.stringify(audience.runtime.ports());
    this.#mode = audience.studio.workspace.state.mode;
  }

  /** All that an editor shows of the server. */
  state(client: Client): Payload {
    const { workspace, shelf } = this.#audience.studio;
    const { conflict } = shelf;
    return {
      ...workspace.state,
      file: workspace.live?.source.file ?? '',
      saved: shelf.isSaved,
      ...(conflict !== undefined && { conflict }),
      editors: [...this.#audience.clients()].filter(({ rights }) => rights.has('edit')).length,
      rights: [...client.rights],
    };
  }

  take(happening: Happening): void {
    const { broadcast, studio } = this.#audience;
    const { draft } = studio.workspace;
    this.#timer ??= setTimeout(() => this.#tellState(), GATHERED).unref();
    if (happening.kind === 'draft') broadcast(said('graph', { version: draft.version, graph: json(draft.graph) }));
    if (happening.kind === 'notice') broadcast(output(happening.sentence));
    if (happening.kind === 'faults') {
      for (const { node, sentence } of happening.faults) {
        broadcast(node === undefined ? output(sentence) : this.#processError(node, sentence));
      }
    }
  }

  /** Tells of an error that a node of the live graph let out. */
  failed(node: string, error: Error): void {
    if (this.#errors.take()) this.#audience.broadcast(this.#processError(node, error.message));
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #tellState(): void {
    this.#timer = undefined;
    for (const client of this.#audience.clients()) if (client.extended) client.push(said('state', this.state(client)));
    this.#tellMode();
    this.#tellPorts();
  }

  #tellMode(): void {
    const { mode } = this.#audience.studio.workspace.state;
    if (mode === this.#mode) return;
    this.#mode = mode;
    // Others hear of the state.
    for (const client of this.#audience.clients()) if (!client.extended) client.push(output(MODES[mode]));
  }

  #tellPorts(): void {
    const ports = this.#audience.runtime.ports();
    if (JSON.stringify(ports) === this.#ports) return;
    this.#ports = JSON.stringify(ports);
    this.#audience.broadcast(ports);
  }

  #processError(id: string, error: string): Message {
    const { id: graph } = this.#audience.studio.workspace;
    return { protocol: 'network', command: 'processerror', payload: { id, error, graph } };
  }
}

function output(message: string): Message {
  return { protocol: 'network', command: 'output', payload: { message, type: 'message' } };
}
