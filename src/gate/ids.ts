/** Ids of answered questions that are remembered, twice as many at the most. */
const REMEMBERED = 2048;

/** Gives questions their ids, and knows them again. */
export class Ids {
  readonly #series = Math.random().toString(36).slice(2, 8);
  #last = 0;
  #answered = new Set<unknown>();
  #answeredBefore = new Set<unknown>();

  next(): string {
    this.#last += 1;
    return `${this.#series}-${this.#last.toString(36)}`;
  }

  /** Whether a question has, or had, this id. */
  has(id: unknown): boolean {
    const [series, number = '', ...rest] = typeof id === 'string' ? id.split('-') : [];
    if (series !== this.#series || rest.length > 0 || !/^[1-9a-z][0-9a-z]*$/.test(number)) return false;
    return Number.parseInt(number, 36) <= this.#last;
  }

  answered(id: string): void {
    if (this.#answered.size >= REMEMBERED) {
      this.#answeredBefore = this.#answered;
      this.#answered = new Set();
    }
    this.#answered.add(id);
  }

  /** Whether a question with this id was answered lately, and nobody was told so yet. */
  isAnsweredOnce(id: unknown): boolean {
    return this.#answered.delete(id) || this.#answeredBefore.delete(id);
  }
}
