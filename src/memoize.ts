/** Caches the last result of `work`, as long as it is called with the same arguments. */
export function memoize<Given extends readonly unknown[], T>(work: (...given: Given) => T): (...given: Given) => T {
  let last: { readonly given: Given; readonly result: T } | undefined;
  return (...given) => {
    if (!last?.given.every((one, at) => one === given[at])) last = { given, result: work(...given) };
    return last.result;
  };
}
