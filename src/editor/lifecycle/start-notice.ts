/** Says why a start did not begin with what was published last, as long as what it began with is live. */
export class StartNotice {
  #told: { readonly revision: number; readonly sentence: string } | undefined;

  /** `revision` is what the start began with. */
  tell(revision: number, sentence: string): void {
    this.#told = { revision, sentence };
  }

  /** Undefined unless `revision`, which is live, is what such a start began with. */
  of(revision: number | undefined): string | undefined {
    return this.#told?.revision === revision ? this.#told?.sentence : undefined;
  }
}
