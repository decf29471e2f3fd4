import type { Flow } from '../flow.ts';
import type { Gate } from '../gate.ts';
import type { Library } from '../library.ts';
import type { Log } from '../log.ts';
import { NAMESPACE } from '../manifest.ts';
import type { Doors } from '../revision.ts';
import type { Settings } from '../settings.ts';
import { Announcer } from './announcer.ts';
import { Audit } from './audit.ts';
import { Components } from './component.ts';
import { Door } from './door.ts';
import { flowchatProtocol } from './flowchat.ts';
import { revisionCommands } from './flowchat-revisions.ts';
import { trialCommands } from './flowchat-trial.ts';
import { WatchCommands } from './flowchat-watch.ts';
import { graphProtocol } from './graph.ts';
import { Graphs } from './graphs.ts';
import type { Client, Message, SubProtocol } from './message.ts';
import { NetworkProtocol } from './network.ts';
import { Origins } from './origins.ts';
import { Rates } from './rates.ts';
import { ALL } from './rights.ts';
import { RuntimeProtocol } from './runtime.ts';
import type { Secrets } from './secrets.ts';
import { Sketches } from './sketches.ts';
import type { Studio } from './studio.ts';
import { LastTest } from './tests.ts';
import { TraceProtocol } from './trace.ts';
import { Ways } from './ways.ts';

/** What an editor's door opens on. */
export interface Premises {
  /** The project's folder. */
  readonly root: string;
  /** The runtime's. */
  readonly id: string;
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly studio: Studio;
  readonly library: Library;
  readonly flow: Flow;
  readonly gate: Gate;
  readonly doors: Doors;
  readonly log: Log;
}

/** The FBP network protocol for the server's graph: puts its parts together. */
export class Editor {
  readonly door: Door;
  readonly #premises: Premises;
  readonly #sketches: Sketches;
  readonly #graphs: Graphs;
  readonly #components: Components;
  readonly #announcer: Announcer;
  readonly #audit: Audit;

  constructor(premises: Premises) {
    const { settings, secrets, studio, library, log } = premises;
    this.#premises = premises;
    this.#sketches = new Sketches(library);
    this.#graphs = new Graphs(studio.workspace);
    this.#components = this.#makeComponents();
    this.#audit = new Audit(settings.data, error => log.error('a line of the audit log is lost', { error }));
    const runtime = this.#makeRuntime();
    this.#announcer = new Announcer({
      studio,
      runtime,
      clients: () => this.door.clients,
      broadcast: message => this.door.broadcast(message),
    });
    this.door = new Door({
      protocols: this.#protocols(runtime),
      secrets,
      origins: new Origins(settings),
      audited: deed => this.#audit.take(deed),
      failed: error => log.error('the editor failed', { error }),
    });
    studio.listen(happening => this.#announcer.take(happening));
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

  #makeComponents(): Components {
    const { root, library, studio } = this.#premises;
    const { workspace, publication } = studio;
    return new Components({
      root,
      library,
      id: workspace.id,
      draft: () => workspace.draft.graph,
      async taken({ name, by, restore }) {
        const { live } = publication;
        if (live) await publication.publish(live.source, { by, note: `${name} is another one`, undo: restore });
        workspace.tell({ kind: 'state' });
      },
      tell: this.#broadcast,
    });
  }

  #makeRuntime(): RuntimeProtocol {
    const { settings, library, gate, doors } = this.#premises;
    return new RuntimeProtocol({
      identity: {
        id: this.#premises.id,
        label: `flowchat, ${settings.graph}`,
        namespace: NAMESPACE,
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
    const { root, studio, flow, gate, library, doors } = this.#premises;
    const { workspace, shelf, revisions } = studio;
    const ways = new Ways(flow, gate);
    const lastTest = new LastTest();
    const main = {
      id: workspace.id,
      start: (client: Client) => workspace.start(client.by),
      stop: () => workspace.stop(),
      persist: (client: Client) => shelf.persist(client.by),
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
            revisionCommands(workspace, revisions),
            trialCommands({ root, workspace, library, doors, ways, lastTest }),
          ],
          watching: new WatchCommands(new Rates(flow, gate), ways),
          lastTest,
        }),
      ],
    ]);
  }
}
