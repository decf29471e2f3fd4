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

/** A graph that needs confirmation before it goes live, as it stores messages elsewhere. */
export class StoresMoved extends Refused {
  constructor(moved: string) {
    super(`${moved}; it goes live once that is confirmed, in the editor or with npm run revisions -- accept`);
  }
}

/** Holds the one action that awaits confirmation. */
export class Confirmation {
  readonly #notify: (sentence: string) => void;
  #asked: { readonly sentence: string; readonly accept: () => Promise<unknown> } | undefined;

  /** Calls `notify` with each sentence to confirm. */
  constructor(notify: (sentence: string) => void) {
    this.#notify = notify;
  }

  /** What awaits confirmation; undefined if nothing does. */
  get sentence(): string | undefined {
    return this.#asked?.sentence;
  }

  /** Makes `accept` await confirmation, replacing an earlier action. */
  ask(sentence: string, accept: () => Promise<unknown>): void {
    const isNew = sentence !== this.#asked?.sentence;
    this.#asked = { sentence, accept };
    if (isNew) this.#notify(sentence);
  }

  /** Drops what awaits confirmation. */
  drop(): void {
    this.#asked = undefined;
  }

  /** Runs what awaits confirmation. Rejects if nothing does, or as it does. */
  async accept(): Promise<void> {
    if (!this.#asked) throw new Refused('nothing waits to be confirmed');
    const { accept } = this.#asked;
    this.#asked = undefined;
    await accept();
  }
}

/** What was live before, for a roll-back. */
interface Predecessor {
  readonly live: ActiveRevision;
  readonly reason: Reason;
  readonly stores: Stores;
  /** Whether it passed its canary window. */
  readonly isGood: boolean;
}

/** Most unconfirmed revisions kept for roll-backs. */
const MAX_UNCONFIRMED = 10;

/** The revisions to roll back to: the previous one, then older ones if it fails too. */
class Predecessors {
  #all: readonly Predecessor[] = [];

  /** The one before the live one; undefined if there is none. */
  get last(): Predecessor | undefined {
    return this.#all.at(-1);
  }

  push(one: Predecessor): void {
    this.#all = [...(one.isGood ? [] : this.#all), one];
    const [oldest, ...others] = this.#all;
    // The oldest one is known to be good.
    if (oldest && others.length > MAX_UNCONFIRMED) this.#all = [oldest, ...others.slice(-MAX_UNCONFIRMED)];
  }

  pop(): void {
    this.#all = this.#all.slice(0, -1);
  }

  /** Drops unconfirmed revisions, as the live one is now known to be good. */
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
  /** Saves what the next start needs. Throws if that fails. */
  save(live: LastActive): void;
  /** Answers the questions pending at a rolled-back revision. */
  abandon(revision: number): void;
  /** Called after a roll-back. */
  rolledBack(rollBack: RollBack): void;
}

/** `by` of a roll-back. */
const ROLL_BACK = 'roll-back';
/** Publishers whose graph is on disk already, so that it can go live even if it can't be saved. */
const FROM_DISK: ReadonlySet<string> = new Set(['start', 'file', ROLL_BACK]);

/** What this folder is for: makes revisions live, stores each with its author, and rolls back one whose requests fail. */
export class Deployer {
  readonly #deps: DeployerDeps;
  #live: ActiveRevision | undefined;
  /** What was live when the graph was halted, if something was published since. */
  #halted: ActiveRevision | undefined;
  #stores: Stores = {};
  readonly #before = new Predecessors();
  /** Why the live one went live. */
  #reason: Reason | undefined;
  /** Whether the live one passed its canary window, or needs none. */
  #isGood = true;
  #clearCanary: () => void = () => {};
  readonly #mutex = new Mutex();

  constructor(deps: DeployerDeps) {
    this.#deps = deps;
  }

  /** While halted, what will be live again. */
  get live(): ActiveRevision | undefined {
    return this.#live;
  }

  /** Sets where the previous server stored messages. */
  startFrom(stores: Stores): void {
    this.#stores = stores;
  }

  /**
   * Publishes a graph. Resolves once a restart would begin with it; a cosmetic change does not restart it. Rejects as
   * Runtime.publish does, with StoresMoved if messages would be stored elsewhere, and with a sentence if it can't be
   * saved; nothing has changed then.
   */
  publish(source: GraphSource, reason: Reason): Promise<ActiveRevision> {
    return this.#mutex.run(async () => {
      const live = await this.#publish(source, reason);
      this.#deps.confirmation.drop();
      return live;
    });
  }

  /** Publishes again what is live by then, as its components changed. Resolves and rejects as `publish` does. */
  publishAgain(reason: Reason): Promise<void> {
    return this.#mutex.run(async () => {
      if (!this.#live) return;
      await this.#publish(this.#live.source, reason);
      this.#deps.confirmation.drop();
    });
  }

  /** Resumes a halted graph. Rejects with the sentence of what does not start. */
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

  /** Rolls back a revision that exceeded its packet limit, even one known to be good. */
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

  /** Stores a cosmetic change of the running revision. */
  #save({ revision, source }: ActiveRevision, { by }: Reason): void {
    this.#durably(revision, by, () => this.#deps.save({ revision, source, stores: this.#stores }));
  }

  /** Runs `save`, whose failure is ignored if the graph is on disk already. */
  #durably(revision: number, by: string, save: () => void): void {
    try {
      save();
    } catch (error) {
      if (!FROM_DISK.has(by)) throw error;
      this.#deps.log.error(`revision ${revision} is live but can't be kept`, { error: error as Error });
    }
  }

  /** Records what is live now; `back` is the predecessor that a roll-back restored. */
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

  /** Replaces a failing revision by an earlier one. */
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
