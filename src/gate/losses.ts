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
