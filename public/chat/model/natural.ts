/** What a name is sorted by, so that room-2 comes before room-10: its numbers get one length. */
const sortKey = (name: string): string => name.replace(/\d+/g, digits => digits.padStart(64, '0'));

/** Names sorted as people count: by their words, and by their numbers' values. */
export function naturally(names: Iterable<string>): string[] {
  return Array.from(names, name => ({ name, key: sortKey(name) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}
