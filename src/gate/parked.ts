import type { Entry, Outcome, Request } from './contract.ts';
import type { Losses } from './losses.ts';

/** A question that waits for its answer. */
export interface Parked {
  readonly id: string;
  readonly request: Request;
  readonly entry: Entry;
  readonly expires: number;
  readonly settle: (outcome: Outcome) => void;
  /** Hears the id of the question. */
  readonly parked: ((id: string) => void) | undefined;
  /** The node that had the question last. */
  node?: string | undefined;
  /** The node that had it when it became a refusal. */
  refusedBy?: string | undefined;
  /** Node, time of its arrival there, node, time, … */
  readonly steps: (string | number)[];
  /** Where packets of its course went on without its id. */
  losses?: Losses;
}
