import type { Answer, Question, Refusal } from '../model/packets.ts';

/** What a caller asks before it has an id. */
export type Request = Omit<Question, 'id'>;

/** How a question went: its answer, the node that refused or failed it if one did, and the way it took. */
export interface Outcome {
  readonly answer: Answer;
  readonly node?: string;
  /** Each node that it reached, with the milliseconds until it reached the next; empty where the gate does not time. */
  readonly spans: readonly { readonly node: string; readonly ms: number }[];
  /** The number of the revision that it was asked of; nothing where it was turned away. */
  readonly revision?: number;
}

/** Where the gate sends questions: the entry of a revision of the graph. */
export interface GraphEntry {
  /** Of its revision. */
  readonly number?: number;
  post(question: Question): void;
}

/** A request without an answer, and the node that had it last. */
export interface OverdueRequest {
  readonly request: Request;
  readonly node: string | undefined;
}

export interface GateLimits {
  /** Milliseconds that a question may take. */
  readonly deadline: number;
  /** Questions that may wait at the same time. */
  readonly limit: number;
  /** Whether the time at each node is kept. */
  readonly timing: boolean;
}

/** Hears of every outcome, `ms` after its question was asked, before the caller does. */
export type Observer = (outcome: Outcome, request: Request, ms: number) => void;

/** What the gate does with its questions, for metrics and logs. All counts go up only, but `waiting`. */
export interface Counts {
  readonly waiting: number;
  readonly asked: number;
  readonly expired: number;
  readonly rejected: number;
  /** Those of who had too many waiting already. */
  readonly crowded: number;
  readonly aborted: number;
  /** Answers that nobody waited for: late, second, or with an unknown id. */
  readonly orphaned: number;
}

/** Whether a packet is something that a caller can be given. */
export function isAnswer(packet: Partial<Answer>): packet is Answer {
  const { status } = packet;
  if (!Number.isInteger(status) || status! < 200 || status! > 599) return false;
  return typeof ('detail' in packet ? packet.detail : (packet as { body?: unknown }).body) === 'string';
}

/** How long each node had a question, of what was noted as node, time of its arrival there, node, time, … */
export function spansOf(steps: readonly (string | number)[]): Outcome['spans'] {
  if (steps.length === 0) return [];
  const now = performance.now();
  const nodes = [];
  for (let i = 0; i < steps.length; i += 2) {
    nodes.push({ node: steps[i] as string, ms: ((steps[i + 3] as number) ?? now) - (steps[i + 1] as number) });
  }
  return nodes;
}

/** The answer to a question in a revision that was rolled back. */
export function abandoned(id: string): Refusal {
  const detail =
    'the revision of the graph that had this request was rolled back, and whether the request was done is not known; send it again, with the same key where it has one';
  return { id, status: 503, detail, headers: { 'Retry-After': '1' } };
}

/** An answer that shows what is wrong with the graph, and the node that it is to be told at. */
export interface Misfit {
  readonly node: string;
  readonly sentence: string;
  /** The id of the question, where one is known. */
  readonly question?: string;
}

/** The ways that packets took, in the course of a question, after they had lost its id. */
export class Losses {
  readonly #sources = new Map<string, string>();

  add(from: string, to: string): void {
    if (!this.#sources.has(to)) this.#sources.set(to, from);
  }

  /** The first node without the id of those that led to `node`, which is itself one. */
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

/** What is wrong where a question has two answers. */
export const SECOND = 'a second answer to one question left here; lead the question here by one way only';

/** What is wrong where an answer has another id than its question, or none. */
export function lost(id: unknown, by: string, node: string): string {
  const [answer, what] = id === undefined ? ['without an id', 'lost'] : [`with the id ${shown(id)}`, 'changed'];
  return `an answer ${answer} left the graph at ${by}; the question's id was ${what} at ${node}`;
}

/** An id that a node made up, as far as it fits into a sentence. */
function shown(id: unknown): string {
  const text = JSON.stringify(id) ?? String(id);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
