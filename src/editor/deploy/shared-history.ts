import { GraphDocument } from '../../fbp/document.ts';
import { Refused } from '../../model/payload.ts';
import type { SharedRevision, SharedRevisions } from '../../store/store.ts';
import { parseRevision, printRevision, type RevisionRecord, type RevisionStore } from './revision-store.ts';

/** Another process has published in the meantime, so that nothing was. */
export class Outrun extends Refused {
  constructor() {
    super('another process has published meanwhile; look at what is live now');
  }
}

interface SharedHistoryDeps {
  readonly shared: SharedRevisions;
  /** Copies of what is shared, for whoever looks at them here. */
  readonly revisions: RevisionStore;
  /** The graph's file as GRAPH names it here. */
  readonly file: string;
  warn(sentence: string): void;
}

/**
 * The revisions that several processes have in common. One of them leads: it publishes, and tries each new revision before
 * the others run it. Calls reject with StoreFailed while the store can't be used.
 */
export class SharedHistory {
  readonly #deps: SharedHistoryDeps;
  #place = 0;
  #newest = 0;
  #proven: RevisionRecord | undefined;
  #trial: RevisionRecord | undefined;

  constructor(deps: SharedHistoryDeps) {
    this.#deps = deps;
  }

  get isLeading(): boolean {
    return this.#deps.shared.isLeading;
  }

  /** Number of the newest revision; 0 if there is none, or that is not known yet. */
  get newest(): number {
    return this.#newest;
  }

  /** The newest revision that all may run. */
  get proven(): RevisionRecord | undefined {
    return this.#proven;
  }

  /** The revision after it that is tried. */
  get trial(): RevisionRecord | undefined {
    return this.#trial && this.#trial.number > (this.#proven?.number ?? 0) ? this.#trial : undefined;
  }

  /** Calls back whenever something may have changed, or who leads. */
  listen(listener: () => void): void {
    this.#deps.shared.listen(listener);
  }

  /** Reads what has changed, and copies it. */
  async load(): Promise<void> {
    for (const row of await this.#deps.shared.since(this.#place)) {
      this.#newest = Math.max(this.#newest, row.number);
      this.#place = Math.max(this.#place, row.place);
      try {
        this.#take(row);
      } catch (error) {
        this.#deps.warn(`revision ${row.number} of all processes can't be taken: ${(error as Error).message}`);
      }
    }
  }

  /** The number and state of a graph that this process was to run before; undefined if it is none of these. */
  known(document: GraphDocument): { readonly number: number; readonly isCanary: boolean } | undefined {
    if (this.#newest === 0) return;
    const found = this.#proven?.document.isSame(document)
      ? this.#proven
      : this.#deps.revisions.good(document.file).find(record => record.document.isSame(document));
    return found && { number: found.number, isCanary: false };
  }

  /** Throws Refused if another process is the one that publishes. */
  mayPublish(): void {
    if (this.#newest > 0 && !this.isLeading)
      throw new Refused('one process publishes for all, and this is another one; change the graph there');
  }

  /** Publishes a revision for all. Rejects with Refused if another process leads, or has published meanwhile. */
  async publish(record: RevisionRecord, isCanary: boolean): Promise<void> {
    if (this.#newest === 0) {
      await this.load();
      if (this.#newest > 0) throw new Outrun();
    }
    this.mayPublish();
    const row = { number: record.number, state: isCanary ? 'trial' : 'proven', record: printRevision(record) } as const;
    if (!(await this.#deps.shared.add(row))) throw new Outrun();
    this.#newest = record.number;
    if (isCanary) this.#trial = record;
    else this.#proven = record;
  }

  /** Says of a revision that it is good, or was rolled back, as its copy says why; does nothing if it is none. */
  async settle(number: number, state: SharedRevision['state']): Promise<void> {
    const record = this.#deps.revisions.get(number);
    if (!record || number > this.#newest) return;
    await this.#deps.shared.settle({ number, state, record: printRevision(record) });
    this.#become(record, state);
  }

  /** Gives a revision another look. Rejects with Refused if another process publishes. */
  async touch(number: number, document: GraphDocument): Promise<void> {
    const record = this.#deps.revisions.get(number);
    if (!record || number > this.#newest || record.document.isSame(document)) return;
    this.mayPublish();
    const state = this.#trial?.number === number ? 'trial' : 'proven';
    await this.#deps.shared.settle({ number, state, record: printRevision({ ...record, document }) });
    this.#become({ ...record, document }, state);
  }

  /** Says where the graph is edited, if not here. */
  async elsewhere(): Promise<string | undefined> {
    if (this.isLeading) return;
    const place = await this.#deps.shared.otherLeader();
    if (place === undefined) return 'no process can be asked for the graph at the moment; try again';
    return `the graph is edited at ${place} at the moment; ask there`;
  }

  /** Where the process is that leads; undefined if none but this one does. */
  otherLeader(): Promise<string | undefined> {
    return this.#deps.shared.otherLeader();
  }

  /** Keeps lines of what editors did. */
  audit(lines: readonly string[]): Promise<void> {
    return this.#deps.shared.audit(lines);
  }

  #take({ number, state, record }: SharedRevision): void {
    const { file, revisions } = this.#deps;
    const found = parseRevision(record, number);
    const { text, layout } = found.document;
    const own = { ...found, file, document: new GraphDocument(file, text, layout) };
    revisions.copy(own);
    this.#become(own, state);
  }

  #become(record: RevisionRecord, state: SharedRevision['state']): void {
    const { number } = record;
    if (state === 'trial') this.#trial = record;
    else if (this.#trial?.number === number) this.#trial = undefined;
    if (state === 'proven' && number >= (this.#proven?.number ?? 0)) this.#proven = record;
  }
}
