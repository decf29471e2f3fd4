/** Work in steps: others may have their turn at each `yield`. */
export type Steps<Result> = Generator<void, Result>;

/** Does work in steps without a break. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
