/** What the gate does with its questions, for metrics and logs. All counts go up only, but `waiting`. */
export interface Counts {
  readonly waiting: number;
  readonly asked: number;
  readonly expired: number;
  readonly turnedAway: number;
  /** Those of who had too many waiting already. */
  readonly crowding: number;
  readonly hungUp: number;
  /** Answers that nobody waited for: late, second, or with an unknown id. */
  readonly unwanted: number;
}
