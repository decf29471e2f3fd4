/** What two began with, and what each made of it. */
export interface Three<T> {
  readonly base: T;
  readonly ours: T;
  readonly theirs: T;
}

export interface Uniting<T> {
  same(a: T, b: T): boolean;
  /** Hears of what both changed, and not to the same; ours stays. What is undefined was removed. */
  clash?(key: string, ours: T | undefined, theirs: T | undefined): void;
  /** Makes one of what both have; `chosen` where there is nothing to mix. Base is ours where it had nothing. */
  mix?(chosen: T, versions: Three<T>): T;
}

/** Things by their keys, as they are when both have made their changes: ours in our order, then what they added. */
export function united<T>(
  { base, ours, theirs }: Three<ReadonlyMap<string, T>>,
  { same, clash, mix }: Uniting<T>,
): T[] {
  const equal = (a: T | undefined, b: T | undefined) => (a === undefined || b === undefined ? a === b : same(a, b));
  return [...new Set([...ours.keys(), ...theirs.keys()])].flatMap(key => {
    const [before, mine, their] = [base.get(key), ours.get(key), theirs.get(key)];
    const isTheirs = equal(mine, before);
    if (!isTheirs && !equal(their, before) && !equal(mine, their)) clash?.(key, mine, their);
    const chosen = isTheirs ? their : mine;
    if (chosen === undefined) return [];
    const both = mix && mine !== undefined && their !== undefined;
    return both ? [mix(chosen, { base: before ?? mine, ours: mine, theirs: their })] : [chosen];
  });
}

/** What became of something that both changed; what is undefined was removed. */
export function clash(what: string, ours: string | undefined, theirs: string | undefined): string {
  if (ours === undefined) return `${what} stays removed, though it was changed to ${theirs} elsewhere`;
  if (theirs === undefined) return `${what} stays ${ours}, though it was removed elsewhere`;
  return `${what} stays ${ours}, though it was changed to ${theirs} elsewhere`;
}
