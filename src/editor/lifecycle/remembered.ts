/** Does work that takes a while for large graphs, and remembers the last result as long as it is asked for the same. */
export function remembered<A, B, T>(work: (one: A, other: B) => T): (one: A, other: B) => T {
  let last: { readonly one: A; readonly other: B; readonly result: T } | undefined;
  return (one, other) => {
    if (last?.one !== one || last.other !== other) last = { one, other, result: work(one, other) };
    return last.result;
  };
}
