/** Caches the last result of `work`, as long as it is called with the same arguments. */
export function memoize<Given extends readonly unknown[], T>(work: (...given: Given) => T): (...given: Given) => T {
  let last: { readonly given: Given; readonly result: T } | undefined;
  return (...given) => {
    if (!last?.given.every((one, at) => one === given[at])) last = { given, result: work(...given) };
    return last.result;
  };
}

/** Characters of all texts together whose results are remembered. */
const MOST_CHARACTERS = 1024 * 1024;
const MOST_TEXTS = 100;

/** Remembers what was made of texts last, as the same text is read when it is printed, checked and published. */
export class Latest<Result> {
  readonly #results = new Map<string, Result>();
  #characters = 0;

  /** What was made of a text, or is made of it now. */
  of(text: string, make: () => Result): Result {
    const known = this.#results.get(text);
    const result = known ?? make();
    if (text.length > MOST_CHARACTERS) return result;
    // What is asked for again is forgotten last.
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
