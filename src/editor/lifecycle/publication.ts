import { type Graph, read } from '../../fbp.ts';
import type { Flow, Source } from '../../flow.ts';
import type { Log } from '../../log.ts';
import type { Revisions } from '../../revisions.ts';
import { Turns } from '../../turns.ts';
import type { Probation } from './probation.ts';

/** What runs, and whose doing it is. */
export interface Live {
  readonly revision: number;
  /** When it went live, as ISO says it. */
  readonly since: string;
  readonly by: string;
  readonly source: Source;
  readonly graph: Graph;
}

export interface PublicationParts {
  readonly flow: Flow;
  readonly revisions: Revisions;
  readonly probation: Pick<Probation, 'watch'>;
  readonly log: Log;
  /** Hears why the live revision failed, and that the one before it is live again. */
  rolledBack(why: string, node: string | undefined): void;
}

/** Why something goes live, and what else there is to undo where it fails. */
export interface Reason {
  readonly by: string;
  readonly note?: string;
  undo?(): void;
}

/** Whose doing a roll-back is; it is never rolled back itself. */
const ROLL_BACK = 'roll-back';

/** Brings revisions to life, keeps each with who made it, and takes one back whose requests fail. */
export class Publication {
  readonly #parts: PublicationParts;
  #live: Live | undefined;
  /** The last one that has passed its probation, and what others are rolled back to. */
  #proven: Live | undefined;
  /** The one that had passed it before that. */
  #earlier: Live | undefined;
  /** Why the live one went live. */
  #reason: Reason | undefined;
  #acquit: () => void = () => {};
  readonly #turns = new Turns();

  constructor(parts: PublicationParts) {
    this.#parts = parts;
  }

  /** Also while the graph is halted: what will be live again. */
  get live(): Live | undefined {
    return this.#live;
  }

  /** Publishes a graph; what only looks different runs on. Rejects as Flow.publish does, and then all stays as it is. */
  publish(source: Source, reason: Reason): Promise<Live> {
    return this.#turns.take(() => this.#publish(source, reason));
  }

  /** Starts what was halted. Rejects with the sentence of what does not start. */
  resume(by: string): Promise<Live | undefined> {
    return this.#turns.take(async () => {
      const { number: revision } = await this.#parts.flow.resume();
      const before = this.#live;
      if (before && before.revision !== revision) {
        const live = { ...before, revision, since: new Date().toISOString(), by };
        this.#begin(live, { by, note: 'started again' }, before.source !== this.#proven?.source);
      }
      return this.#live;
    });
  }

  /** Nothing passes a revision any more, also if it was proven: what was so before it is live again. */
  overran(revision: number, node: string, why: string): void {
    void this.#turns.take(async () => {
      const live = this.#live;
      if (live?.revision !== revision || !this.#reason) return;
      const before = live.by === ROLL_BACK ? undefined : this.#before(live);
      if (before) await this.#rollBack(live, this.#reason, why, node);
      else
        this.#parts.log.error(`nothing passes revision ${revision} any more, and none is proven before it`, { node });
    });
  }

  close(): void {
    this.#acquit();
  }

  async #publish(source: Source, reason: Reason): Promise<Live> {
    const before = this.#live;
    const { number: revision } = await this.#parts.flow.publish(source);
    const { graph } = read(source.file, source.text, source.layout);
    if (before?.revision === revision) {
      this.#live = { ...before, source, graph };
      return this.#live;
    }
    const live: Live = { revision, since: new Date().toISOString(), by: reason.by, source, graph };
    this.#begin(live, reason, this.#proven !== undefined && reason.by !== ROLL_BACK);
    return live;
  }

  /** Takes down what lives now. */
  #begin(live: Live, reason: Reason, isUntried: boolean): void {
    this.#live = live;
    this.#reason = reason;
    this.#keep(live, reason.note ?? '');
    this.#acquit();
    this.#proven ??= live;
    if (isUntried) this.#acquit = this.#onProbation(live, reason);
  }

  #onProbation(live: Live, reason: Reason): () => void {
    const failed = (why: string, node?: string) => void this.#turns.take(() => this.#rollBack(live, reason, why, node));
    return this.#parts.probation.watch(live.revision, failed, () => {
      this.#earlier = this.#proven;
      this.#proven = live;
    });
  }

  /** What a revision is rolled back to. */
  #before({ revision }: Live): Live | undefined {
    return this.#proven?.revision === revision ? this.#earlier : this.#proven;
  }

  async #rollBack(failed: Live, reason: Reason, why: string, node: string | undefined): Promise<void> {
    const { log, rolledBack } = this.#parts;
    const before = this.#before(failed);
    if (!before || this.#live?.revision !== failed.revision) return;
    try {
      reason.undo?.();
      const note = `revision ${failed.revision} failed: ${why}`;
      const { revision } = await this.#publish(before.source, { by: ROLL_BACK, note });
      if (revision === failed.revision) throw new Error('a component is another one than before; mend its file');
      log.warn(`revision ${failed.revision} was rolled back: ${why}`, { revision, node });
    } catch (error) {
      log.error(`revision ${failed.revision} fails and can't be rolled back`, { error: error as Error, node });
      return;
    }
    if (before !== this.#proven) this.#earlier = undefined;
    this.#proven = before;
    this.#mark(failed, why);
    rolledBack(why, node);
  }

  #mark({ revision }: Live, why: string): void {
    try {
      this.#parts.revisions.mark(revision, why);
    } catch (error) {
      this.#parts.log.error(`that revision ${revision} was rolled back can't be kept`, { error: error as Error });
    }
  }

  #keep({ revision: number, by, source }: Live, note: string): void {
    const { revisions, log } = this.#parts;
    try {
      revisions.add({ number, by, note, ...source });
    } catch (error) {
      log.error(`revision ${number} is live but can't be kept`, { error: error as Error });
    }
  }
}
