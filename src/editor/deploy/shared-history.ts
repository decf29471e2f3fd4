import { GraphDocument } from '../../fbp/document.ts';
import { Refused } from '../../model/refused.ts';
import type { SharedRevision, SharedRevisions } from '../../store/store.ts';
import { parseRevision, printRevision, type RevisionRecord, type RevisionStore } from './revision-store.ts';

/** Thrown if another process has published in the meantime; nothing was published. */
export class PublishedElsewhere extends Refused {
  constructor() {
    super('another process has published meanwhile; look at what is live now');
  }
}

interface SharedHistoryDeps {
  readonly shared: SharedRevisions;
  /** Local copies of shared revisions. */
  readonly revisions: RevisionStore;
  /** The path in GRAPH of this process. */
  readonly file: string;
  warn(sentence: string): void;
}

/**
 * The revisions that several processes share. The leader publishes, and tries each new revision before the others run
 * it. Calls reject with StoreFailed while the store is unavailable.
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

  /** Number of the newest revision; 0 if there is none or it isn't loaded yet. */
  get newest(): number {
    return this.#newest;
  }

  /** The newest revision for all processes. */
  get proven(): RevisionRecord | undefined {
    return this.#proven;
  }

  /** The newer revision that the leader is trying. */
  get trial(): RevisionRecord | undefined {
    return this.#trial && this.#trial.number > (this.#proven?.number ?? 0) ? this.#trial : undefined;
  }

  /** Sets a listener of possible changes of revisions or of the leader. */
  listen(listener: () => void): void {
    this.#deps.shared.listen(listener);
  }

  /** Loads and copies changed revisions. */
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

  /** The number and state of the shared revision with this graph; undefined if there is none. */
  known(document: GraphDocument): { readonly number: number; readonly isCanary: boolean } | undefined {
    if (this.#newest === 0) return;
    const found = this.#proven?.document.isSame(document)
      ? this.#proven
      : this.#deps.revisions.good(document.file).find(record => record.document.isSame(document));
    return found && { number: found.number, isCanary: false };
  }

  /** Throws Refused unless this process is the leader. */
  mayPublish(): void {
    if (this.#newest > 0 && !this.isLeading)
      throw new Refused('one process publishes for all, and this is another one; change the graph there');
  }

  /** Publishes a revision for all. Rejects with Refused if another process leads, or has published meanwhile. */
  async publish(record: RevisionRecord, isCanary: boolean): Promise<void> {
    if (this.#newest === 0) {
      await this.load();
      if (this.#newest > 0) throw new PublishedElsewhere();
    }
    this.mayPublish();
    const row = { number: record.number, state: isCanary ? 'trial' : 'proven', record: printRevision(record) } as const;
    if (!(await this.#deps.shared.add(row))) throw new PublishedElsewhere();
    this.#newest = record.number;
    if (isCanary) this.#trial = record;
    else this.#proven = record;
  }

  /** Marks a revision as good, or as rolled back with the reason in its copy; does nothing for an unknown revision. */
  async settle(number: number, state: SharedRevision['state']): Promise<void> {
    const record = this.#deps.revisions.get(number);
    if (!record || number > this.#newest) return;
    await this.#deps.shared.settle({ number, state, record: printRevision(record) });
    this.#become(record, state);
  }

  /** Replaces the graph of a revision by one of a different appearance. Rejects with Refused if another process is the leader. */
  async touch(number: number, document: GraphDocument): Promise<void> {
    const record = this.#deps.revisions.get(number);
    if (!record || number > this.#newest || record.document.isSame(document)) return;
    this.mayPublish();
    const state = this.#trial?.number === number ? 'trial' : 'proven';
    await this.#deps.shared.settle({ number, state, record: printRevision({ ...record, document }) });
    this.#become({ ...record, document }, state);
  }

  /** A sentence with the address where the graph is edited, if it is another process. */
  async elsewhere(): Promise<string | undefined> {
    if (this.isLeading) return;
    const place = await this.#deps.shared.otherLeader();
    if (place === undefined) return 'no process can be asked for the graph at the moment; try again';
    return `the graph is edited at ${place} at the moment; ask there`;
  }

  /** The address of the leading process; undefined if it is this one or there is none. */
  otherLeader(): Promise<string | undefined> {
    return this.#deps.shared.otherLeader();
  }

  /** Stores lines of the audit log. */
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
