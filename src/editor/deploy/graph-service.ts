import { basename, join } from 'node:path';
import { type Accounts, guestsOnly } from '../../accounts/accounts.ts';
import type { FolderGuard } from '../../files/data-folder.ts';
import { GraphFile } from '../../files/graph-file.ts';
import type { Gate } from '../../gate/gate.ts';
import type { Log } from '../../log.ts';
import type { Graph } from '../../model/graph.ts';
import { Refused } from '../../model/refused.ts';
import { Registry } from '../../registry/registry.ts';
import { NAMESPACE } from '../../registry/sources.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { distinctStores, storesOf } from '../../runtime/stores.ts';
import { openShared, prepareStores } from '../../store/open.ts';
import { carryOut } from '../../store/operator-removal.ts';
import type { MessageSelection } from '../../store/store.ts';
import { AllowList, type Objection } from '../draft/allow-list.ts';
import { CodeDraft } from '../draft/code-draft.ts';
import { DRAFT, SavedDraft, type UnsavedDraft } from '../draft/saved-draft.ts';
import { SubgraphDrafts } from '../draft/subgraph-drafts.ts';
import { rulesIn, rulesSince, withRules } from './access-rules.ts';
import { ACTIVE_REVISION_FILE, ActiveRevisionFile, type LastEnd } from './active-revision.ts';
import { Canary } from './canary.ts';
import { Confirmation } from './confirmation.ts';
import { type ControlRequest, listenForCommands } from './control-socket.ts';
import { Deployer } from './deployer.ts';
import { DraftSession } from './draft-session.ts';
import { newestKept } from './fallback.ts';
import { FileSync } from './file-sync.ts';
import { Follower } from './follower.ts';
import type { GraphEvent } from './graph-event.ts';
import { guardKeptFiles, REVISIONS } from './kept-files.ts';
import { RevisionStore } from './revision-store.ts';
import { PublishedElsewhere, SharedHistory } from './shared-history.ts';
import { StartNotice, Startup, withShared } from './startup.ts';

interface GraphServiceDeps {
  /** The project's folder. */
  readonly root: string;
  readonly runtime: Runtime;
  readonly gate: Gate;
  readonly log: Log;
  /** Path of the graph's file. */
  readonly graph: string;
  /** Folder of revisions and the unfinished draft. */
  readonly data: string;
  /** Whether each live revision is written to the graph's file. */
  readonly autosave: boolean;
  /** Whether editors may submit code. */
  readonly editorCode: boolean;
  /** Additional components or libraries that need no code right. */
  readonly editorComponents: readonly string[];
}

/** Delay in milliseconds before an unpublished draft is saved. */
const SAVE_DELAY_MS = 500;

/** Combines the draft, the deployer, the file and the revisions of the server's graph, with or without editors. */
export class GraphService {
  readonly draftSession: DraftSession;
  readonly fileSync: FileSync;
  readonly deployer: Deployer;
  readonly revisions: RevisionStore;
  /** The revisions shared by several processes; undefined if this is the only one. */
  readonly shared: SharedHistory | undefined;
  readonly confirmation: Confirmation;
  readonly startNotice = new StartNotice();
  /** Components, including drafted code. */
  readonly library: Registry;
  /** Components that need no code right. */
  readonly allowed: AllowList;
  readonly #deps: GraphServiceDeps;
  readonly #canary: Canary;
  readonly #file: GraphFile;
  readonly #activeRevisionFile: ActiveRevisionFile;
  readonly #savedDraft: SavedDraft;
  #listeners: (event: GraphEvent) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #commands: { close(): void } | undefined;
  #guard: FolderGuard | undefined;
  #follower: Follower | undefined;
  #release: () => void = () => {};
  #isOver = false;
  #accounts: Accounts = guestsOnly;
  /** The live graph when the previous server ended. */
  readonly #before: Graph | undefined;

  private constructor(
    deps: GraphServiceDeps,
    revisions: RevisionStore,
    shared: SharedHistory | undefined,
    last: LastEnd | undefined,
  ) {
    const { runtime, gate, log, data } = deps;
    this.#deps = deps;
    this.#before = last?.document.graph;
    this.#activeRevisionFile = new ActiveRevisionFile(join(data, ACTIVE_REVISION_FILE), deps.graph);
    this.#file = new GraphFile(deps.graph, base =>
      this.#tried('what is live', () => this.#activeRevisionFile.base(base)),
    );
    this.#canary = new Canary({ gate });
    this.#savedDraft = new SavedDraft(join(data, DRAFT));
    this.confirmation = new Confirmation(sentence => log.warn(sentence));
    this.revisions = revisions;
    this.shared = shared;
    this.deployer = new Deployer({
      runtime,
      log,
      revisions,
      shared,
      canary: this.#canary,
      confirmation: this.confirmation,
      subgraphs: ({ graph }) => this.draftSession.subgraphs.inFiles(graph),
      save: async live => {
        try {
          // In this order, a saved draft is never older than the active revision.
          this.#savedDraft.save(this.#unfinished());
          await this.#activeRevisionFile.live(live);
        } catch (error) {
          throw new Error(`${data} can't be written: ${(error as Error).message}; make room, or choose another DATA`);
        }
      },
      abandon: revision => gate.abandon(revision),
      rolledBack: rollBack => this.draftSession.rolledBack(rollBack),
      replaced: ({ graph }, { by, revision, document }) =>
        this.#accounts.published({ by, revision, rules: rulesSince(graph, document.graph, this.library) }),
    });
    runtime.onOverrun((revision, node, { most }) => this.deployer.overran(revision, node, most));
    const code = new CodeDraft(deps.root);
    this.library = new Registry(deps.root, code);
    this.allowed = new AllowList(deps.editorComponents, this.library);
    const subgraphs = new SubgraphDrafts({ root: deps.root, library: this.library, code, allowed: this.allowed });
    const sessionDeps = {
      code,
      subgraphs,
      library: this.library,
      id: `${NAMESPACE}/${basename(deps.graph).replace(/\.[^.]*$/, '')}`,
      runtime,
      deployer: this.deployer,
      confirmation: this.confirmation,
      file: this.#file,
      autosave: deps.autosave,
      objections: (graph: Graph) => this.objections(graph),
      emit: (event: GraphEvent) => this.#onEvent(event),
    };
    this.draftSession = new DraftSession(sessionDeps, (last?.document ?? this.#file.read()).graph);
    this.fileSync = new FileSync(this.draftSession, this.deployer, this.confirmation, this.#file);
  }

  /**
   * Starts with the last live graph, merged with later changes of the graph's file; or with the file if no server has
   * saved anything about it. If the last live graph can't be read or run, the newest stored revision that can run
   * replaces it. If several processes share revisions, it starts with the shared one. Rejects with a sentence, or with
   * Faulty, if nothing can run.
   */
  static async open(deps: GraphServiceDeps): Promise<GraphService> {
    const { data, graph, log } = deps;
    const revisions = new RevisionStore(join(data, REVISIONS), sentence => log.warn(sentence));
    let unreadable: string | undefined;
    const kept = new ActiveRevisionFile(join(data, ACTIVE_REVISION_FILE), graph).load(sentence => {
      unreadable = sentence;
      log.warn(sentence);
    });
    const own = unreadable === undefined ? kept : newestKept(revisions, new GraphFile(graph));
    const stores = Object.values(storesOf((own?.document ?? new GraphFile(graph).peek()).graph));
    prepareStores(stores);
    const shared = await openShared(stores);
    const history = shared && new SharedHistory({ shared: shared.revisions, revisions, file: graph, warn: log.warn });
    await history?.load().catch(() => {});
    const last = withShared(own, history, graph);
    const graphService = new GraphService(deps, revisions, history, last);
    graphService.#release = () => shared?.release();
    const { deployer, draftSession, fileSync, library, startNotice } = graphService;
    const opening = {
      ...deps,
      unreadable,
      library,
      startNotice,
      deployer,
      draftSession,
      fileSync,
      revisions,
      shared: history,
      file: graphService.#file,
      draft: graphService.#savedDraft,
    };
    const startup = new Startup(opening);
    await startup.open(last).catch(async error => {
      if (!(error instanceof PublishedElsewhere) || !history) throw error;
      await history.load();
      await startup.open(withShared(last, history, graph));
    });
    if (history) graphService.#follower = new Follower({ ...opening, history, stuck: startup.stuck });
    await graphService.#listen();
    graphService.#guard = graphService.#guarding();
    return graphService;
  }

  /** The operator's commands about people. */
  get accounts(): Accounts {
    return this.#accounts;
  }

  /** Sets them, and reports rules that were changed while no server ran. */
  set accounts(accounts: Accounts) {
    this.#accounts = accounts;
    const { live } = this.deployer;
    if (!live || !this.#before) return;
    const isOwn = this.startNotice.of(live.revision) !== undefined || this.draftSession.state.rolledBack !== undefined;
    const rules = rulesSince(this.#before, live.document.graph, this.library);
    if (rules.length > 0) accounts.published({ by: isOwn ? 'start' : 'file', revision: live.revision, rules });
  }

  /** The access rules of the live graph; undefined if they can't be set there. */
  get rules(): string | undefined {
    const { live } = this.deployer;
    return live && rulesIn(live.document.graph, this.library)?.rules;
  }

  /** Publishes other access rules, and nothing of the draft. Rejects with a sentence on failure. */
  async setRules(rules: string, by: string, note: string): Promise<void> {
    const change = (graph: Graph) => {
      const found = rulesIn(graph, this.library);
      if (!found) throw new Refused('the graph has no rules that can be set');
      return withRules(graph, found.at, rules);
    };
    await this.draftSession.publishAlone(change, by, note);
  }

  /** Sets the listener of all events. */
  listen(listener: (event: GraphEvent) => void): void {
    this.#listeners = listener;
  }

  /** Why this process runs an older graph than the others; undefined if it doesn't. */
  get unready(): string | undefined {
    return this.#follower?.unready;
  }

  /** Sets a listener that is called with the editing process's address when the graph is edited elsewhere. */
  onElsewhere(listener: (sentence: string) => void): void {
    this.#follower?.onElsewhere(listener);
  }

  /** Call for each error of a node. */
  failed(node: string, question: string | undefined): void {
    this.#canary.uncaught(node, question);
  }

  /** The parts of a graph that need the code right: what is neither in its file nor live. */
  objections(graph: Graph): readonly Objection[] {
    if (this.#deps.editorCode) return [];
    const { live } = this.deployer;
    const trusted = () => [this.#file.known.graph, ...(live ? [live.document.graph] : [])];
    return [...this.allowed.objections(graph, trusted), ...this.draftSession.subgraphs.objections(graph)];
  }

  close(): void {
    this.#isOver = true;
    this.#guard?.close();
    this.#commands?.close();
    this.fileSync.close();
    this.#saveDraft();
    this.#tried('that the server was asked to end', () => this.#activeRevisionFile.end());
    this.draftSession.close();
    this.#canary.close();
    this.#follower?.close();
    this.#release();
  }

  #onEvent(event: GraphEvent): void {
    if (event.kind === 'notice') this.#deps.log.info(event.notice.sentence);
    // Saved code is expected to be on disk at once.
    if (event.kind === 'code') this.#saveDraft();
    else
      this.#timer ??= setTimeout(
        () => void this.draftSession.printer.print().then(() => this.#saveDraft()),
        SAVE_DELAY_MS,
      ).unref();
    this.#listeners(event);
  }

  /** Makes a stored revision live again, whatever the draft is. */
  async goBack(number: number): Promise<void> {
    const kept = this.revisions.get(number);
    if (!kept) throw new Error(`there is no revision ${number}`);
    await this.fileSync.goBack(kept, `back to revision ${number}`);
  }

  #guarding(): FolderGuard {
    return guardKeptFiles({
      ...this.#deps,
      live: this.#activeRevisionFile,
      draft: this.#savedDraft,
      revisions: this.revisions,
      deployer: this.deployer,
      unfinished: () => this.#unfinished(),
      subgraphs: ({ graph }) => this.draftSession.subgraphs.inFiles(graph),
      listen: () => {
        this.#commands?.close();
        void this.#listen();
      },
    });
  }

  /** Serves commands from this machine. */
  async #listen(): Promise<void> {
    const { data, log } = this.#deps;
    try {
      this.#commands = await listenForCommands(data, request => this.#do(request));
    } catch (error) {
      log.warn(`npm run revisions, remove and person can't ask this server anything: ${(error as Error).message}`);
    }
  }

  async #do(request: ControlRequest): Promise<string> {
    const { command } = request;
    switch (command) {
      case 'count':
      case 'remove':
        return this.#carryOut(request.selection, command === 'remove');
      case 'person':
        return this.accounts.order(request.order);
      case 'accept':
        await this.deployer.accept();
        break;
      case 'back':
        await this.goBack(request.number);
        break;
      default:
        throw new Error(
          `this server knows no command ${JSON.stringify(command)}; stop it, and start the version that does`,
        );
    }
    return `revision ${this.deployer.live?.revision} is live`;
  }

  async #carryOut(selection: MessageSelection, isFinal: boolean): Promise<string> {
    const stores = distinctStores(this.deployer.stores);
    const done = await carryOut({ stores, selection, isFinal, isOver: () => this.#isOver });
    if (isFinal) this.#deps.log.info(`npm run remove: ${done}`);
    return done;
  }

  /** The unpublished draft; undefined if everything is live. */
  #unfinished(): UnsavedDraft | undefined {
    const { draftSession } = this;
    if (draftSession.changes().length === 0) return;
    return { draft: draftSession.printer.printNow(), base: this.#file.known, code: draftSession.code.all };
  }

  #saveDraft(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#tried('the draft', () => this.#savedDraft.save(this.#unfinished()));
  }

  #tried(what: string, save: () => void): void {
    try {
      save();
    } catch (error) {
      this.#deps.log.error(`${what} can't be kept`, { error: error as Error });
    }
  }
}
