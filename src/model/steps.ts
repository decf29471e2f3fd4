/** Work in steps: other tasks may run at each `yield`. */
export type Steps<Result> = Generator<void, Result>;

/** Runs all steps without a break. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
