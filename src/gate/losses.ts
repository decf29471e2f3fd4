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
