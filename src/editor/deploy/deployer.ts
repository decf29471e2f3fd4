import { printFault } from '../../check/check.ts';
import { readGraph } from '../../fbp/read.ts';
import type { Log } from '../../log.ts';
import type { GraphSource } from '../../model/graph.ts';
import { Refused } from '../../model/payload.ts';
import { Mutex } from '../../mutex.ts';
import type { Admission, Runtime } from '../../runtime/runtime.ts';
import { movedStores, type Stores, storesOf } from '../../runtime/stores.ts';
import {
  type ActiveRevision,
  type LastActive,
  numberOf,
  type Reason,
  type RollBack,
  rollBackOf,
} from './active-revision.ts';
import type { Canary } from './canary.ts';
import type { RevisionStore } from './revision-store.ts';

/** A graph that may not go live before somebody has confirmed that it keeps messages elsewhere. */
export class StoresMoved extends Refused {
  constructor(moved: string) {
    super(`${moved}; it goes live once that is confirmed, in the editor or with npm run revisions -- accept`);
  }
}

/** The one thing that waits until somebody confirms it. */
export class Confirmation {
  readonly #notify: (sentence: string) => void;
  #asked: { readonly sentence: string; readonly accept: () => Promise<unknown> } | undefined;

  /** `notify` hears of what has to be confirmed. */
  constructor(notify: (sentence: string) => void) {
    this.#notify = notify;
  }

  /** What has to be confirmed; undefined where nothing has. */
  get sentence(): string | undefined {
    return this.#asked?.sentence;
  }

  /** Lets `accept` wait, in place of what waited before. */
  ask(sentence: string, accept: () => Promise<unknown>): void {
    const isNew = sentence !== this.#asked?.sentence;
    this.#asked = { sentence, accept };
    if (isNew) this.#notify(sentence);
  }

  /** Nothing waits any more. */
  drop(): void {
    this.#asked = undefined;
  }

  /** Does what waits. Rejects where nothing does, or as that does. */
  async accept(): Promise<void> {
    if (!this.#asked) throw new Refused('nothing waits to be confirmed');
    const { accept } = this.#asked;
    this.#asked = undefined;
    await accept();
  }
}

/** What was live, and what a roll-back needs to know of it. */
interface Predecessor {
  readonly live: ActiveRevision;
  readonly reason: Reason;
  readonly stores: Stores;
  /** Whether it has lived through its trial. */
  readonly isGood: boolean;
}

/** How many revisions without a finished trial are gone back to. */
const MAX_UNCONFIRMED = 10;

/** What the live revision is rolled back to: the one before it, and further if that fails as well. */
class Predecessors {
  #all: readonly Predecessor[] = [];

  /** The one before the live one; undefined where there is nothing to go back to. */
  get last(): Predecessor | undefined {
    return this.#all.at(-1);
  }

  push(one: Predecessor): void {
    this.#all = [...(one.isGood ? [] : this.#all), one];
    const [oldest, ...others] = this.#all;
    // The oldest one is proven.
    if (oldest && others.length > MAX_UNCONFIRMED) this.#all = [oldest, ...others.slice(-MAX_UNCONFIRMED)];
  }

  pop(): void {
    this.#all = this.#all.slice(0, -1);
  }

  /** The live one is proven: those before it that were not are never gone back to. */
  keepGood(): void {
    this.#all = this.#all.filter(({ isGood }) => isGood);
  }
}

interface DeployerDeps {
  readonly runtime: Runtime;
  readonly revisions: RevisionStore;
  readonly canary: Pick<Canary, 'watch'>;
  readonly log: Log;
  readonly confirmation: Confirmation;
  /** Keeps what a start needs. Throws where that can't be. */
  save(live: LastActive): void;
  /** Answers what still waits in a revision that was rolled back. */
  abandon(revision: number): void;
  /** Hears that the live revision failed, and what is live again. */
  rolledBack(rollBack: RollBack): void;
}

/** Whose doing a roll-back is. */
const ROLL_BACK = 'roll-back';
/** Who brings to life what is on the disk already, so that it need not be kept first. */
const FROM_DISK: ReadonlySet<string> = new Set(['start', 'file', ROLL_BACK]);

/** Brings revisions to life, keeps each with who made it, and takes one back whose requests fail. */
export class Deployer {
  readonly #deps: DeployerDeps;
  #live: ActiveRevision | undefined;
  /** What was live when the graph was halted, where something was published since. */
  #halted: ActiveRevision | undefined;
  #stores: Stores = {};
  readonly #before = new Predecessors();
  /** Why the live one went live. */
  #reason: Reason | undefined;
  /** Whether the live one has lived through its trial, or needs none. */
  #isGood = true;
  #clearCanary: () => void = () => {};
  readonly #mutex = new Mutex();

  constructor(deps: DeployerDeps) {
    this.#deps = deps;
  }

  /** Also while the graph is halted: what will be live again. */
  get live(): ActiveRevision | undefined {
    return this.#live;
  }

  /** Where the server before this one has kept messages. */
  startFrom(stores: Stores): void {
    this.#stores = stores;
  }

  /**
   * Publishes a graph, and resolves once a start would begin with it; what only looks different runs on. Rejects as
   * Runtime.publish does, with StoresMoved where messages would be kept elsewhere, and with a sentence where it can't be kept;
   * then all stays as it is.
   */
  publish(source: GraphSource, reason: Reason): Promise<ActiveRevision> {
    return this.#mutex.run(async () => {
      const live = await this.#publish(source, reason);
      this.#deps.confirmation.drop();
      return live;
    });
  }

  /** Starts what was halted. Rejects with the sentence of what does not start. */
  resume(by: string): Promise<ActiveRevision | undefined> {
    return this.#mutex.run(async () => {
      const next = this.#live;
      if (!next) return;
      const reason = { by, note: 'started again' };
      const admission = this.#admission(next.source, { ...reason, mayMove: true });
      const { number: revision } = await this.#deps.runtime.resume(admission);
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
    void this.#mutex.run(async () => {
      const live = this.#live;
      if (live?.revision !== revision) return;
      if (this.#before.last) await this.#rollBack(live, why, node);
      else this.#deps.log.error(`nothing passes revision ${revision} any more, and none is proven before it`, { node });
    });
  }

  close(): void {
    this.#clearCanary();
  }

  async #publish(source: GraphSource, reason: Reason, back?: Predecessor): Promise<ActiveRevision> {
    const before = this.#live;
    const admission = this.#admission(source, reason);
    const { number: revision } = await this.#deps.runtime.publish(source, admission);
    const { graph } = readGraph(source.file, source.text, source.layout);
    if (before?.revision === revision) {
      if (this.#deps.runtime.halted) this.#halted ??= before;
      this.#live = { ...before, source, graph };
      this.#save(this.#live, reason);
      return this.#live;
    }
    const origin = back && { origin: numberOf(back.live) };
    const live: ActiveRevision = { revision, since: new Date().toISOString(), by: reason.by, source, graph, ...origin };
    const { runtime, log } = this.#deps;
    for (const warning of runtime.live?.warnings ?? []) log.warn(printFault(warning), { revision, graph: source.file });
    this.#begin(live, reason, admission.stores(), back);
    return live;
  }

  #admission(source: GraphSource, { by, note = '', mayMove, isKept }: Reason): Admission & { stores(): Stores } {
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
          if (!isKept) this.#deps.revisions.add({ number: revision, by, note, ...source });
          this.#deps.save({ revision, source, stores });
        });
      },
    };
  }

  /** A revision that runs already, with other looks. */
  #save({ revision, source }: ActiveRevision, { by }: Reason): void {
    this.#durably(revision, by, () => this.#deps.save({ revision, source, stores: this.#stores }));
  }

  /** What is on the disk anyway goes live whether it can be kept or not. */
  #durably(revision: number, by: string, save: () => void): void {
    try {
      save();
    } catch (error) {
      if (!FROM_DISK.has(by)) throw error;
      this.#deps.log.error(`revision ${revision} is live but can't be kept`, { error: error as Error });
    }
  }

  /** Takes down what lives now; `back` is what a roll-back has brought back. */
  #begin(live: ActiveRevision, reason: Reason, stores: Stores, back?: Predecessor): void {
    const before = this.#live;
    if (back) this.#before.pop();
    else if (before && this.#reason)
      this.#before.push({ live: before, reason: this.#reason, stores: this.#stores, isGood: this.#isGood });
    this.#clearCanary();
    this.#live = live;
    this.#reason = reason;
    this.#stores = stores;
    this.#isGood = back?.isGood ?? before === undefined;
    this.#clearCanary = this.#isGood || !this.#before.last ? () => {} : this.#watchCanary(live);
  }

  #watchCanary(live: ActiveRevision): () => void {
    const failed = (why: string, node?: string) => void this.#mutex.run(() => this.#rollBack(live, why, node));
    return this.#deps.canary.watch(live.revision, failed, () => {
      this.#isGood = true;
      this.#before.keepGood();
    });
  }

  async #rollBack(failed: ActiveRevision, why: string, node: string | undefined): Promise<void> {
    const { last } = this.#before;
    if (!last || this.#live?.revision !== failed.revision) return;
    const moved = movedStores(this.#stores, last.stores);
    if (moved === undefined) return this.#goBack(failed, last, why, node);
    const { log, confirmation } = this.#deps;
    const { message } = new StoresMoved(moved);
    log.error(`revision ${failed.revision} fails and can't be rolled back by itself: ${why}`, { node });
    confirmation.ask(`back to revision ${numberOf(last.live)}: ${message}`, () =>
      this.#mutex.run(async () => {
        if (this.#live?.revision === failed.revision) await this.#goBack(failed, last, why, node);
      }),
    );
  }

  /** Makes a revision live again in the place of one that fails. */
  async #goBack(failed: ActiveRevision, to: Predecessor, why: string, node: string | undefined): Promise<void> {
    const { log, abandon, rolledBack } = this.#deps;
    let live: ActiveRevision;
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
    for (const number of new Set([failed.revision, numberOf(failed)])) this.#markRolledBack(number, why);
    const rollBack = rollBackOf(failed, live, why, node);
    log.warn(rollBack.sentence, { revision: live.revision, node });
    rolledBack(rollBack);
  }

  #markRolledBack(revision: number, why: string): void {
    try {
      this.#deps.revisions.markRolledBack(revision, why);
    } catch (error) {
      this.#deps.log.error(`that revision ${revision} was rolled back can't be kept`, { error: error as Error });
    }
  }
}
