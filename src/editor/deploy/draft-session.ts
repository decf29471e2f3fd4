import type { GraphDocument } from '../../fbp/document.ts';
import type { GraphFile } from '../../files/graph-file.ts';
import { memoize } from '../../memoize.ts';
import { diagnostic } from '../../model/diagnostic.ts';
import { type DifferenceItem, difference } from '../../model/difference.ts';
import type { Graph } from '../../model/graph.ts';
import { merge } from '../../model/merge.ts';
import { Refused } from '../../model/refused.ts';
import type { Turn } from '../../mutex.ts';
import { Faulty } from '../../runtime/examiner.ts';
import { type CodeDraft, codeItems } from '../draft/code-draft.ts';
import { refuseToPublish, staleCode } from '../draft/examine.ts';
import { type DraftChange, GraphDraft } from '../draft/graph-draft.ts';
import type { SubgraphDrafts } from '../draft/subgraph-drafts.ts';
import type { Client } from '../message.ts';
import type { ActiveRevision, RollBack } from './active-revision.ts';
import type { Confirmation } from './confirmation.ts';
import { StoresMoved } from './deployer.ts';
import { Diagnosis, type DiagnosisDeps } from './diagnosis.ts';
import type { GraphEvent } from './graph-event.ts';
import { Printer } from './printer.ts';
import { Debounce, PublishMode } from './publish-mode.ts';
import type { RevisionGraph, RevisionRecord } from './revision-store.ts';

/** A request to publish a draft. */
interface Asked {
  readonly document: GraphDocument;
  readonly graph: Graph;
  /** The draft's version. */
  readonly version: number;
  readonly by: string;
  readonly note: string;
  /** The drafted code's version; undefined without code. */
  readonly codeVersion?: number | undefined;
  /** Whether only subgraphs are published, and other code stays a draft. */
  readonly isSubgraphsOnly?: boolean;
  /** Whether somebody confirmed that messages may be stored elsewhere. */
  readonly mayMove?: boolean;
}

interface DraftSessionDeps extends DiagnosisDeps {
  readonly id: string;
  readonly confirmation: Confirmation;
  /** Drafts of subgraphs; they are part of `code`. */
  readonly subgraphs: SubgraphDrafts;
  readonly file: GraphFile;
  /** Whether each live revision is written to the graph's file. */
  readonly autosave: boolean;
}

/** The shared draft of the server's graph, and its way to going live. */
export class DraftSession {
  readonly id: string;
  readonly draft: GraphDraft;
  readonly diagnosis: Diagnosis;
  readonly printer: Printer;
  readonly #deps: DraftSessionDeps;
  readonly #publishMode: PublishMode;
  /** Authors of unpublished changes. */
  readonly #authors = new Set<Client>();
  readonly #difference = memoize(difference);
  readonly #debounce = new Debounce();
  /** The last roll-back, and the draft's version then. */
  #rolledBack: { readonly rollBack: RollBack; readonly version: number } | undefined;

  /** `graph` is the initial draft. */
  constructor(deps: DraftSessionDeps, graph: Graph) {
    this.#deps = deps;
    this.#publishMode = new PublishMode(() => deps.subgraphs.needingCode);
    this.diagnosis = new Diagnosis(deps);
    this.id = deps.id;
    this.draft = new GraphDraft(deps.id, graph);
    this.printer = new Printer(this.draft, deps.file);
  }

  get live(): ActiveRevision | undefined {
    return this.#deps.deployer.live;
  }

  get code(): CodeDraft {
    return this.#deps.code;
  }

  get subgraphs(): SubgraphDrafts {
    return this.#deps.subgraphs;
  }

  /** A number that changes with the draft and with its code. */
  get version(): number {
    return this.draft.version + this.code.version;
  }

  get state() {
    const { live, version, code } = this;
    const needingCode = this.subgraphs.needingCode;
    const subgraphs = code.names.filter(name => !needingCode.includes(name));
    const [confirm, rolledBack] = [this.#deps.confirmation.sentence, this.#rolledBack?.rollBack];
    return {
      live: { revision: live?.revision ?? null, since: live?.since ?? '', by: live?.by ?? '' },
      draft: { version, changes: this.changes().length, ...this.diagnosis.findings, code: needingCode, subgraphs },
      mode: this.#publishMode.mode,
      stopped: this.#deps.runtime.halted,
      graph: this.id,
      ...(rolledBack && rolledBack.revision === live?.revision && { rolledBack }),
      ...(confirm !== undefined && { confirm }),
    };
  }

  /** Differences between the live graph and the draft. */
  changes(): readonly DifferenceItem[] {
    if (!this.live) return [];
    const { graph } = this.draft;
    return [...codeItems(this.code.all, graph), ...this.#difference(this.live.document.graph, graph)];
  }

  /** Whether changes are about to go live automatically. */
  get isPending(): boolean {
    return this.#debounce.isPending;
  }

  /** Why a client may not discard the draft now; undefined if it may. */
  mayClear(client: Client): string | undefined {
    if ([...this.#authors].every(author => author === client) || this.changes().length === 0) return;
    return 'changes of another editor are not live yet; publish or discard them first';
  }

  /** Why a client may not publish the draft; undefined if it may. */
  mayPublish({ rights }: Pick<Client, 'rights'>): string | undefined {
    const names = this.subgraphs.needingCode;
    if (names.length === 0 || rights.has('code')) return;
    const cure = 'publish it with a secret that may bring in code, or discard it';
    return `the draft has code of ${names.join(', ')}, and to publish it is to run that on this server; ${cure}`;
  }

  /** Call after every draft change; restarts the auto-publish timer. */
  changed(client: Client, { isCosmetic, isInSubgraph }: DraftChange): void {
    this.#authors.add(client);
    // A client without a publish button must not depend on an editor that has left.
    if (!client.extended && !isCosmetic) this.#publishMode.release();
    const publishOrHold = () => this.publishOrHold(client.by).catch(() => {});
    // An edit of several steps often causes temporary warnings.
    const isDoubtful = async () =>
      this.#publishMode.mode === 'at once' && this.diagnosis.hasNews(await this.printer.print());
    this.#debounce.begin(publishOrHold, isDoubtful);
    this.emit({ kind: isInSubgraph && !isCosmetic ? 'code' : 'state' });
  }

  /** Call after code was added to the draft. */
  async drafted(client: Client): Promise<void> {
    this.#authors.add(client);
    this.emit({ kind: 'code', by: client });
    await this.examine();
  }

  /** Publishes the current draft and its code. Rejects with Faulty, or with a sentence if a node does not start. */
  publish(by: string, note = '', turn?: Turn): Promise<ActiveRevision> {
    const { code, draft } = this;
    // The graph's differences don't include changed code.
    const notes = [note, ...codeItems(code.all, draft.graph).map(({ sentence }) => sentence)];
    const codeVersion = code.isEmpty ? undefined : code.version;
    return this.#publish({ by, note: notes.filter(Boolean).join('; '), codeVersion }, turn);
  }

  /** Resets the draft to the live graph. */
  discard(): void {
    if (!this.live) return;
    this.#deps.confirmation.drop();
    this.become(this.live.document.graph);
    this.code.clear();
    this.#caughtUp();
    this.emit({ kind: 'code' });
    void this.printer.print().then(document => this.diagnosis.warn(document));
  }

  /** Replaces the draft by another graph. */
  become(graph: Graph): void {
    this.#debounce.cancel();
    this.draft.replace(graph);
    this.emit({ kind: 'draft' });
  }

  /**
   * Restores an earlier graph and its subgraphs as draft, and publishes them. Drafted code is not included and stays a
   * draft.
   */
  goBack({ document, subgraphs = [] }: RevisionGraph, by: string, note: string, turn?: Turn): Promise<ActiveRevision> {
    return this.#deps.deployer.inTurn(async turn => {
      const graph = { ...document.graph, file: this.draft.graph.file };
      const takeBack = this.subgraphs.become(subgraphs);
      try {
        refuseToPublish(this.#deps.objections(graph));
      } catch (error) {
        takeBack();
        throw error;
      }
      this.#deps.file.goOnFrom(document);
      this.become(graph);
      const live = await this.#publish({ by, note, isSubgraphsOnly: true }, turn);
      if (this.code.isEmpty) return live;
      this.emit({ kind: 'notice', notice: diagnostic('code-waits', { components: this.code.names }) });
      await this.examine();
      return live;
    }, turn);
  }

  /**
   * Publishes the revision that is live at the other processes, with its subgraphs; `isCanary` says whether this
   * process tries it first. The draft is kept.
   */
  async follow(
    { number, by, note, document, subgraphs = [] }: RevisionRecord,
    isCanary: boolean,
    turn: Turn,
  ): Promise<void> {
    const before = this.live?.document.graph ?? document.graph;
    const takeBack = this.subgraphs.become(subgraphs);
    let undo = () => {};
    try {
      undo = this.code.place(true);
      const followed = { number, isCanary };
      await this.#deps.deployer.publish(document, { by, note, undo, mayMove: true, followed }, turn);
    } catch (error) {
      undo();
      takeBack();
      throw error;
    }
    this.code.prune();
    this.become(merge(before, this.draft.graph, document.graph).graph);
    this.saveLive();
    this.emit({ kind: 'code' });
  }

  /**
   * Publishes one change of the live graph, and applies it to the draft, whose other changes stay unpublished. Rejects
   * as `publish` does.
   */
  publishAlone(change: (live: Graph) => Graph, by: string, note: string): Promise<ActiveRevision> {
    const { deployer } = this.#deps;
    return deployer.inTurn(async turn => {
      if (!this.live) throw new Refused('no graph is live; start it first');
      const { document } = this.live;
      const graph = change(document.graph);
      const live = await deployer.publish(document.with(graph), { by, note }, turn);
      // A pending automatic publish stays pending.
      this.draft.replace(merge(document.graph, this.draft.graph, graph).graph);
      this.saveLive();
      this.emit({ kind: 'draft' });
      await this.examine();
      return live;
    });
  }

  /**
   * Sets whether this client holds the draft until it is published explicitly; otherwise changes go live automatically.
   */
  setHold(client: Client, wanted: boolean): void {
    this.#publishMode.set(client, wanted);
    if (!wanted) this.publish(client.by).catch(() => {});
    this.emit({ kind: 'state' });
  }

  /** Holds the draft, independently of connected clients. */
  holdForAll(): void {
    this.#publishMode.holdForAll();
  }

  leave(client: Client): void {
    this.#publishMode.drop(client);
    if (this.changes().length === 0) this.#publishMode.release();
    this.emit({ kind: 'state' });
  }

  /** Answers requests with 503 from now on. */
  async stop(): Promise<void> {
    await this.#deps.deployer.halt();
    this.emit({ kind: 'state' });
  }

  /** Resumes the graph. Rejects with a sentence if it does not start. */
  async start(by: string): Promise<void> {
    await this.#deps.deployer.resume(by);
    this.emit({ kind: 'state' });
  }

  /** Publishes or holds changes according to the mode. Rejects as `publish` does. */
  async publishOrHold(by: string, turn?: Turn): Promise<void> {
    await (this.#publishMode.mode === 'at once' ? this.publish(by, '', turn) : this.examine());
  }

  /**
   * As `publishOrHold`, for changes that could not go live before, since what they lacked may exist now. A rolled-back
   * revision is not published again. Rejects as `publish` does.
   */
  async retry(by: string, turn: Turn): Promise<void> {
    const isDue = !this.isPending && this.version !== this.#rolledBack?.version;
    if (isDue && this.changes().length > 0) await this.publishOrHold([...this.#authors].at(-1)?.by ?? by, turn);
  }

  /** Call after a roll-back; the draft stays as it is. */
  rolledBack(rollBack: RollBack): void {
    const { why, node, to } = rollBack;
    this.#rolledBack = { rollBack, version: this.version };
    this.saveLive();
    this.emit({ kind: 'code' });
    const said = diagnostic('rolled-back', { why, to });
    this.diagnosis.blame([{ ...said, line: 1, column: 1, ...(node !== undefined && { node }) }]);
  }

  /** Checks the draft and reports faults and warnings. */
  async examine(): Promise<void> {
    const { graph } = this.draft;
    await this.diagnosis.examine(await this.printer.print(), graph);
  }

  emit(event: GraphEvent): void {
    this.#deps.emit(event);
  }

  close(): void {
    this.#debounce.cancel();
  }

  /** Publishes the present state of the draft, after earlier changes. */
  #publish(why: Pick<Asked, 'by' | 'note' | 'codeVersion' | 'isSubgraphsOnly'>, turn?: Turn): Promise<ActiveRevision> {
    this.#debounce.cancel();
    const { graph, version } = this.draft;
    const printing = this.printer.print();
    return this.#deps.deployer.inTurn(
      async turn => this.#release({ ...why, document: await printing, graph, version }, turn),
      turn,
    );
  }

  async #release(asked: Asked, turn: Turn): Promise<ActiveRevision> {
    const { document, graph, version, by, note, codeVersion, isSubgraphsOnly, mayMove = false } = asked;
    const { objections, deployer, confirmation } = this.#deps;
    let undo = () => {};
    try {
      refuseToPublish(objections(graph));
      // Faults of code that stays a draft don't matter.
      if (isSubgraphsOnly) undo = this.code.place(true);
      else if (codeVersion !== undefined) undo = await this.#placeCode(document, graph, codeVersion);
      const live = await deployer.publish(document, { by, note, undo, mayMove }, turn);
      undo = () => {};
      this.code.prune();
      if (this.draft.version === version && this.code.isEmpty) this.#caughtUp();
      this.saveLive();
      return live;
    } catch (error) {
      undo();
      const accept = (turn: Turn) => this.#release({ ...asked, mayMove: true }, turn);
      if (error instanceof StoresMoved) confirmation.ask(error.message, accept);
      await this.diagnosis.failed(error, document);
      throw error;
    } finally {
      this.emit({ kind: codeVersion === undefined && !isSubgraphsOnly ? 'state' : 'code' });
      await this.diagnosis.warn(document);
    }
  }

  /**
   * Writes the draft's code to its files if the draft has no faults and the files are unchanged. Returns a function
   * that undoes it. Rejects with an error for `draftFaults`, without changing a file.
   */
  async #placeCode(document: GraphDocument, graph: Graph, version: number): Promise<() => void> {
    const { code, runtime, library } = this.#deps;
    const { faults } = await runtime.examine(document, library);
    if (faults.length > 0) throw new Faulty(faults);
    refuseToPublish(staleCode(code, graph));
    // The publisher may lack the right to publish code that was added later.
    if (!code.isEmpty && code.version !== version)
      throw new Refused('the draft was changed meanwhile; look at it again');
    return code.place();
  }

  /** Call once the draft is live. */
  #caughtUp(): void {
    this.#authors.clear();
    this.#publishMode.release();
    this.diagnosis.clear();
  }

  /** Writes the live graph to its file if autosave is on. */
  saveLive(): void {
    const { autosave, file } = this.#deps;
    if (!autosave || !this.live) return;
    try {
      file.write(this.live.document);
    } catch (error) {
      this.emit({ kind: 'notice', notice: diagnostic('not-saved', { reason: (error as Error).message }) });
    }
  }
}
