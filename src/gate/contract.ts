import type { Answer, Question } from '../packets.ts';

/** What a caller asks before it has an id. */
export type Request = Omit<Question, 'id'>;

/** How a question went: its answer, the node that refused or failed it if one did, and the way it took. */
export interface Outcome {
  readonly answer: Answer;
  readonly node?: string;
  /** Each node that it reached, with the milliseconds until it reached the next; empty where the gate does not time. */
  readonly way: readonly { readonly node: string; readonly ms: number }[];
  /** The number of the revision that it was asked of; nothing where it was turned away. */
  readonly revision?: number;
}

/** Where the gate sends questions: the entry of a revision of the graph. */
export interface Entry {
  /** Of its revision. */
  readonly number?: number;
  post(question: Question): void;
}

/** A request without an answer, and the node that had it last. */
export interface Late {
  readonly request: Request;
  readonly node: string | undefined;
}

export interface Limits {
  /** Milliseconds that a question may take. */
  readonly deadline: number;
  /** Questions that may wait at the same time. */
  readonly limit: number;
  /** Whether the time at each node is kept. */
  readonly timing: boolean;
}

/** Hears of every outcome, `ms` after its question was asked, before the caller does. */
export type Observer = (outcome: Outcome, request: Request, ms: number) => void;
