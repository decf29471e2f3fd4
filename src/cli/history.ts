import { type DumpedEntry, dump, restore } from '../store/dump.ts';
import { databaseFile, databaseVariables } from '../store/open.ts';
import { parseStoreUrl } from '../store/url.ts';

/** A history that can be exported and imported. */
export interface CarriedHistory {
  readonly name: string;
  /** As `dump` and `restore` do for a database file. */
  dump(room?: string): Iterable<DumpedEntry> | AsyncIterable<DumpedEntry>;
  restore(entries: AsyncIterable<DumpedEntry>): Promise<number>;
}

/** The history behind a URL given by the operator. Throws a sentence for one that ends with its server. */
export async function historyAt(url: string): Promise<CarriedHistory> {
  if (!url.startsWith('postgres:')) {
    const file = databaseFile(url);
    return { name: file, dump: room => dump(file, room), restore: entries => restore(file, entries) };
  }
  const named = parseStoreUrl(url);
  const { dumpSchema, restoreSchema } = await import('../store/postgres-dump.ts');
  const [variables, schema] = [databaseVariables(), named.kind === 'postgres' ? named.name : ''];
  return {
    name: `postgres:${schema}`,
    dump: room => dumpSchema(variables, schema, room),
    restore: entries => restoreSchema(variables, schema, entries),
  };
}
