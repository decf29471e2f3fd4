/** Does work that takes a while for large graphs, and remembers the last result as long as it is asked for the same. */
export function memoize<Given extends readonly unknown[], T>(work: (...given: Given) => T): (...given: Given) => T {
  let last: { readonly given: Given; readonly result: T } | undefined;
  return (...given) => {
    if (!last?.given.every((one, at) => one === given[at])) last = { given, result: work(...given) };
    return last.result;
  };
}
