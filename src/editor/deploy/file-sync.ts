import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { GraphDocument } from '../../fbp/document.ts';
import type { GraphFile } from '../../files/graph-file.ts';
import { memoize } from '../../memoize.ts';
import { diagnostic } from '../../model/diagnostic.ts';
import { difference } from '../../model/difference.ts';
import { isSameGraph } from '../../model/graph.ts';
import { merge } from '../../model/merge.ts';
import { asRefused, Refused } from '../../model/refused.ts';
import type { Turn } from '../../mutex.ts';
import { inSlices } from '../../time-slice.ts';
import type { Confirmation } from './confirmation.ts';
import { type Deployer, StoresMoved } from './deployer.ts';
import type { DraftSession } from './draft-session.ts';
import type { RevisionGraph } from './revision-store.ts';

/** Milliseconds to wait after a file became much shorter, as it may not be saved completely yet. */
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
  /** Whether writing a graph would leave the file unchanged. */
  readonly #isSame = memoize(
    (live: GraphDocument, known: GraphDocument) => live.isSame(known) || isSameGraph(known.graph, live.graph),
  );

  readonly #difference = memoize(difference);

  constructor(draftSession: DraftSession, deployer: Deployer, confirmation: Confirmation, file: GraphFile) {
    this.#draftSession = draftSession;
    this.#deployer = deployer;
    this.#confirmation = confirmation;
    this.#file = file;
  }

  /** Why the file can't be written: it has changes by hand that can't be merged. */
  get conflict(): string | undefined {
    return this.#conflict;
  }

  /** Whether the file has the live graph. */
  get isLiveSaved(): boolean {
    const { live } = this.#deployer;
    return live !== undefined && this.#isSame(live.document, this.#file.known);
  }

  /**
   * Writes the live graph to its file, after pending changes went live. Rejects with Refused if these can't go live, if
   * the file has changes that can't be merged, or if writing fails.
   */
  persist(by: string): Promise<void> {
    return this.#deployer.inTurn(async turn => {
      if (this.#file.exists) await this.#look(turn).catch(asRefused);
      const document = await this.#savable(by, turn);
      try {
        this.#file.write(document);
      } catch (error) {
        asRefused(error);
      }
      this.#draftSession.emit({ kind: 'state' });
    });
  }

  /** Makes an earlier graph live again, whatever the file and the draft contain. */
  goBack(to: RevisionGraph, note: string): Promise<void> {
    return this.#deployer.inTurn(async turn => {
      if (this.#file.exists) this.#file.take(this.#file.peek());
      await this.#draftSession.goBack(to, 'revisions', note, turn);
    });
  }

  /**
   * Call after files changed: merges changes by hand and reloads changed components. Rejects with the reason if they
   * can't go live; the live graph then stays.
   */
  async filesChanged(): Promise<void> {
    this.#polls += 1;
    const look = this.#polls;
    if (this.#file.hasShrunk) await sleep(SHRUNK_DEBOUNCE_MS, undefined, { ref: false });
    // A later call does the work.
    if (look === this.#polls) await this.takeUp();
  }

  /** As `filesChanged`, without waiting until a shrunk file is complete. */
  takeUp(): Promise<void> {
    return this.#deployer.inTurn(async turn => {
      try {
        if (!(await this.#look(turn))) await this.#takeUpComponents(turn);
      } catch (error) {
        // The request for confirmation was sent already.
        if (!(error instanceof StoresMoved)) throw error;
      }
      this.#draftSession.emit({ kind: 'state' });
    });
  }

  close(): void {
    this.#polls += 1;
  }

  /** The graph to write to the file, which the next start may use. */
  async #savable(by: string, turn: Turn): Promise<GraphDocument> {
    const draftSession = this.#draftSession;
    // Failures are reported as faults.
    if (draftSession.isPending) await draftSession.publishOrHold(by, turn).catch(() => {});
    const { mode, draft } = draftSession.state;
    const { live } = this.#deployer;
    if (live && mode === 'hold') return inSlices(this.#file.known.printing(live.document.graph, this.#file.origin));
    const [first, ...more] = draft.faults;
    if (!first) return draftSession.printer.print();
    const others = more.length > 0 ? `; and ${more.length} more` : '';
    throw new Refused(`the draft can't run: ${first.sentence}${others}`);
  }

  /** Merges a change of the file by hand. Resolves to whether there was one. */
  async #look(turn: Turn): Promise<boolean> {
    const isChanged = this.#file.changedByHand();
    if (isChanged) await this.#mergeFile(turn);
    else this.#conflict = undefined;
    return isChanged;
  }

  /** Changed components may make an invalid draft valid. */
  async #takeUpComponents(turn: Turn): Promise<void> {
    await this.#publishAgain(turn);
    await this.#draftSession.retry(BY_HAND, turn);
  }

  async #publishAgain(turn: Turn, mayMove = false): Promise<void> {
    try {
      await this.#deployer.publishAgain({ by: BY_HAND, note: 'a component was changed', mayMove }, turn);
    } catch (error) {
      const accept = (turn: Turn) => this.#publishAgain(turn, true);
      if (error instanceof StoresMoved) this.#confirmation.ask(error.message, accept);
      throw error;
    }
  }

  /** Merges changes by hand into the draft, which may have unsaved changes by editors. */
  async #mergeFile(turn: Turn): Promise<void> {
    const { known } = this.#file;
    const found = this.#file.peek();
    if (found.faults.length > 0) {
      this.#conflict = `${found.file} was changed by hand and can't be read; mend it there first`;
      this.#draftSession.emit({ kind: 'state' });
      // Reports every fault with its place.
      await this.#deployer.publish(found, { by: BY_HAND }, turn);
    }
    // Reading, comparing and publishing a large graph take long, so other tasks run in between.
    await setImmediate();
    // Compared in a turn of its own, as the following steps must not be interrupted.
    this.#difference(known.graph, this.#draftSession.draft.graph);
    await setImmediate();
    this.#conflict = undefined;
    this.#file.take(found);
    const ours = this.#draftSession.draft.graph;
    // Without changes by editors, the file replaces the draft, even with faults.
    const isOurs = this.#difference(known.graph, ours).length > 0;
    // Pending changes may come from an earlier, invalid version of the file.
    const waiting = !this.#draftSession.code.isEmpty || (isOurs && this.#draftSession.changes().length > 0);
    const { graph, conflicts } = isOurs ? merge(known.graph, ours, found.graph) : { graph: found.graph, conflicts: [] };
    this.#draftSession.become(graph);
    this.#draftSession.emit({ kind: 'notice', notice: diagnostic('file-changed', { file: found.file, conflicts }) });
    await setImmediate();
    try {
      if (waiting) await this.#draftSession.publishOrHold(BY_HAND, turn);
      else await this.#draftSession.publish(BY_HAND, 'changed by hand', turn);
    } catch (error) {
      // A restart of the server with this file confirms it.
      if (error instanceof StoresMoved) this.#file.postpone(known);
      throw error;
    }
  }
}
