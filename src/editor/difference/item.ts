/** One thing that differs between two graphs. */
export interface Item {
  readonly kind: 'node' | 'edge' | 'initial' | 'inport' | 'outport' | 'group' | 'property' | 'component';
  readonly change: 'added' | 'removed' | 'changed';
  /** What it is called, as in `check`, `router OUT -> IN check` or `check MAXTEXT`. */
  readonly name: string;
  /** The nodes that it is about, by the names that they have in the later graph, and had where they are gone. */
  readonly nodes: readonly string[];
  /** For people. */
  readonly sentence: string;
}

export function item(
  kind: Item['kind'],
  change: Item['change'],
  name: string,
  nodes: readonly string[],
  sentence: string,
): Item {
  return { kind, change, name, nodes, sentence };
}

/** What is in one of two maps only, and in both. */
export function compared<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>) {
  const added = [...after].filter(([key]) => !before.has(key)).map(([, value]) => value);
  const removed = [...before].filter(([key]) => !after.has(key)).map(([, value]) => value);
  const kept = [...after].flatMap(([key, now]): [T, T][] => {
    const was = before.get(key);
    return was === undefined ? [] : [[was, now]];
  });
  return { added, removed, kept };
}
