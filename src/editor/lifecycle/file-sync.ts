import { setTimeout as sleep } from 'node:timers/promises';
import { same } from '../../fbp/same.ts';
import { type Graph, read } from '../../fbp.ts';
import type { GraphFile } from '../../files/graph-file.ts';
import type { Source } from '../../flow.ts';
import { Turns } from '../../turns.ts';
import { difference } from '../difference/difference.ts';
import { merge } from '../merge/merge.ts';
import { Refused, refuse } from '../protocol/message.ts';
import { type Confirmation, StoresMoved } from './confirmation.ts';
import type { Live } from './live.ts';
import type { Publication } from './publication.ts';
import { remembered } from './remembered.ts';
import type { Workspace } from './workspace.ts';
import { written } from './written.ts';

/** Milliseconds after which a file that became much shorter is taken to be whole. */
const SHRUNK = 2000;
/** Whose doing it is when a file was changed by hand. */
const BY_HAND = 'file';

/** Keeps the draft and its file together, whichever of them changes. */
export class FileSync {
  readonly #workspace: Workspace;
  readonly #publication: Publication;
  readonly #confirmation: Confirmation;
  readonly #file: GraphFile;
  #conflict: string | undefined;
  #looks = 0;
  readonly #turns = new Turns();
  /** Whether a file would stay as it is if a graph were written to it. */
  readonly #isSame = remembered((graph: Graph, { file, text, layout }: Source) =>
    same(read(file, text, layout).graph, graph),
  );

  constructor(workspace: Workspace, publication: Publication, confirmation: Confirmation, file: GraphFile) {
    this.#workspace = workspace;
    this.#publication = publication;
    this.#confirmation = confirmation;
    this.#file = file;
  }

  /** What keeps the file from being written: it was changed by hand and can't be taken in. */
  get conflict(): string | undefined {
    return this.#conflict;
  }

  /** Whether the file has what is live. */
  get isLiveSaved(): boolean {
    const { live } = this.#publication;
    return live !== undefined && (this.#has(live.source) || this.#isSame(live.graph, this.#file.known));
  }

  /**
   * Writes what is live to its file, changes that are on their way there too. Rejects with Refused where the draft ought
   * to be live and can't be, where the file has changes of its own that can't be taken in, or where it can't be written.
   */
  persist(by: string): Promise<void> {
    return this.#turns.take(async () => {
      if (this.#file.exists) await this.#look().catch(refuse);
      const source = await this.#savable(by);
      try {
        this.#file.write(source);
      } catch (error) {
        refuse(error);
      }
      this.#workspace.tell({ kind: 'state' });
    });
  }

  /** Makes what was live once live again, whatever the file and the draft have become. */
  goBack(source: Source, note: string): Promise<void> {
    return this.#turns.take(async () => {
      if (this.#file.exists) this.#file.take(this.#file.peek());
      await this.#workspace.takeUp(source, 'revisions', note);
    });
  }

  /**
   * Has to hear that files have changed: takes in what was changed by hand, and components that are other ones now.
   * Rejects with what keeps them from going live; what is live stays so.
   */
  async filesChanged(): Promise<void> {
    this.#looks += 1;
    const look = this.#looks;
    if (this.#file.hasShrunk) await sleep(SHRUNK, undefined, { ref: false });
    // Whoever has heard of a later change looks at it.
    if (look === this.#looks) await this.takeUp();
  }

  /** As `filesChanged`, of files that are taken to be whole. */
  takeUp(): Promise<void> {
    return this.#turns.take(async () => {
      // What has to be confirmed is told already.
      await this.#takeIn().catch(unlessMoved);
      this.#workspace.tell({ kind: 'state' });
    });
  }

  close(): void {
    this.#looks += 1;
  }

  async #takeIn(): Promise<void> {
    if (!(await this.#look())) await this.#takeUpComponents();
  }

  /** What is live as it would be written to its file. */
  #liveSource(): Source | undefined {
    const { live } = this.#publication;
    return live && written(live.graph, this.#file.known, this.#file.origin);
  }

  #has({ text, layout = '' }: Source): boolean {
    const { known } = this.#file;
    return text === known.text && layout === (known.layout ?? '');
  }

  /** What may be found in the file when the server starts again. */
  async #savable(by: string): Promise<Source> {
    const workspace = this.#workspace;
    // What is wrong is told as a fault.
    if (workspace.isPending) await workspace.settle(by).catch(() => {});
    const { mode, draft } = workspace.state;
    const live = this.#liveSource();
    if (live && mode === 'hold') return live;
    const [first, ...more] = draft.faults;
    if (!first) return workspace.printer.print();
    const others = more.length > 0 ? `; and ${more.length} more` : '';
    throw new Refused(`the draft can't run: ${first.sentence}${others}`);
  }

  /** Takes the file in where it was changed by hand. Whether it was. */
  async #look(): Promise<boolean> {
    const isChanged = this.#file.changedByHand();
    if (isChanged) await this.#mergeFile();
    else this.#conflict = undefined;
    return isChanged;
  }

  /** A draft that could not run may do so with components that are other ones now. */
  async #takeUpComponents(): Promise<void> {
    const { live } = this.#publication;
    if (live) await this.#publishAgain(live);
    await this.#workspace.retry(BY_HAND);
  }

  async #publishAgain({ source }: Pick<Live, 'source'>, mayMove = false): Promise<void> {
    try {
      await this.#publication.publish(source, { by: BY_HAND, note: 'a component was changed', mayMove });
    } catch (error) {
      const accept = () => this.#publishAgain({ source }, true);
      if (error instanceof StoresMoved) this.#confirmation.ask(error.message, accept);
      throw error;
    }
  }

  /** Brings what was changed by hand into the draft, where it meets what editors have changed and not saved yet. */
  async #mergeFile(): Promise<void> {
    const { known } = this.#file;
    const found = this.#file.peek();
    const { graph: theirs, faults } = read(found.file, found.text, found.layout);
    if (faults.length > 0) {
      this.#conflict = `${found.file} was changed by hand and can't be read; mend it there first`;
      this.#workspace.tell({ kind: 'state' });
      // Says every fault with its place.
      await this.#publication.publish(found, { by: BY_HAND });
    }
    this.#conflict = undefined;
    this.#file.take(found);
    const base = read(known.file, known.text, known.layout).graph;
    const ours = this.#workspace.draft.graph;
    // Where editors have changed nothing, the file counts as it is, with its faults.
    const isOurs = difference(base, ours).length > 0;
    // What waits may have come from the file as well, as it was before it was mended there.
    const waiting = !this.#workspace.code.isEmpty || (isOurs && this.#workspace.changes().length > 0);
    const { graph, conflicts } = isOurs ? merge(base, ours, theirs) : { graph: theirs, conflicts: [] };
    this.#workspace.become(graph);
    const sentence = [`${found.file} was changed by hand and taken into the draft`, ...conflicts].join('; ');
    this.#workspace.tell({ kind: 'notice', sentence });
    try {
      if (waiting) await this.#workspace.settle(BY_HAND);
      else await this.#workspace.publish(BY_HAND, 'changed by hand');
    } catch (error) {
      // Whoever restarts the server with this file confirms it.
      if (error instanceof StoresMoved) this.#file.postpone(known);
      throw error;
    }
  }
}

function unlessMoved(error: unknown): void {
  if (!(error instanceof StoresMoved)) throw error;
}
