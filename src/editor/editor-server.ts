import type { Accounts, Visitor } from '../accounts/accounts.ts';
import type { Gate } from '../gate/gate.ts';
import { Advice } from '../http/origins.ts';
import type { Log } from '../log.ts';
import type { Graph } from '../model/graph.ts';
import type { Registry } from '../registry/registry.ts';
import { NAMESPACE } from '../registry/sources.ts';
import type { OuterPorts } from '../runtime/running-graph.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Settings } from '../settings.ts';
import { onRemoval } from '../store/open.ts';
import type { GraphEvent } from './deploy/graph-event.ts';
import type { GraphService } from './deploy/graph-service.ts';
import type { Client, ProtocolMessage, SubProtocol } from './message.ts';
import { Announcer } from './protocol/announcer.ts';
import { ComponentProtocol } from './protocol/component.ts';
import { codeCommands, flowchatProtocol, libraryCommands, recipeCommands, start } from './protocol/flowchat.ts';
import { revisionCommands } from './protocol/flowchat-revisions.ts';
import { SettingsCommands } from './protocol/flowchat-settings.ts';
import { TrialCommands } from './protocol/flowchat-trial.ts';
import { outboxCommands, WatchCommands } from './protocol/flowchat-watch.ts';
import { editCommands, Graphs, graphProtocol } from './protocol/graphs.ts';
import { NetworkProtocol } from './protocol/network.ts';
import { RuntimeProtocol } from './protocol/runtime.ts';
import { TraceProtocol } from './protocol/trace.ts';
import { ScratchGraphs } from './sandbox/scratch-graphs.ts';
import { LastTest } from './sandbox/tests.ts';
import { Audit } from './server/audit.ts';
import { EditorEndpoint, Origins } from './server/endpoint.ts';
import { ALL_CAPABILITIES, OWNER_RIGHTS, SETTINGS } from './server/rights.ts';
import type { Secrets } from './server/secrets.ts';
import { RateMeter } from './watch/rates.ts';
import { Traces } from './watch/traces.ts';

/** What an editor endpoint needs. */
interface EditorDeps {
  /** The project's folder. */
  readonly root: string;
  /** The runtime's id. */
  readonly id: string;
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly graphService: GraphService;
  readonly library: Registry;
  readonly runtime: Runtime;
  readonly gate: Gate;
  readonly outerPorts: OuterPorts;
  readonly log: Log;
  readonly accounts: Accounts;
  /** Called when somebody starts or stops viewing private rooms. */
  looked(isOn: boolean): void;
  /** The program's version with a fingerprint of its pages. */
  readonly version: string;
}

/** The FBP network protocol for the server's graph: creates and connects its parts. */
export class EditorServer {
  readonly endpoint: EditorEndpoint;
  readonly #deps: EditorDeps;
  readonly #scratchGraphs: ScratchGraphs;
  readonly #graphs: Graphs;
  readonly #components: ComponentProtocol;
  readonly #announcer: Announcer;
  readonly #audit: Audit;
  readonly #lastTest = new LastTest();
  #unlisten = () => {};
  readonly #unhear: () => void;

  constructor(deps: EditorDeps) {
    const { settings, secrets, graphService, log } = deps;
    this.#deps = deps;
    this.#scratchGraphs = new ScratchGraphs(graphService.library);
    this.#graphs = new Graphs(graphService.draftSession, graphService.allowed);
    this.#components = this.#makeComponents();
    const lost = (error: Error) => log.error('a line of the audit log is lost', { error });
    const also = (lines: readonly string[]) => void graphService.shared?.audit(lines).catch(lost);
    this.#audit = new Audit(settings.data, lost, undefined, also);
    const runtimeProtocol = this.#makeRuntime();
    this.#announcer = new Announcer({
      graphService,
      runtimeProtocol,
      clients: () => this.endpoint.clients,
      broadcast: message => this.endpoint.broadcast(message),
    });
    const advice = new Advice(sentence => log.warn(sentence));
    this.endpoint = new EditorEndpoint({
      protocols: this.#protocols(runtimeProtocol),
      secrets,
      origins: new Origins(settings),
      ownerOf: (visitor, from) => this.#ownerOf(visitor, from),
      changed: () => this.#looked(),
      elsewhere: graphService.shared && (async () => graphService.shared?.elsewhere()),
      advise: sentence => advice.give('editor origin', sentence),
      audited: entry => {
        this.#audit.take(entry);
        const { protocol, command, payload, outcome, by } = entry;
        if (protocol === 'flowchat' && command === 'look' && payload.on === true && outcome === 'ok')
          deps.accounts.looked(by);
      },
      failed: error => log.error('the editor failed', { error }),
    });
    graphService.listen(event => this.#onEvent(event));
    this.#unhear = deps.accounts.changed(whom =>
      this.endpoint.recheck(whom, visitor => deps.accounts.ownership(visitor) !== 'none'),
    );
    graphService.onElsewhere(sentence => this.endpoint.dismiss(sentence));
  }

  /** Call for each error that a node of the live graph threw. */
  failed(node: string, error: Error): void {
    this.#announcer.failed(node, error);
  }

  /** Call after files have changed. */
  filesChanged(): Promise<void> {
    return this.#components.refresh();
  }

  close(): void {
    this.#unlisten();
    this.#unhear();
    this.#announcer.close();
    this.#scratchGraphs.close();
    this.#audit.flush();
    this.endpoint.close();
  }

  /** An owner who has just signed in on a page of this server edits by name, without a secret. */
  #ownerOf(visitor: Visitor, from: string) {
    if (this.#deps.accounts.ownership(visitor) !== 'proved') return;
    const { who } = visitor;
    const request = { method: 'GET', path: '/runtime', query: {}, body: {}, from, who };
    return { caller: { visitor, request }, grant: { by: who.name, rights: OWNER_RIGHTS } };
  }

  /** Reports whether somebody views private rooms. */
  #looked(): void {
    this.#deps.looked([...this.endpoint.clients].some(({ seesPrivate }) => seesPrivate));
  }

  readonly #broadcast = (message: ProtocolMessage, except?: Client): void => this.endpoint.broadcast(message, except);

  #onEvent(event: GraphEvent): void {
    if (this.#deps.graphService.draftSession.changes().length === 0) this.#lastTest.forget();
    this.#announcer.onEvent(event);
    if (event.kind !== 'code' || event.by) return;
    this.#components.refresh().catch(error => this.#deps.log.error('the editor failed', { error }));
  }

  #makeComponents(): ComponentProtocol {
    const { root, graphService } = this.#deps;
    const { draftSession, deployer, library } = graphService;
    return new ComponentProtocol({
      root,
      library,
      id: draftSession.id,
      draft: () => draftSession.draft.graph,
      scratchGraph: (client, id) => this.#graphs.find(client, id)?.graph,
      waiting: () => (draftSession.state.mode === 'hold' ? draftSession.code : undefined),
      inTurn: work => deployer.inTurn(work),
      drafted: client => draftSession.drafted(client),
      async taken({ name, by, restore }, turn) {
        await deployer.publishAgain({ by, note: `${name} is another one`, undo: restore }, turn);
        draftSession.emit({ kind: 'state' });
      },
      emit: this.#broadcast,
    });
  }

  #makeRuntime(): RuntimeProtocol {
    const { settings, library, gate, outerPorts } = this.#deps;
    return new RuntimeProtocol({
      identity: {
        id: this.#deps.id,
        label: `flowchat, ${settings.graph}`,
        namespace: NAMESPACE,
        build: this.#deps.version,
        allCapabilities: ALL_CAPABILITIES.filter(
          capability => capability !== SETTINGS && (settings.editorCode || capability !== 'component:setsource'),
        ),
      },
      graphs: this.#graphs,
      lookup: library,
      gate,
      outerPorts,
      scratchGraphs: this.#scratchGraphs,
    });
  }

  #protocols(runtimeProtocol: RuntimeProtocol): ReadonlyMap<string, SubProtocol> {
    const { root, graphService, runtime, gate, outerPorts } = this.#deps;
    const { draftSession, fileSync, revisions, library, deployer } = graphService;
    const among = {
      runtime,
      graphs: this.#graphs,
      scratchGraphs: this.#scratchGraphs,
      isPrivate: (name: string) => this.#deps.accounts.isPrivate(name),
    };
    const traces = new Traces(runtime, gate, among.isPrivate);
    const traceProtocol = new TraceProtocol(among);
    this.#unlisten = onRemoval(removed => {
      traces.forget(removed);
      traceProtocol.forget(removed);
    });
    const lastTest = this.#lastTest;
    const trialDeps = { allowed: graphService.allowed, objections: (graph: Graph) => graphService.objections(graph) };
    const settings = new SettingsCommands({
      root,
      draftSession,
      deployer,
      runtime,
      library: this.#deps.library,
      outerPorts,
      traces,
      graphs: this.#graphs,
      broadcast: this.#broadcast,
    });
    const main = {
      id: draftSession.id,
      start: (client: Client) => start(draftSession, lastTest, client),
      greet: (client: Client) => this.#announcer.greet(client),
      stop: () => draftSession.stop(),
      persist: (client: Client) => fileSync.persist(client.by),
    };
    return new Map<string, SubProtocol>([
      ['runtime', runtimeProtocol],
      ['graph', graphProtocol(this.#graphs, this.#broadcast)],
      ['component', this.#components],
      ['network', new NetworkProtocol({ main, ...among, broadcast: this.#broadcast })],
      ['trace', traceProtocol],
      [
        'flowchat',
        flowchatProtocol({
          draftSession,
          state: client => this.#announcer.state(client),
          more: [
            editCommands(this.#graphs, this.#broadcast),
            revisionCommands(draftSession, revisions, deployer),
            codeCommands(this.#components),
            outboxCommands(),
            libraryCommands(graphService.library, graphService.allowed),
            recipeCommands(root, library, graphService.allowed),
          ],
          parts: [
            new WatchCommands(new RateMeter(runtime, gate), traces, among.isPrivate, () => this.#looked()),
            settings,
            new TrialCommands({ ...trialDeps, root, draftSession, library, outerPorts, traces, lastTest }),
          ],
          lastTest,
        }),
      ],
    ]);
  }
}
