import { refusal } from '../model/codes.ts';
import type { Answer, Question, Refusal } from '../model/packets.ts';
import { excerpt } from '../model/words.ts';

/** A question before it gets its id. */
export type Request = Omit<Question, 'id'>;

/** The result of a question: its answer, the node that refused or failed it, if any, and its spans. */
export interface Outcome {
  readonly answer: Answer;
  readonly node?: string;
  /** Each node it reached, with the milliseconds until it reached the next; empty if timing is off. */
  readonly spans: readonly { readonly node: string; readonly ms: number }[];
  /** Number of the revision that was asked; undefined if the question was rejected. */
  readonly revision?: number;
}

/** The target of the gate's questions: a revision of the graph. */
export interface GraphEntry {
  /** The revision's number. */
  readonly number?: number;
  post(question: Question): void;
}

/** An unanswered request, and the node that last had it. */
export interface OverdueRequest {
  readonly request: Request;
  readonly node: string | undefined;
}

export interface GateLimits {
  /** Milliseconds until a question times out. */
  readonly deadline: number;
  /** Limit of pending questions. */
  readonly limit: number;
  /** Whether spans are recorded. */
  readonly timing: boolean;
}

/** Called with every outcome, `ms` after its question was asked, before the caller gets it. */
export type Observer = (outcome: Outcome, request: Request, ms: number) => void;

/** The gate's counts for metrics and logs. All but `waiting` only increase. */
export interface Counts {
  readonly waiting: number;
  readonly asked: number;
  readonly expired: number;
  readonly rejected: number;
  /** Rejected because their caller had too many pending. */
  readonly crowded: number;
  readonly aborted: number;
  /** Answers without a pending question: late, second, or with an unknown id. */
  readonly orphaned: number;
}

/** Whether a packet is a valid answer. */
export function isAnswer(packet: Partial<Answer>): packet is Answer {
  const { status } = packet;
  if (!Number.isInteger(status) || status! < 200 || status! > 599) return false;
  return typeof ('detail' in packet ? packet.detail : (packet as { body?: unknown }).body) === 'string';
}

/** Turns recorded steps (node, arrival time, node, arrival time, …) into spans. */
export function spansOf(steps: readonly (string | number)[]): Outcome['spans'] {
  if (steps.length === 0) return [];
  const now = performance.now();
  const nodes = [];
  for (let i = 0; i < steps.length; i += 2) {
    nodes.push({ node: steps[i] as string, ms: ((steps[i + 3] as number) ?? now) - (steps[i + 1] as number) });
  }
  return nodes;
}

/** The answer to a question whose revision was rolled back. */
export function abandoned(id: string): Refusal {
  const detail =
    'the revision of the graph that had this request was rolled back, and whether the request was done is not known; send it again, with the same key where it has one';
  return refusal(id, 'rolled-back', detail, { 'Retry-After': '1' });
}

/** An answer that reveals a mistake in the graph, and the node to report. */
export interface Misfit {
  readonly node: string;
  readonly sentence: string;
  /** The question's id, if known. */
  readonly question?: string;
}

/** Records the paths of packets that lost their question's id. */
export class Losses {
  readonly #sources = new Map<string, string>();

  add(from: string, to: string): void {
    if (!this.#sources.has(to)) this.#sources.set(to, from);
  }

  /** The first node without the id on the path to `node`, which may be `node` itself. */
  origin(node: string): string {
    const seen = new Set<string>();
    for (let at = node; ; ) {
      seen.add(at);
      const source = this.#sources.get(at);
      if (source === undefined || seen.has(source)) return at;
      at = source;
    }
  }
}

/** Reported for a second answer to one question. */
export const SECOND_ANSWER = 'a second answer to one question left here; lead the question here by one way only';

/** Reported for a node that changed a packet's `who`. */
export const CHANGED_CALLER = 'changed who asks; it passes "who" on as it is';

/** A sentence about an answer without its question's id, or with another id. */
export function lost(id: unknown, by: string, node: string): string {
  const [answer, what] = id === undefined ? ['without an id', 'lost'] : [`with the id ${shown(id)}`, 'changed'];
  return `an answer ${answer} left the graph at ${by}; the question's id was ${what} at ${node}`;
}

/** A node's own id, shortened for a sentence. */
function shown(id: unknown): string {
  return excerpt(JSON.stringify(id) ?? String(id), 40);
}

/** A sentence about the refusal of an action that a node started by itself. */
export function refusedUnasked(node: string, { id, status, detail }: Refusal): Misfit {
  return { node, sentence: `what it did was refused with ${status}: ${detail}`, question: id };
}
