import { write } from '../../fbp/print.ts';
import { type Fault, type Graph, read } from '../../fbp.ts';
import type { GraphFile } from '../../files/graph-file.ts';
import { Faulty, type Flow, type Source } from '../../flow.ts';
import { difference, type Item } from '../difference/difference.ts';
import { Draft } from '../draft/draft.ts';
import { type DraftFault, faultsOf } from '../draft/fault.ts';
import type { Client } from '../protocol/message.ts';
import { Hold } from './hold.ts';
import type { Live, Publication } from './publication.ts';
import { remembered } from './remembered.ts';

/** What happens to the draft and to what is live. */
export type Happening =
  | { readonly kind: 'state' }
  /** The draft became another one in a way that single changes don't tell. */
  | { readonly kind: 'draft' }
  | { readonly kind: 'faults'; readonly faults: readonly DraftFault[] }
  /** Something that whoever edits has to know. */
  | { readonly kind: 'notice'; readonly sentence: string };

export interface WorkspaceParts {
  readonly id: string;
  readonly flow: Flow;
  readonly publication: Publication;
  readonly file: GraphFile;
  /** Whether each revision that goes live is written to its file. */
  readonly autosave: boolean;
  happened(happening: Happening): void;
}

/** Milliseconds after the last change when a draft goes live. */
const SETTLED = 300;

/** The one draft of the server's graph that all editors share, and its way to life. */
export class Workspace {
  readonly id: string;
  readonly draft: Draft;
  readonly #parts: WorkspaceParts;
  readonly #hold = new Hold();
  /** Who has made changes that are not live. */
  readonly #authors = new Set<Client>();
  #faults: readonly DraftFault[] = [];
  readonly #difference = remembered(difference);
  readonly #written = remembered(written);
  #timer: NodeJS.Timeout | undefined;
  /** The version of the draft that was rolled back last. */
  #rolledBack: number | undefined;

  /** `graph` is what the draft begins with. */
  constructor(parts: WorkspaceParts, graph: Graph) {
    this.#parts = parts;
    this.id = parts.id;
    this.draft = new Draft(parts.id, graph);
  }

  get live(): Live | undefined {
    return this.#parts.publication.live;
  }

  get state() {
    const { live } = this;
    return {
      live: { revision: live?.revision ?? null, since: live?.since ?? '', by: live?.by ?? '' },
      draft: { version: this.draft.version, changes: this.changes().length, faults: this.#faults },
      mode: this.#hold.mode,
      stopped: this.#parts.flow.halted,
      graph: this.id,
    };
  }

  /** What differs between what is live and the draft. */
  changes(): readonly Item[] {
    return this.live ? this.#difference(this.live.graph, this.draft.graph) : [];
  }

  /** Whether changes are about to go live by themselves. */
  get isPending(): boolean {
    return this.#timer !== undefined;
  }

  /** A graph, the draft unless it is told, as it would be written to its file. */
  source(graph: Graph = this.draft.graph): Source {
    return this.#written(graph, this.#parts.file.known);
  }

  /** Why a client may not throw the draft away at the moment. */
  mayClear(client: Client): string | undefined {
    if ([...this.#authors].every(author => author === client) || this.changes().length === 0) return;
    return 'changes of another editor are not live yet; publish or discard them first';
  }

  /** Has to hear of each change of the draft. */
  changed(client: Client): void {
    this.#authors.add(client);
    this.#calm();
    this.#timer = setTimeout(() => this.#settleQuietly(client.by), SETTLED);
    this.tell({ kind: 'state' });
  }

  /** Makes the draft live now. Rejects with Faulty, or with the sentence of what does not start. */
  async publish(by: string, note = ''): Promise<Live> {
    this.#calm();
    const source = this.source();
    const { version } = this.draft;
    try {
      const live = await this.#parts.publication.publish(source, { by, note });
      if (this.draft.version === version) this.#caughtUp();
      this.#autosave(source);
      return live;
    } catch (error) {
      this.accuse(faultsOf(error, source));
      throw error;
    } finally {
      this.tell({ kind: 'state' });
    }
  }

  /** Makes the draft what is live. */
  discard(): void {
    if (!this.live) return;
    this.become(this.live.graph);
    this.#caughtUp();
    this.tell({ kind: 'state' });
  }

  /** Makes another graph the draft. */
  become(graph: Graph): void {
    this.#calm();
    this.draft.replace(graph);
    this.tell({ kind: 'draft' });
  }

  /** Makes what was live once the draft, and live. */
  takeUp({ file, text, layout }: Source, by: string, note: string): Promise<Live> {
    this.become(read(file, text, layout).graph);
    return this.publish(by, note);
  }

  /** Holds the draft back until it is published, or lets changes go live at once. */
  hold(client: Client, wanted: boolean): void {
    this.#hold.set(client, wanted);
    if (!wanted) this.#settleQuietly(client.by);
    this.tell({ kind: 'state' });
  }

  /** Keeps the draft back, whoever is there. */
  keepBack(): void {
    this.#hold.keep();
  }

  leave(client: Client): void {
    this.#hold.leave(client);
    if (this.changes().length === 0) this.#hold.release();
    this.tell({ kind: 'state' });
  }

  /** Answers requests with 503 from now on. */
  async stop(): Promise<void> {
    await this.#parts.flow.halt();
    this.tell({ kind: 'state' });
  }

  /** Answers requests again. Rejects with the sentence of what does not start. */
  async start(by: string): Promise<void> {
    await this.#parts.publication.resume(by);
    this.tell({ kind: 'state' });
  }

  /** Does with changes what the mode says. Rejects as `publish` does. */
  async settle(by: string): Promise<void> {
    if (this.#hold.mode === 'at once') await this.publish(by);
    else await this.examine();
  }

  /**
   * Does with changes what the mode says where they could not go live before, as what they lack may be there by now.
   * What was rolled back does not come back by itself. Rejects as `publish` does.
   */
  async retry(by: string): Promise<void> {
    const isDue = this.#timer === undefined && this.draft.version !== this.#rolledBack;
    if (isDue && this.changes().length > 0) await this.settle([...this.#authors].at(-1)?.by ?? by);
  }

  /** A revision was rolled back; the draft is still what it was. */
  rolledBack(why: string, node: string | undefined): void {
    this.#rolledBack = this.draft.version;
    if (this.live) this.#autosave(this.live.source);
    this.accuse([{ sentence: `rolled back: ${why}`, line: 1, column: 1, ...(node !== undefined && { node }) }]);
  }

  /** Looks for what keeps the draft from running, and tells it. */
  async examine(): Promise<readonly Fault[]> {
    const source = this.source();
    const faults = await this.#parts.flow.faults(source);
    this.accuse(faultsOf(new Faulty(faults), source));
    this.tell({ kind: 'state' });
    return faults;
  }

  /** Tells what is wrong with the draft; nothing where all is well. */
  accuse(faults: readonly DraftFault[]): void {
    this.#faults = faults;
    this.tell({ kind: 'faults', faults });
  }

  tell(happening: Happening): void {
    this.#parts.happened(happening);
  }

  close(): void {
    this.#calm();
  }

  /** The draft is what is live. */
  #caughtUp(): void {
    this.#authors.clear();
    this.#hold.release();
    if (this.#faults.length > 0) this.accuse([]);
  }

  /** Waits for no more changes. */
  #calm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** What is live is live, whether it can be written or not. */
  #autosave(source: Source): void {
    if (!this.#parts.autosave) return;
    try {
      this.#parts.file.write(source);
    } catch (error) {
      this.tell({ kind: 'notice', sentence: (error as Error).message });
    }
  }

  /** What is wrong is told at its node. */
  #settleQuietly(by: string): void {
    this.#calm();
    this.settle(by).catch(() => {});
  }
}

/** A graph as it would be written to a file. */
function written(graph: Graph, { file, text, layout = '' }: Source): Source {
  return { file, ...write({ ...graph, file }, { text, layout }) };
}
