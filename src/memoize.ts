/** Caches the last result of `work` while its arguments are the same. */
export function memoize<Given extends readonly unknown[], T>(work: (...given: Given) => T): (...given: Given) => T {
  let last: { readonly given: Given; readonly result: T } | undefined;
  return (...given) => {
    if (!last?.given.every((one, at) => one === given[at])) last = { given, result: work(...given) };
    return last.result;
  };
}

/** Limit of the cached texts in total, in characters. */
const MOST_CHARACTERS = 1024 * 1024;
const MOST_TEXTS = 100;

/** Caches results by text, as the same text is parsed for printing, checking and publishing. */
export class TextCache<Result> {
  readonly #results = new Map<string, Result>();
  #characters = 0;

  /** The cached or new result for a text. */
  of(text: string, make: () => Result): Result {
    const known = this.#results.get(text);
    const result = known ?? make();
    if (text.length > MOST_CHARACTERS) return result;
    // Moves a reused text to the end; the first one is dropped first.
    if (this.#results.delete(text)) this.#characters -= text.length;
    this.#results.set(text, result);
    this.#characters += text.length;
    this.#forget();
    return result;
  }

  #forget(): void {
    for (const oldest of this.#results.keys()) {
      if (this.#characters <= MOST_CHARACTERS && this.#results.size <= MOST_TEXTS) return;
      this.#results.delete(oldest);
      this.#characters -= oldest.length;
    }
  }
}
