import { print } from '../../check.ts';
import { read } from '../../fbp.ts';
import { movedStores, type Stores, storesOf } from '../../flow/stores.ts';
import type { Admission, Flow, Source } from '../../flow.ts';
import type { Log } from '../../log.ts';
import type { Revisions } from '../../revisions.ts';
import { Turns } from '../../turns.ts';
import { type Confirmation, StoresMoved } from './confirmation.ts';
import type { LastLive } from './kept-live.ts';
import { type Live, numberOf, type Reason, type RollBack, rollBackOf } from './live.ts';
import { type Predecessor, Predecessors } from './predecessors.ts';
import type { Probation } from './probation.ts';

export interface PublicationParts {
  readonly flow: Flow;
  readonly revisions: Revisions;
  readonly probation: Pick<Probation, 'watch'>;
  readonly log: Log;
  readonly confirmation: Confirmation;
  /** Keeps what a start needs. Throws where that can't be. */
  keep(live: LastLive): void;
  /** Answers what still waits in a revision that was rolled back. */
  abandon(revision: number): void;
  /** Hears that the live revision failed, and what is live again. */
  rolledBack(rollBack: RollBack): void;
}

/** Whose doing a roll-back is. */
const ROLL_BACK = 'roll-back';
/** Who brings to life what is on the disk already, so that it need not be kept first. */
const LASTING: ReadonlySet<string> = new Set(['start', 'file', ROLL_BACK]);

/** Brings revisions to life, keeps each with who made it, and takes one back whose requests fail. */
export class Publication {
  readonly #parts: PublicationParts;
  #live: Live | undefined;
  /** What was live when the graph was halted, where something was published since. */
  #halted: Live | undefined;
  #stores: Stores = {};
  readonly #before = new Predecessors();
  /** Why the live one went live. */
  #reason: Reason | undefined;
  /** Whether the live one has lived through its trial, or needs none. */
  #isProven = true;
  #acquit: () => void = () => {};
  readonly #turns = new Turns();

  constructor(parts: PublicationParts) {
    this.#parts = parts;
  }

  /** Also while the graph is halted: what will be live again. */
  get live(): Live | undefined {
    return this.#live;
  }

  /** Where the server before this one has kept messages. */
  startFrom(stores: Stores): void {
    this.#stores = stores;
  }

  /**
   * Publishes a graph, and resolves once a start would begin with it; what only looks different runs on. Rejects as
   * Flow.publish does, with StoresMoved where messages would be kept elsewhere, and with a sentence where it can't be kept;
   * then all stays as it is.
   */
  publish(source: Source, reason: Reason): Promise<Live> {
    return this.#turns.take(async () => {
      const live = await this.#publish(source, reason);
      this.#parts.confirmation.drop();
      return live;
    });
  }

  /** Starts what was halted. Rejects with the sentence of what does not start. */
  resume(by: string): Promise<Live | undefined> {
    return this.#turns.take(async () => {
      const next = this.#live;
      if (!next) return;
      const reason = { by, note: 'started again' };
      const admission = this.#admission(next.source, { ...reason, mayMove: true });
      const { number: revision } = await this.#parts.flow.resume(admission);
      const before = this.#halted ?? next;
      this.#halted = undefined;
      if (before.revision === revision) return next;
      this.#live = before;
      const live = { ...next, revision, since: new Date().toISOString(), by };
      this.#begin(live, reason, admission.stores());
      return live;
    });
  }

  /** Nothing passes a revision any more, also if it was proven: what was so before it is live again. */
  overran(revision: number, node: string, why: string): void {
    void this.#turns.take(async () => {
      const live = this.#live;
      if (live?.revision !== revision) return;
      if (this.#before.last) await this.#rollBack(live, why, node);
      else
        this.#parts.log.error(`nothing passes revision ${revision} any more, and none is proven before it`, { node });
    });
  }

  close(): void {
    this.#acquit();
  }

  async #publish(source: Source, reason: Reason, back?: Predecessor): Promise<Live> {
    const before = this.#live;
    const admission = this.#admission(source, reason);
    const { number: revision } = await this.#parts.flow.publish(source, admission);
    const { graph } = read(source.file, source.text, source.layout);
    if (before?.revision === revision) {
      if (this.#parts.flow.halted) this.#halted ??= before;
      this.#live = { ...before, source, graph };
      this.#keep(this.#live, reason);
      return this.#live;
    }
    const origin = back && { origin: numberOf(back.live) };
    const live: Live = { revision, since: new Date().toISOString(), by: reason.by, source, graph, ...origin };
    const { flow, log } = this.#parts;
    for (const warning of flow.live?.warnings ?? []) log.warn(print(warning), { revision, graph: source.file });
    this.#begin(live, reason, admission.stores(), back);
    return live;
  }

  #admission(source: Source, { by, note = '', mayMove, isKept }: Reason): Admission & { stores(): Stores } {
    let stores = this.#stores;
    return {
      stores: () => stores,
      checked: graph => {
        stores = storesOf(graph);
        const moved = mayMove ? undefined : movedStores(this.#stores, stores);
        if (moved !== undefined) throw new StoresMoved(moved);
      },
      started: revision => {
        this.#durably(revision, by, () => {
          if (!isKept) this.#parts.revisions.add({ number: revision, by, note, ...source });
          this.#parts.keep({ revision, source, stores });
        });
      },
    };
  }

  /** A revision that runs already, with other looks. */
  #keep({ revision, source }: Live, { by }: Reason): void {
    this.#durably(revision, by, () => this.#parts.keep({ revision, source, stores: this.#stores }));
  }

  /** What is on the disk anyway goes live whether it can be kept or not. */
  #durably(revision: number, by: string, keep: () => void): void {
    try {
      keep();
    } catch (error) {
      if (!LASTING.has(by)) throw error;
      this.#parts.log.error(`revision ${revision} is live but can't be kept`, { error: error as Error });
    }
  }

  /** Takes down what lives now; `back` is what a roll-back has brought back. */
  #begin(live: Live, reason: Reason, stores: Stores, back?: Predecessor): void {
    const before = this.#live;
    if (back) this.#before.pop();
    else if (before && this.#reason)
      this.#before.push({ live: before, reason: this.#reason, stores: this.#stores, isProven: this.#isProven });
    this.#acquit();
    this.#live = live;
    this.#reason = reason;
    this.#stores = stores;
    this.#isProven = back?.isProven ?? before === undefined;
    this.#acquit = this.#isProven || !this.#before.last ? () => {} : this.#onTrial(live);
  }

  #onTrial(live: Live): () => void {
    const failed = (why: string, node?: string) => void this.#turns.take(() => this.#rollBack(live, why, node));
    return this.#parts.probation.watch(live.revision, failed, () => {
      this.#isProven = true;
      this.#before.keepProven();
    });
  }

  async #rollBack(failed: Live, why: string, node: string | undefined): Promise<void> {
    const { last } = this.#before;
    if (!last || this.#live?.revision !== failed.revision) return;
    const moved = movedStores(this.#stores, last.stores);
    if (moved === undefined) return this.#goBack(failed, last, why, node);
    const { log, confirmation } = this.#parts;
    const { message } = new StoresMoved(moved);
    log.error(`revision ${failed.revision} fails and can't be rolled back by itself: ${why}`, { node });
    confirmation.ask(`back to revision ${numberOf(last.live)}: ${message}`, () =>
      this.#turns.take(async () => {
        if (this.#live?.revision === failed.revision) await this.#goBack(failed, last, why, node);
      }),
    );
  }

  /** Makes a revision live again in the place of one that fails. */
  async #goBack(failed: Live, to: Predecessor, why: string, node: string | undefined): Promise<void> {
    const { log, abandon, rolledBack } = this.#parts;
    let live: Live;
    try {
      this.#reason?.undo?.();
      const note = `revision ${failed.revision} failed: ${why}`;
      live = await this.#publish(
        to.live.source,
        { by: ROLL_BACK, note, undo: () => to.reason.undo?.(), mayMove: true },
        to,
      );
      if (live.revision === failed.revision) throw new Error('a component is another one than before; mend its file');
    } catch (error) {
      log.error(`revision ${failed.revision} fails and can't be rolled back`, { error: error as Error, node });
      return;
    }
    abandon(failed.revision);
    for (const number of new Set([failed.revision, numberOf(failed)])) this.#mark(number, why);
    const rollBack = rollBackOf(failed, live, why, node);
    log.warn(rollBack.sentence, { revision: live.revision, node });
    rolledBack(rollBack);
  }

  #mark(revision: number, why: string): void {
    try {
      this.#parts.revisions.mark(revision, why);
    } catch (error) {
      this.#parts.log.error(`that revision ${revision} was rolled back can't be kept`, { error: error as Error });
    }
  }
}
