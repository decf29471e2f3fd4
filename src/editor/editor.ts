import type { Graph } from '../fbp.ts';
import type { Doors } from '../flow/revision.ts';
import type { Flow } from '../flow.ts';
import type { Gate } from '../gate.ts';
import { Advice } from '../http/advice.ts';
import { NAMESPACE } from '../library/manifest.ts';
import type { Library } from '../library.ts';
import type { Log } from '../log.ts';
import type { Settings } from '../settings.ts';
import { Audit } from './door/audit.ts';
import { Door } from './door/door.ts';
import { Origins } from './door/origins.ts';
import { ALL } from './door/rights.ts';
import type { Secrets } from './door/secrets.ts';
import type { Happening } from './lifecycle/happening.ts';
import type { Lifecycle } from './lifecycle/lifecycle.ts';
import { Announcer } from './protocol/announcer.ts';
import { Components } from './protocol/component.ts';
import { flowchatProtocol, start } from './protocol/flowchat.ts';
import { codeCommands } from './protocol/flowchat-code.ts';
import { editCommands } from './protocol/flowchat-edit.ts';
import { libraryCommands } from './protocol/flowchat-library.ts';
import { revisionCommands } from './protocol/flowchat-revisions.ts';
import { trialCommands } from './protocol/flowchat-trial.ts';
import { WatchCommands } from './protocol/flowchat-watch.ts';
import { graphProtocol } from './protocol/graph.ts';
import { Graphs } from './protocol/graphs.ts';
import type { Client, Message, SubProtocol } from './protocol/message.ts';
import { NetworkProtocol } from './protocol/network.ts';
import { RuntimeProtocol } from './protocol/runtime.ts';
import { TraceProtocol } from './protocol/trace.ts';
import { Sketches } from './sketch/sketches.ts';
import { LastTest } from './testing/last-test.ts';
import { Rates } from './watching/rates.ts';
import { Ways } from './watching/ways.ts';

/** What an editor's door opens on. */
export interface EditorParts {
  /** The project's folder. */
  readonly root: string;
  /** The runtime's. */
  readonly id: string;
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly lifecycle: Lifecycle;
  readonly library: Library;
  readonly flow: Flow;
  readonly gate: Gate;
  readonly doors: Doors;
  readonly log: Log;
  /** The program's version with a fingerprint of its pages. */
  readonly version: string;
}

/** The FBP network protocol for the server's graph: puts its parts together. */
export class Editor {
  readonly door: Door;
  readonly #parts: EditorParts;
  readonly #sketches: Sketches;
  readonly #graphs: Graphs;
  readonly #components: Components;
  readonly #announcer: Announcer;
  readonly #audit: Audit;
  readonly #lastTest = new LastTest();

  constructor(parts: EditorParts) {
    const { settings, secrets, lifecycle, log } = parts;
    this.#parts = parts;
    this.#sketches = new Sketches(lifecycle.library);
    this.#graphs = new Graphs(lifecycle.workspace, lifecycle.allowed);
    this.#components = this.#makeComponents();
    this.#audit = new Audit(settings.data, error => log.error('a line of the audit log is lost', { error }));
    const runtime = this.#makeRuntime();
    this.#announcer = new Announcer({
      lifecycle,
      runtime,
      clients: () => this.door.clients,
      broadcast: message => this.door.broadcast(message),
    });
    const advice = new Advice(sentence => log.warn(sentence));
    this.door = new Door({
      protocols: this.#protocols(runtime),
      secrets,
      origins: new Origins(settings),
      advise: sentence => advice.give('editor origin', sentence),
      audited: deed => this.#audit.take(deed),
      failed: error => log.error('the editor failed', { error }),
    });
    lifecycle.listen(happening => this.#happened(happening));
  }

  /** Has to hear of each error that a node of the live graph let out. */
  failed(node: string, error: Error): void {
    this.#announcer.failed(node, error);
  }

  /** Has to hear that files have changed. */
  filesChanged(): Promise<void> {
    return this.#components.refresh();
  }

  close(): void {
    this.#announcer.close();
    this.#sketches.close();
    this.#audit.flush();
    this.door.close();
  }

  readonly #broadcast = (message: Message, except?: Client): void => this.door.broadcast(message, except);

  #happened(happening: Happening): void {
    if (this.#parts.lifecycle.workspace.changes().length === 0) this.#lastTest.forget();
    this.#announcer.take(happening);
    if (happening.kind !== 'code' || happening.by) return;
    this.#components.refresh().catch(error => this.#parts.log.error('the editor failed', { error }));
  }

  #makeComponents(): Components {
    const { root, lifecycle } = this.#parts;
    const { workspace, publication, library } = lifecycle;
    return new Components({
      root,
      library,
      id: workspace.id,
      draft: () => workspace.draft.graph,
      sketch: (client, id) => this.#graphs.find(client, id)?.graph,
      waiting: () => (workspace.state.mode === 'hold' ? workspace.code : undefined),
      drafted: client => workspace.drafted(client),
      async taken({ name, by, restore }) {
        const { live } = publication;
        if (live) await publication.publish(live.source, { by, note: `${name} is another one`, undo: restore });
        workspace.tell({ kind: 'state' });
      },
      tell: this.#broadcast,
    });
  }

  #makeRuntime(): RuntimeProtocol {
    const { settings, library, gate, doors } = this.#parts;
    return new RuntimeProtocol({
      identity: {
        id: this.#parts.id,
        label: `flowchat, ${settings.graph}`,
        namespace: NAMESPACE,
        build: this.#parts.version,
        allCapabilities: ALL.filter(capability => settings.editorCode || capability !== 'component:setsource'),
      },
      graphs: this.#graphs,
      catalogue: library,
      gate,
      doors,
      sketches: this.#sketches,
    });
  }

  #protocols(runtime: RuntimeProtocol): ReadonlyMap<string, SubProtocol> {
    const { root, lifecycle, flow, gate, doors } = this.#parts;
    const { workspace, fileSync, revisions, library, confirmation } = lifecycle;
    const ways = new Ways(flow, gate);
    const lastTest = this.#lastTest;
    const trial = { allowed: lifecycle.allowed, objections: (graph: Graph) => lifecycle.objections(graph) };
    const main = {
      id: workspace.id,
      start: (client: Client) => start(workspace, lastTest, client),
      greet: (client: Client) => this.#announcer.greet(client),
      stop: () => workspace.stop(),
      persist: (client: Client) => fileSync.persist(client.by),
    };
    const among = { flow, graphs: this.#graphs, sketches: this.#sketches };
    return new Map<string, SubProtocol>([
      ['runtime', runtime],
      ['graph', graphProtocol(this.#graphs, this.#broadcast)],
      ['component', this.#components],
      ['network', new NetworkProtocol({ main, ...among, broadcast: this.#broadcast })],
      ['trace', new TraceProtocol(among)],
      [
        'flowchat',
        flowchatProtocol({
          workspace,
          state: client => this.#announcer.state(client),
          more: [
            editCommands(this.#graphs, this.#broadcast),
            revisionCommands(workspace, revisions, confirmation),
            codeCommands(this.#components),
            libraryCommands(lifecycle.library, lifecycle.allowed),
            trialCommands({ ...trial, root, workspace, library, doors, ways, lastTest }),
          ],
          watching: new WatchCommands(new Rates(flow, gate), ways),
          lastTest,
        }),
      ],
    ]);
  }
}
