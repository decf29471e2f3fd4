/**
 * How long to wait before the next try, in milliseconds: doubles with each failed one up to `most`, and is spread over
 * its upper half, so that clients that lost one server do not come back all at once.
 */
export function backoff(tries: number, { least = 1_000, most = 30_000, random = Math.random } = {}): number {
  const ceiling = Math.min(most, least * 2 ** Math.min(tries, 20));
  return Math.round(ceiling * (0.5 + random() / 2));
}
