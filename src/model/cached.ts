/** Deletes what a map has had for longest, once it has more than `most` entries. */
export function dropOldest(map: Map<string, unknown>, most: number): void {
  if (map.size > most) map.delete(map.keys().next().value!);
}

/** Results of longer texts are not kept. */
const MAX_LENGTH = 200;

/** A pure function of a text that keeps at most so many recent results, for texts that mostly come again, such as paths. */
export function cached<T>(work: (text: string) => T, most = 1000): (text: string) => T {
  const results = new Map<string, T>();
  return text => {
    const known = results.get(text);
    if (known !== undefined) return known;
    const result = work(text);
    if (results.size >= most) results.clear();
    if (text.length <= MAX_LENGTH) results.set(text, result);
    return result;
  };
}
