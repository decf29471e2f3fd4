import { printFault } from '../../check/check.ts';
import type { GraphDocument } from '../../fbp/document.ts';
import type { Log } from '../../log.ts';
import { Refused } from '../../model/refused.ts';
import { Mutex, type Turn } from '../../mutex.ts';
import type { Admission, Runtime } from '../../runtime/runtime.ts';
import { movedStores, type Stores, storesOf } from '../../runtime/stores.ts';
import { StoreFailed } from '../../store/store.ts';
import {
  type ActiveRevision,
  type LastActive,
  numberOf,
  type Reason,
  type RollBack,
  rollBackOf,
} from './active-revision.ts';
import type { Canary } from './canary.ts';
import type { Confirmation } from './confirmation.ts';
import type { RevisionStore } from './revision-store.ts';
import type { SharedHistory } from './shared-history.ts';

/** A graph that needs confirmation before it goes live, as it uses a different message store. */
export class StoresMoved extends Refused {
  constructor(moved: string) {
    super(`${moved}; it goes live once that is confirmed, in the editor or with npm run revisions -- accept`);
  }
}

/** A current or earlier live revision, with all that a roll-back needs. */
interface Deployed {
  readonly live: ActiveRevision;
  /** Why it went live. */
  readonly reason: Reason;
  readonly stores: Stores;
  /** Whether it passed its canary window, or needs none. */
  readonly isGood: boolean;
}

/** Most unconfirmed revisions kept for roll-backs. */
const MAX_UNCONFIRMED = 10;

interface DeployerDeps {
  readonly runtime: Runtime;
  readonly revisions: RevisionStore;
  /** The revisions shared by several processes; undefined if this is the only one. */
  readonly shared?: SharedHistory | undefined;
  readonly canary: Pick<Canary, 'watch'>;
  readonly log: Log;
  readonly confirmation: Confirmation;
  /** The subgraphs in a graph, which are stored with it. */
  subgraphs(document: GraphDocument): readonly GraphDocument[];
  /** Saves what the next start needs. Throws if that fails. */
  save(live: LastActive): Promise<void>;
  /** Answers the questions pending at a rolled-back revision. */
  abandon(revision: number): void;
  /** Called after a roll-back. */
  rolledBack(rollBack: RollBack): void;
  /** Called when a different graph is live, unless another process published it. */
  replaced?(before: GraphDocument, live: ActiveRevision): void;
}

/** `by` of a roll-back. */
const ROLL_BACK = 'roll-back';
/** Publishers whose graph is on disk already, so that it can go live even if saving fails. */
const FROM_DISK: ReadonlySet<string> = new Set(['start', 'file', ROLL_BACK]);

/**
 * Makes revisions live, stores each with its author, and rolls back one whose requests fail. Owns the queue of
 * everything that changes the live graph: one change at a time, in order of arrival. A caller that combines several
 * changes takes a turn and passes it on.
 */
export class Deployer {
  readonly #deps: DeployerDeps;
  readonly #queue = new Mutex();
  #current: Deployed | undefined;
  /** Revisions to roll back to: the previous one last, older ones before it in case it fails too. */
  #before: readonly Deployed[] = [];
  /** The live revision when the graph was halted, if something was published since. */
  #liveBeforeHalt: ActiveRevision | undefined;
  #storesAtStart: Stores = {};
  #clearCanary: () => void = () => {};
  #isEnding = false;

  constructor(deps: DeployerDeps) {
    this.#deps = deps;
  }

  /** The live revision; while halted, the one to resume with. */
  get live(): ActiveRevision | undefined {
    return this.#current?.live;
  }

  /** Whether the live revision is known to be good. */
  get isLiveGood(): boolean {
    return this.#current?.isGood === true;
  }

  /** Whether other processes may run the same graph. */
  get isShared(): boolean {
    return this.#deps.shared !== undefined;
  }

  /** Sets where the previous server stored messages. */
  startFrom(stores: Stores): void {
    this.#storesAtStart = stores;
  }

  /**
   * Runs `work` after earlier changes of the live graph, or at once within the caller's `turn`; nothing else changes
   * the live graph meanwhile. Rejects as `work` does, and once the server ends.
   */
  inTurn<T>(work: (turn: Turn) => Promise<T>, turn?: Turn): Promise<T> {
    return this.#queue.run(async turn => {
      if (this.#isEnding) throw new Refused('the server ends');
      return work(turn);
    }, turn);
  }

  /**
   * Publishes a graph. Resolves once a restart would begin with it; a cosmetic change does not restart the network.
   * Rejects as Runtime.publish does, with StoresMoved if it uses a different message store, and with a sentence if it
   * can't be saved; nothing has changed then.
   */
  publish(document: GraphDocument, reason: Reason, turn?: Turn): Promise<ActiveRevision> {
    return this.inTurn(async () => {
      const live = await this.#publish(document, reason);
      this.#deps.confirmation.drop();
      return live;
    }, turn);
  }

  /** Publishes the live graph again because its components changed. Resolves and rejects as `publish` does. */
  publishAgain(reason: Reason, turn?: Turn): Promise<void> {
    return this.inTurn(async turn => {
      if (!this.live) return;
      const { document, revision: number } = this.live;
      // Each process has its own components, so other processes keep running their version.
      const followed = this.#deps.shared && { number, isCanary: false };
      await this.publish(document, { ...reason, followed }, turn);
    }, turn);
  }

  /** Runs what awaits confirmation. Rejects if nothing does, or as it does. */
  accept(): Promise<void> {
    return this.inTurn(turn => this.#deps.confirmation.accept(turn));
  }

  /** Rejects questions from now on. */
  halt(): Promise<void> {
    return this.inTurn(() => this.#deps.runtime.halt());
  }

  /** Resumes a halted graph. Rejects with a sentence if it does not start. */
  resume(by: string): Promise<void> {
    return this.inTurn(async () => {
      const current = this.#current;
      if (!current) return;
      const reason = { by, note: 'started again' };
      const admission = this.#admission(current.live.document, { ...reason, mayMove: true });
      const { number: revision } = await this.#deps.runtime.resume(admission);
      const before = this.#liveBeforeHalt ?? current.live;
      this.#liveBeforeHalt = undefined;
      if (before.revision === revision) return;
      this.#current = { ...current, live: before };
      const live = { ...current.live, revision, since: new Date().toISOString(), by };
      this.#begin({ live, reason, stores: admission.stores() });
    });
  }

  /** Rolls back a revision that exceeded its packet limit, even one known to be good. */
  overran(revision: number, node: string, why: string): void {
    this.#soon(async () => {
      if (this.live?.revision !== revision) return;
      if (this.#before.length > 0) await this.#rollBack(this.live, why, node);
      else this.#deps.log.error(`nothing passes revision ${revision} any more, and none is proven before it`, { node });
    });
  }

  /** Stops the graph after the current change. Rejects further changes. */
  stop(): Promise<void> {
    this.#clearCanary();
    return this.#queue.run(async () => {
      this.#isEnding = true;
      await this.#deps.runtime.stop();
    });
  }

  /** As `inTurn`, without a caller that waits. */
  #soon(work: () => Promise<void>): void {
    this.inTurn(work).catch(error => {
      if (!(error instanceof Refused)) this.#deps.log.error('a roll-back failed', { error });
    });
  }

  /** The stores of the live revision, or of the last one. */
  get stores(): Stores {
    return this.#current?.stores ?? this.#storesAtStart;
  }

  async #publish(document: GraphDocument, reason: Reason, back?: Deployed): Promise<ActiveRevision> {
    const { runtime, log, shared } = this.#deps;
    const before = this.#current;
    const admission = this.#admission(document, reason, back);
    if (shared && shared.newest > 0) runtime.countFrom(shared.newest + 1);
    const { number: revision } = await runtime.publish(document, admission);
    if (before?.live.revision === revision) {
      if (runtime.halted) this.#liveBeforeHalt ??= before.live;
      else if (!reason.followed) await this.#share(reason.by, shared => shared.touch(revision, document));
      const live = { ...before.live, document };
      this.#current = { ...before, live };
      await this.#durably(revision, reason.by, () => this.#deps.save({ revision, document, stores: this.stores }));
      return live;
    }
    const origin = back && { origin: numberOf(back.live) };
    const live: ActiveRevision = { revision, since: new Date().toISOString(), by: reason.by, document, ...origin };
    for (const warning of runtime.live?.warnings ?? [])
      log.warn(printFault(warning), { revision, graph: document.file });
    this.#begin({ live, reason, stores: admission.stores() }, back);
    if (before && !reason.followed) this.#deps.replaced?.(before.live.document, live);
    return live;
  }

  #admission(
    document: GraphDocument,
    { by, note = '', mayMove, followed }: Reason,
    back?: Deployed,
  ): Admission & { stores(): Stores } {
    let stores = this.stores;
    return {
      ...(followed && { number: followed.number }),
      stores: () => stores,
      checked: graph => {
        if (!followed) this.#deps.shared?.mayPublish();
        stores = storesOf(graph);
        const moved = mayMove ? undefined : movedStores(this.stores, stores);
        if (moved !== undefined) throw new StoresMoved(moved);
      },
      started: async revision => {
        const { revisions } = this.#deps;
        const next = () => ({ number: revision, by, note, document, subgraphs: this.#deps.subgraphs(document) });
        const isCanary = !(back?.isGood ?? this.#current === undefined);
        if (!followed) await this.#share(by, shared => shared.publish(revisions.next(next()), isCanary));
        await this.#durably(revision, by, async () => {
          if (!followed) await revisions.add(next());
          await this.#deps.save({ revision, document, stores });
        });
      },
    };
  }

  /**
   * Calls `tell` if several processes may share revisions. If the store fails, a graph that is on disk already still
   * goes live.
   */
  async #share(by: string, tell: (shared: SharedHistory) => Promise<void>): Promise<void> {
    try {
      if (this.#deps.shared) await tell(this.#deps.shared);
    } catch (error) {
      if (!(error instanceof StoreFailed && FROM_DISK.has(by))) throw error;
      this.#deps.log.error('other processes are told of the graph later', { error });
    }
  }

  /** Runs `save`; its failure is ignored if the graph is on disk already. */
  async #durably(revision: number, by: string, save: () => Promise<void>): Promise<void> {
    try {
      await save();
    } catch (error) {
      if (!FROM_DISK.has(by)) throw error;
      this.#deps.log.error(`revision ${revision} is live but can't be kept`, { error: error as Error });
    }
  }

  /** Records the live revision; `back` is the one that a roll-back restored. */
  #begin(next: Omit<Deployed, 'isGood'>, back?: Deployed): void {
    const before = this.#current;
    if (back) this.#before = this.#before.slice(0, -1);
    else if (before) {
      // The oldest one is known to be good, so earlier ones aren't needed.
      const [oldest = before, ...others] = [...(before.isGood ? [] : this.#before), before];
      this.#before = [oldest, ...others.slice(-MAX_UNCONFIRMED)];
    }
    this.#clearCanary();
    const { followed } = next.reason;
    const isGood = followed ? !followed.isCanary : (back?.isGood ?? before === undefined);
    this.#current = { ...next, isGood };
    this.#clearCanary = isGood || this.#before.length === 0 ? () => {} : this.#watchCanary(next.live);
  }

  #watchCanary(live: ActiveRevision): () => void {
    const failed = (why: string, node?: string) => this.#soon(() => this.#rollBack(live, why, node));
    return this.#deps.canary.watch(live.revision, failed, () => {
      if (this.#current) this.#current = { ...this.#current, isGood: true };
      this.#before = this.#before.filter(({ isGood }) => isGood);
      this.#share(ROLL_BACK, shared => shared.settle(live.revision, 'proven')).catch(error =>
        this.#deps.log.error(`that revision ${live.revision} is good can't be told`, { error }),
      );
    });
  }

  async #rollBack(failed: ActiveRevision, why: string, node: string | undefined): Promise<void> {
    const to = this.#before.at(-1);
    if (!to || this.live?.revision !== failed.revision) return;
    const moved = movedStores(this.stores, to.stores);
    if (moved === undefined) return this.#goBack(failed, to, why, node);
    const { log, confirmation } = this.#deps;
    const { message } = new StoresMoved(moved);
    log.error(`revision ${failed.revision} fails and can't be rolled back by itself: ${why}`, { node });
    confirmation.ask(`back to revision ${numberOf(to.live)}: ${message}`, async () => {
      if (this.live?.revision === failed.revision) await this.#goBack(failed, to, why, node);
    });
  }

  /** Replaces a failing revision by an earlier one. */
  async #goBack(failed: ActiveRevision, to: Deployed, why: string, node: string | undefined): Promise<void> {
    const { log, abandon, rolledBack } = this.#deps;
    let live: ActiveRevision;
    try {
      this.#current?.reason.undo?.();
      const note = `revision ${failed.revision} failed: ${why}`;
      const undo = () => to.reason.undo?.();
      live = await this.#publish(to.live.document, { by: ROLL_BACK, note, undo, mayMove: true }, to);
      if (live.revision === failed.revision) throw new Error('a component is another one than before; mend its file');
    } catch (error) {
      log.error(`revision ${failed.revision} fails and can't be rolled back`, { error: error as Error, node });
      return;
    }
    abandon(failed.revision);
    const [number, by] = [numberOf(failed), node === undefined ? {} : { node }];
    for (const one of new Set([failed.revision, number])) await this.#markRolledBack(one, why);
    const rollBack = rollBackOf(
      { failed: number, why, ...by, to: numberOf(live), revision: live.revision },
      failed.revision,
    );
    log.warn(rollBack.sentence, { revision: live.revision, node });
    rolledBack(rollBack);
  }

  async #markRolledBack(revision: number, why: string): Promise<void> {
    try {
      this.#deps.revisions.markRolledBack(revision, why);
      await this.#share(ROLL_BACK, shared => shared.settle(revision, 'rolled back'));
    } catch (error) {
      this.#deps.log.error(`that revision ${revision} was rolled back can't be kept`, { error: error as Error });
    }
  }
}
