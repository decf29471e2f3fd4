/** Deletes the oldest entry of a map that has more than `most`. */
export function dropOldest(map: Map<string, unknown>, most: number): void {
  if (map.size > most) map.delete(map.keys().next().value!);
}

/** Results of longer texts are not kept. */
const MAX_LENGTH = 200;

/** Caches the recent results of a pure function of a text, at most `most`. */
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
