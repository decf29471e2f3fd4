import { Bucket } from '../door/limits.ts';
import type { Happening } from '../lifecycle/happening.ts';
import type { Mode } from '../lifecycle/hold.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';

import { json, said } from './flowchat.ts';
import type { Client, Message, Payload } from './message.ts';
import type { RuntimeProtocol } from './runtime.ts';

/** What it tells, and to whom. */
export interface Audience {
  readonly lifecycle: Lifecycle;
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
const WAITING = 'changes wait until they are published: in the editor, or by Stop and Start';
/** Errors of nodes that are told of in a second. */
const ERRORS_A_SECOND = 10;

/** Tells editors what happens to the draft, and to what is live. */
export class Announcer {
  readonly #audience: Audience;
  readonly #errors = new Bucket(ERRORS_A_SECOND, ERRORS_A_SECOND);
  #ports: string;
  #mode: Mode;
  #warned: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;

  constructor(audience: Audience) {
    this.#audience = audience;
    this.#ports = JSON.stringify(audience.runtime.ports());
    this.#mode = audience.lifecycle.workspace.state.mode;
  }

  /** All that an editor shows of the server. */
  state(client: Client): Payload {
    const { workspace, fileSync, startNotice } = this.#audience.lifecycle;
    const { conflict } = fileSync;
    const startedWith = startNotice.of(workspace.live?.revision);
    return {
      ...workspace.state,
      ...(startedWith !== undefined && { startedWith }),
      file: workspace.live?.source.file ?? '',
      saved: fileSync.isLiveSaved,
      ...(conflict !== undefined && { conflict }),
      editors: [...this.#audience.clients()].filter(({ rights }) => rights.has('edit')).length,
      rights: [...client.rights],
    };
  }

  take(happening: Happening): void {
    const { broadcast, lifecycle } = this.#audience;
    const { draft, version } = lifecycle.workspace;
    this.#timer ??= setTimeout(() => this.#tellState(), GATHERED).unref();
    if (happening.kind === 'draft') broadcast(said('graph', { version, graph: json(draft.graph) }));
    if (happening.kind === 'notice') broadcast(output(happening.sentence));
    if (happening.kind === 'faults') {
      for (const { node, sentence } of happening.faults) {
        broadcast(node === undefined ? output(sentence) : this.#processError(node, sentence));
      }
    }
  }

  /** Tells a client that knows nothing of modes that changes wait, where they do. */
  greet(client: Client): void {
    const { workspace } = this.#audience.lifecycle;
    if (client.extended || workspace.state.mode !== 'hold') return;
    const { nodes, inports } = workspace.draft.graph;
    const isThere = (name: string) => nodes.some(node => node.name === name);
    const changed = workspace.changes().flatMap(item => item.nodes);
    const node = changed.find(isThere) ?? inports[0]?.node;
    // Such a client shows what is wrong at a node, and nothing else.
    if (node !== undefined) client.push(this.#processError(node, WAITING));
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
    this.#tellWarnings();
    this.#tellPorts();
  }

  #tellMode(): void {
    const { mode } = this.#audience.lifecycle.workspace.state;
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.#tellOthers(MODES[mode]);
    for (const client of this.#audience.clients()) this.greet(client);
  }

  /** Each warning once, for as long as the draft has it. */
  #tellWarnings(): void {
    const { warnings } = this.#audience.lifecycle.workspace.state.draft;
    const sentences = new Set(warnings.map(({ sentence }) => `warning: ${sentence}`));
    for (const sentence of sentences) if (!this.#warned.has(sentence)) this.#tellOthers(sentence);
    this.#warned = sentences;
  }

  /** Tells those that don't get the state. */
  #tellOthers(sentence: string): void {
    for (const client of this.#audience.clients()) if (!client.extended) client.push(output(sentence));
  }

  #tellPorts(): void {
    const ports = this.#audience.runtime.ports();
    if (JSON.stringify(ports) === this.#ports) return;
    this.#ports = JSON.stringify(ports);
    this.#audience.broadcast(ports);
  }

  #processError(id: string, error: string): Message {
    const { id: graph } = this.#audience.lifecycle.workspace;
    return { protocol: 'network', command: 'processerror', payload: { id, error, graph } };
  }
}

function output(message: string): Message {
  return { protocol: 'network', command: 'output', payload: { message, type: 'message' } };
}
