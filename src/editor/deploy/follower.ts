import type { Log } from '../../log.ts';
import { Refused } from '../../model/refused.ts';
import type { Turn } from '../../mutex.ts';
import { Faulty } from '../../runtime/examiner.ts';
import { StoreFailed } from '../../store/store.ts';
import type { ActiveRevision } from './active-revision.ts';
import type { Deployer } from './deployer.ts';
import type { DraftSession } from './draft-session.ts';
import type { RevisionRecord, RevisionStore } from './revision-store.ts';
import { PublishedElsewhere, type SharedHistory } from './shared-history.ts';

/** Delay in milliseconds before a revision that failed to run here is tried again. */
const AGAIN_MS = 10_000;
/** Milliseconds after which a trial without failures ends, however few requests there were. */
const TRIAL_MS = 60_000;
/** Milliseconds that this process may run an older graph than the others before it reports that it is not ready. */
const BEHIND_MS = 30_000;

/** A shared revision that does not run here. */
interface Behind {
  readonly number: number;
  readonly why: string;
  readonly since: number;
}

interface FollowerDeps {
  readonly history: SharedHistory;
  readonly revisions: RevisionStore;
  readonly deployer: Deployer;
  readonly draftSession: DraftSession;
  readonly log: Log;
  /** The revision that made the watchdog end this process before. */
  readonly stuck: { readonly revision: number } | undefined;
}

/** Runs the revision that is live for all processes; the leader also runs the one on trial. */
export class Follower {
  readonly #deps: FollowerDeps;
  readonly #timer: NodeJS.Timeout;
  #behind: Behind | undefined;
  #ledElsewhere: (sentence: string) => void = () => {};
  #isSyncing = false;
  /** Whether a read or write of the shared history failed and has to be repeated. */
  #isLate = false;
  #isDue = false;

  constructor(deps: FollowerDeps) {
    this.#deps = deps;
    const isOpen = () => this.#behind || this.#isLate || (deps.history.isLeading && deps.history.trial);
    this.#timer = setInterval(() => isOpen() && this.#wake(), AGAIN_MS).unref();
    deps.history.listen(() => this.#wake());
    this.#wake();
  }

  /** Why this process runs an older graph than the others for too long; undefined if it doesn't. */
  get unready(): string | undefined {
    const { number, why, since } = this.#behind ?? {};
    if (since === undefined || performance.now() - since < BEHIND_MS) return undefined;
    return `the graph is older than that of the other processes: revision ${number} can't run here: ${why}`;
  }

  /** Sets a listener for a sentence, called when the graph is edited at another process. */
  onElsewhere(listener: (sentence: string) => void): void {
    this.#ledElsewhere = listener;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#deps.history.listen(() => {});
  }

  /** Concurrent calls are combined into one more run. */
  #wake(): void {
    this.#isDue = true;
    if (!this.#isSyncing) void this.#syncAll();
  }

  async #syncAll(): Promise<void> {
    this.#isSyncing = true;
    while (this.#isDue) {
      this.#isDue = false;
      try {
        await this.#sync();
        this.#isLate = false;
      } catch (error) {
        this.#isLate = true;
        // A failing store is reported elsewhere.
        if (!(error instanceof StoreFailed || error instanceof Refused))
          this.#deps.log.error("the graph of all processes can't be followed", { error: error as Error });
      }
    }
    this.#isSyncing = false;
  }

  async #sync(): Promise<void> {
    const { history, deployer, stuck } = this.#deps;
    await history.load();
    // The revision must not end the next leader as well.
    if (stuck && history.trial?.number === stuck.revision) await history.settle(stuck.revision, 'rolled back');
    await deployer.inTurn(async turn => {
      const { live } = deployer;
      if (!live) return;
      if (history.isLeading) await this.#settle(live);
      const wanted = (history.isLeading && history.trial) || history.proven;
      if (wanted) await this.#become(wanted, live, turn);
    });
    if (history.isLeading) return;
    const place = await history.otherLeader();
    if (place !== undefined) this.#ledElsewhere(`the graph is edited at ${place} now`);
  }

  /** Repeats updates that failed while the store was unavailable. */
  async #settle(live: ActiveRevision): Promise<void> {
    const { history, revisions, deployer } = this.#deps;
    const { newest, trial } = history;
    const late = newest === 0 || live.revision === newest + 1 ? revisions.get(live.revision) : undefined;
    if (late) await history.publish(late, false);
    if (trial && revisions.get(trial.number)?.rolledBack !== undefined)
      await history.settle(trial.number, 'rolled back');
    else if (trial?.number === live.revision) {
      const isOver = deployer.isLiveGood || Date.now() - Date.parse(live.since) > TRIAL_MS;
      if (isOver) await history.settle(trial.number, 'proven');
    }
  }

  async #become(wanted: RevisionRecord, live: ActiveRevision, turn: Turn): Promise<void> {
    const { history, draftSession, log, stuck } = this.#deps;
    const { number } = wanted;
    if (live.revision === number && live.document.isSame(wanted.document)) {
      this.#behind = undefined;
      return;
    }
    const isCanary = wanted === history.trial;
    try {
      if (stuck?.revision === number) throw new Error('it got stuck here, so that this process was ended');
      await draftSession.follow(wanted, isCanary, turn);
      this.#behind = undefined;
    } catch (error) {
      if (error instanceof PublishedElsewhere) throw error;
      const why = reasonOf(error as Error);
      const isKnown = this.#behind?.number === number && this.#behind.why === why;
      if (!isKnown)
        log.warn([`revision ${number} of all processes can't run here; revision ${live.revision} stays live`, why]);
      this.#behind = { number, why, since: this.#behind?.number === number ? this.#behind.since : performance.now() };
      if (isCanary) await this.#giveUp(number, why);
    }
  }

  /** If the leader can't start it, nobody else tries. */
  async #giveUp(number: number, why: string): Promise<void> {
    const { history, revisions } = this.#deps;
    revisions.markRolledBack(number, why);
    await history.settle(number, 'rolled back');
    this.#behind = undefined;
  }
}

/** A sentence that says why a shared graph can't run here. */
function reasonOf(error: Error): string {
  const isCodeMissing = error instanceof Faulty && error.faults.some(({ code }) => code === 'unknown-component');
  if (!isCodeMissing) return error.message;
  return `${error.message}; code of components does not come with the graph: bring their files to this machine`;
}
