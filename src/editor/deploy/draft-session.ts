import { readGraph } from '../../fbp/read.ts';
import { rewrite } from '../../fbp/rewrite.ts';
import { memoize } from '../../memoize.ts';
import { diagnostic } from '../../model/diagnostic.ts';
import type { Graph, GraphSource } from '../../model/graph.ts';
import { type CodeDraft, codeItems } from '../draft/code-draft.ts';
import { type DifferenceItem, difference } from '../draft/difference.ts';
import { refuseToPublish } from '../draft/examine.ts';
import { GraphDraft } from '../draft/graph-draft.ts';
import type { Client } from '../message.ts';
import type { ActiveRevision, RollBack } from './active-revision.ts';
import { StoresMoved } from './deployer.ts';
import { Printer } from './printer.ts';
import {
  type Asked,
  Diagnosis,
  type DraftSessionDeps,
  type GraphEvent,
  noteWith,
  releaseDraft,
  saveLive,
} from './release.ts';

/** How changes go live: each shortly after it was made, or all when somebody says so. */
export type Mode = 'at once' | 'hold';

/** Which mode holds: an editor that publishes by a button holds the draft, and it stays held while changes wait, or code. */
class PublishMode {
  readonly #holders = new Set<Client>();
  readonly #code: { readonly isEmpty: boolean };
  #mode: Mode = 'at once';

  /** Code that is drafted goes live only when somebody publishes it. */
  constructor(code: { readonly isEmpty: boolean }) {
    this.#code = code;
  }

  get mode(): Mode {
    return this.#code.isEmpty ? this.#mode : 'hold';
  }

  /** An editor wants the draft held, or the changes to go live at once. */
  set(client: Client, wanted: boolean): void {
    if (wanted) this.#holders.add(client);
    else this.#holders.clear();
    this.#mode = wanted ? 'hold' : 'at once';
  }

  /** Keeps what waits from going live, whoever is there. */
  holdOn(): void {
    this.#mode = 'hold';
  }

  drop(client: Client): void {
    this.#holders.delete(client);
  }

  /** It need not be held any more, unless somebody wants that. */
  release(): void {
    if (this.#holders.size === 0) this.#mode = 'at once';
  }
}

/** Milliseconds after the last change when a draft goes live, */
const DEBOUNCE_MS = 300;
/** and how many more where it looks as if a change is still to come. */
const DOUBTFUL_DEBOUNCE_MS = 2200;

/** Waits until nothing has changed for a while. */
class Debounce {
  #timer: NodeJS.Timeout | undefined;
  /** What was begun last; undefined where nothing is waited for. */
  #begun: object | undefined;

  /** Whether something has changed and is waited for. */
  get isPending(): boolean {
    return this.#begun !== undefined;
  }

  /** Does a work after a while, longer where `isDoubtful` finds so, and not what was to be done before. */
  begin(work: () => void, isDoubtful: () => Promise<boolean>): void {
    this.cancel();
    const begun = {};
    this.#begun = begun;
    const wait = async () => {
      const more = (await isDoubtful().catch(() => false)) ? DOUBTFUL_DEBOUNCE_MS : 0;
      if (this.#begun === begun) this.#timer = setTimeout(end, more);
    };
    const end = () => {
      this.cancel();
      work();
    };
    this.#timer = setTimeout(wait, DEBOUNCE_MS);
  }

  /** Waits for nothing any more. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#begun = undefined;
  }
}

/** The one draft of the server's graph that all editors share, and its way to life. */
export class DraftSession {
  readonly id: string;
  readonly draft: GraphDraft;
  readonly diagnosis: Diagnosis;
  readonly printer: Printer;
  readonly #deps: DraftSessionDeps;
  readonly #publishMode: PublishMode;
  /** Who has made changes that are not live. */
  readonly #authors = new Set<Client>();
  readonly #difference = memoize(difference);
  readonly #debounce = new Debounce();
  /** What was rolled back last, and the draft's version then. */
  #rolledBack: { readonly rollBack: RollBack; readonly version: number } | undefined;

  /** `graph` is what the draft begins with. */
  constructor(deps: DraftSessionDeps, graph: Graph) {
    this.#deps = deps;
    this.#publishMode = new PublishMode(deps.code);
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

  /** Differs after each change of the draft, its code among them. */
  get version(): number {
    return this.draft.version + this.code.version;
  }

  get state() {
    const { live, version, code } = this;
    const [confirm, rolledBack] = [this.#deps.confirmation.sentence, this.#rolledBack?.rollBack];
    return {
      live: { revision: live?.revision ?? null, since: live?.since ?? '', by: live?.by ?? '' },
      draft: { version, changes: this.changes().length, ...this.diagnosis.findings, code: code.names },
      mode: this.#publishMode.mode,
      stopped: this.#deps.runtime.halted,
      graph: this.id,
      ...(rolledBack && rolledBack.revision === live?.revision && { rolledBack }),
      ...(confirm !== undefined && { confirm }),
    };
  }

  /** What differs between what is live and the draft. */
  changes(): readonly DifferenceItem[] {
    if (!this.live) return [];
    const { graph } = this.draft;
    return [...codeItems(this.code.all, graph), ...this.#difference(this.live.graph, graph)];
  }

  /** Whether changes are about to go live by themselves. */
  get isPending(): boolean {
    return this.#debounce.isPending;
  }

  /** Why a client may not throw the draft away at the moment. */
  mayClear(client: Client): string | undefined {
    if ([...this.#authors].every(author => author === client) || this.changes().length === 0) return;
    return 'changes of another editor are not live yet; publish or discard them first';
  }

  /** Call after each change of the draft; `onlyLooks` where it runs as before. */
  changed(client: Client, onlyLooks = false): void {
    this.#authors.add(client);
    // Who can't publish is not left waiting for somebody who is gone.
    if (!client.extended && !onlyLooks) this.#publishMode.release();
    const settle = () => this.settle(client.by).catch(() => {});
    // In the midst of an edit of several steps there is often something to be warned of.
    const isDoubtful = async () =>
      this.#publishMode.mode === 'at once' && this.diagnosis.hasNews(await this.printer.print());
    this.#debounce.begin(settle, isDoubtful);
    this.emit({ kind: 'state' });
  }

  /** Has to hear that code has come into the draft. */
  async drafted(client: Client): Promise<void> {
    this.#authors.add(client);
    this.emit({ kind: 'code', by: client });
    await this.examine();
  }

  /** Makes the draft live now, its code too. Rejects with Faulty, or with the sentence of what does not start. */
  publish(by: string, note = ''): Promise<ActiveRevision> {
    return this.#publish(by, noteWith(note, this, this.draft.graph), !this.code.isEmpty);
  }

  /** Makes the draft what is live. */
  discard(): void {
    if (!this.live) return;
    this.#deps.confirmation.drop();
    this.become(this.live.graph);
    this.code.clear();
    this.#caughtUp();
    this.emit({ kind: 'code' });
    void this.printer.print().then(source => this.diagnosis.warn(source));
  }

  /** Makes another graph the draft. */
  become(graph: Graph): void {
    this.#debounce.cancel();
    this.draft.replace(graph);
    this.emit({ kind: 'draft' });
  }

  /** Makes what was live once the draft, and live. Code that waits is no part of it, and goes on waiting. */
  async takeUp(source: GraphSource, by: string, note: string): Promise<ActiveRevision> {
    const { graph } = readGraph(source.file, source.text, source.layout);
    refuseToPublish(this.#deps.objections(graph));
    this.#deps.file.goOnFrom(source);
    this.become(graph);
    const live = await this.#publish(by, note, false);
    const sentence = `the draft still has code of ${this.code.names.join(', ')}; publish or discard it`;
    if (!this.code.isEmpty) this.emit({ kind: 'notice', sentence });
    if (!this.code.isEmpty) await this.examine();
    return live;
  }

  /** Holds the draft back until it is published, or lets changes go live at once. */
  hold(client: Client, wanted: boolean): void {
    this.#publishMode.set(client, wanted);
    if (!wanted) this.publish(client.by).catch(() => {});
    this.emit({ kind: 'state' });
  }

  /** Keeps the draft back, whoever is there. */
  holdBack(): void {
    this.#publishMode.holdOn();
  }

  leave(client: Client): void {
    this.#publishMode.drop(client);
    if (this.changes().length === 0) this.#publishMode.release();
    this.emit({ kind: 'state' });
  }

  /** Answers requests with 503 from now on. */
  async stop(): Promise<void> {
    await this.#deps.runtime.halt();
    this.emit({ kind: 'state' });
  }

  /** Answers requests again. Rejects with the sentence of what does not start. */
  async start(by: string): Promise<void> {
    await this.#deps.deployer.resume(by);
    this.emit({ kind: 'state' });
  }

  /** Does with changes what the mode says. Rejects as `publish` does. */
  async settle(by: string): Promise<void> {
    await (this.#publishMode.mode === 'at once' ? this.publish(by) : this.examine());
  }

  /**
   * Does with changes what the mode says where they could not go live before, as what they lack may be there by now.
   * What was rolled back does not come back by itself. Rejects as `publish` does.
   */
  async retry(by: string): Promise<void> {
    const isDue = !this.isPending && this.version !== this.#rolledBack?.version;
    if (isDue && this.changes().length > 0) await this.settle([...this.#authors].at(-1)?.by ?? by);
  }

  /** A revision was rolled back; the draft is still what it was. */
  rolledBack(rollBack: RollBack): void {
    const { why, node, to } = rollBack;
    this.#rolledBack = { rollBack, version: this.version };
    this.saveLive();
    this.emit({ kind: 'code' });
    const said = diagnostic('rolled-back', { why, to });
    this.diagnosis.blame([{ ...said, line: 1, column: 1, ...(node !== undefined && { node }) }]);
  }

  /** Looks for what keeps the draft from running, and for what it is warned of, and tells it. */
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

  /** Publishes the draft as it is now, with its code or without it. */
  async #publish(by: string, note: string, withCode: boolean): Promise<ActiveRevision> {
    this.#debounce.cancel();
    const { graph, version } = this.draft;
    return this.#release({ source: await this.printer.print(), graph, version, by, note, withCode });
  }

  async #release(asked: Asked): Promise<ActiveRevision> {
    try {
      const live = await releaseDraft(this.#deps, asked);
      this.code.prune();
      if (this.draft.version === asked.version && this.code.isEmpty) this.#caughtUp();
      this.saveLive();
      return live;
    } catch (error) {
      const accept = () => this.#release({ ...asked, mayMove: true });
      if (error instanceof StoresMoved) this.#deps.confirmation.ask(error.message, accept);
      await this.diagnosis.failed(error, asked.source);
      throw error;
    } finally {
      this.emit({ kind: asked.withCode ? 'code' : 'state' });
      await this.diagnosis.warn(asked.source);
    }
  }

  /** The draft is what is live. */
  #caughtUp(): void {
    this.#authors.clear();
    this.#publishMode.release();
    this.diagnosis.clear();
  }

  saveLive(): void {
    const sentence = saveLive(this.#deps, this.live);
    if (sentence !== undefined) this.emit({ kind: 'notice', sentence });
  }
}

/** A graph as it would be written to a file; `origin` is what the server has not written there itself. */
export function serialize(graph: Graph, { file, text, layout = '' }: GraphSource, origin: GraphSource): GraphSource {
  const from = { text: origin.text, layout: origin.layout ?? '' };
  return { file, ...rewrite({ ...graph, file }, { text, layout }, from) };
}
