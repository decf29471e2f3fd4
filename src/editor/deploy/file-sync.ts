import { setTimeout as sleep } from 'node:timers/promises';
import { readGraph } from '../../fbp/read.ts';
import type { GraphFile } from '../../files/graph-file.ts';
import { memoize } from '../../memoize.ts';
import { diagnostic } from '../../model/diagnostic.ts';
import { difference } from '../../model/difference.ts';
import { type Graph, type GraphSource, isSameGraph } from '../../model/graph.ts';
import { merge } from '../../model/merge.ts';
import { Refused } from '../../model/payload.ts';
import { Mutex } from '../../mutex.ts';
import { asRefused } from '../message.ts';
import { type Confirmation, type Deployer, StoresMoved } from './deployer.ts';
import { type DraftSession, serialize } from './draft-session.ts';

/** Milliseconds to wait before a file that became much shorter counts as completely saved. */
const SHRUNK_DEBOUNCE_MS = 2000;
/** `by` of a change by hand. */
const BY_HAND = 'file';

/** Syncs the draft and its file in both directions. */
export class FileSync {
  readonly #draftSession: DraftSession;
  readonly #deployer: Deployer;
  readonly #confirmation: Confirmation;
  readonly #file: GraphFile;
  #conflict: string | undefined;
  #polls = 0;
  readonly #mutex = new Mutex();
  /** Whether writing a graph would leave a file unchanged. */
  readonly #isSame = memoize((graph: Graph, { file, text, layout }: GraphSource) =>
    isSameGraph(readGraph(file, text, layout).graph, graph),
  );

  constructor(draftSession: DraftSession, deployer: Deployer, confirmation: Confirmation, file: GraphFile) {
    this.#draftSession = draftSession;
    this.#deployer = deployer;
    this.#confirmation = confirmation;
    this.#file = file;
  }

  /** Why the file can't be written: it was changed by hand in a way that can't be taken in. */
  get conflict(): string | undefined {
    return this.#conflict;
  }

  /** Whether the file has the live graph. */
  get isLiveSaved(): boolean {
    const { live } = this.#deployer;
    return live !== undefined && (this.#has(live.source) || this.#isSame(live.graph, this.#file.known));
  }

  /**
   * Writes the live graph to its file, after pending changes went live. Rejects with Refused if the draft should be
   * live and can't be, if the file has changes that can't be taken in, or if it can't be written.
   */
  persist(by: string): Promise<void> {
    return this.#mutex.run(async () => {
      if (this.#file.exists) await this.#look().catch(asRefused);
      const source = await this.#savable(by);
      try {
        this.#file.write(source);
      } catch (error) {
        asRefused(error);
      }
      this.#draftSession.emit({ kind: 'state' });
    });
  }

  /** Makes an earlier graph live again, whatever the file and the draft are now. */
  goBack(source: GraphSource, note: string): Promise<void> {
    return this.#mutex.run(async () => {
      if (this.#file.exists) this.#file.take(this.#file.peek());
      await this.#draftSession.takeUp(source, 'revisions', note);
    });
  }

  /**
   * Call after files changed: takes in changes by hand and changed components. Rejects with why they can't go live; the
   * live graph then stays.
   */
  async filesChanged(): Promise<void> {
    this.#polls += 1;
    const look = this.#polls;
    if (this.#file.hasShrunk) await sleep(SHRUNK_DEBOUNCE_MS, undefined, { ref: false });
    // A later call takes over.
    if (look === this.#polls) await this.takeUp();
  }

  /** As `filesChanged`, without waiting until a shrunk file is complete. */
  takeUp(): Promise<void> {
    return this.#mutex.run(async () => {
      // What awaits confirmation was reported already.
      await this.#takeIn().catch(unlessMoved);
      this.#draftSession.emit({ kind: 'state' });
    });
  }

  close(): void {
    this.#polls += 1;
  }

  async #takeIn(): Promise<void> {
    if (!(await this.#look())) await this.#takeUpComponents();
  }

  /** The live graph as it would be written to its file. */
  #liveSource(): GraphSource | undefined {
    const { live } = this.#deployer;
    return live && serialize(live.graph, this.#file.known, this.#file.origin);
  }

  #has({ text, layout = '' }: GraphSource): boolean {
    const { known } = this.#file;
    return text === known.text && layout === (known.layout ?? '');
  }

  /** What may be found in the file when the server starts again. */
  async #savable(by: string): Promise<GraphSource> {
    const draftSession = this.#draftSession;
    // Failures are reported as faults.
    if (draftSession.isPending) await draftSession.settle(by).catch(() => {});
    const { mode, draft } = draftSession.state;
    const live = this.#liveSource();
    if (live && mode === 'hold') return live;
    const [first, ...more] = draft.faults;
    if (!first) return draftSession.printer.print();
    const others = more.length > 0 ? `; and ${more.length} more` : '';
    throw new Refused(`the draft can't run: ${first.sentence}${others}`);
  }

  /** Takes in a change of the file by hand. Resolves to whether there was one. */
  async #look(): Promise<boolean> {
    const isChanged = this.#file.changedByHand();
    if (isChanged) await this.#mergeFile();
    else this.#conflict = undefined;
    return isChanged;
  }

  /** With changed components, an invalid draft may be valid. */
  async #takeUpComponents(): Promise<void> {
    await this.#publishAgain();
    await this.#draftSession.retry(BY_HAND);
  }

  async #publishAgain(mayMove = false): Promise<void> {
    try {
      await this.#deployer.publishAgain({ by: BY_HAND, note: 'a component was changed', mayMove });
    } catch (error) {
      const accept = () => this.#publishAgain(true);
      if (error instanceof StoresMoved) this.#confirmation.ask(error.message, accept);
      throw error;
    }
  }

  /** Merges changes by hand into the draft, which may have unsaved changes by editors. */
  async #mergeFile(): Promise<void> {
    const { known } = this.#file;
    const found = this.#file.peek();
    const { graph: theirs, faults } = readGraph(found.file, found.text, found.layout);
    if (faults.length > 0) {
      this.#conflict = `${found.file} was changed by hand and can't be read; mend it there first`;
      this.#draftSession.emit({ kind: 'state' });
      // Reports every fault with its place.
      await this.#deployer.publish(found, { by: BY_HAND });
    }
    this.#conflict = undefined;
    this.#file.take(found);
    const base = readGraph(known.file, known.text, known.layout).graph;
    const ours = this.#draftSession.draft.graph;
    // Without changes by editors, the file counts as it is, with its faults.
    const isOurs = difference(base, ours).length > 0;
    // Pending changes may come from an earlier, invalid version of the file.
    const waiting = !this.#draftSession.code.isEmpty || (isOurs && this.#draftSession.changes().length > 0);
    const { graph, conflicts } = isOurs ? merge(base, ours, theirs) : { graph: theirs, conflicts: [] };
    this.#draftSession.become(graph);
    this.#draftSession.emit({ kind: 'notice', notice: diagnostic('file-changed', { file: found.file, conflicts }) });
    try {
      if (waiting) await this.#draftSession.settle(BY_HAND);
      else await this.#draftSession.publish(BY_HAND, 'changed by hand');
    } catch (error) {
      // Restarting the server with this file confirms it.
      if (error instanceof StoresMoved) this.#file.postpone(known);
      throw error;
    }
  }
}

function unlessMoved(error: unknown): void {
  if (!(error instanceof StoresMoved)) throw error;
}
