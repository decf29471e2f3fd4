import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from './support/table.ts';

type Rows = readonly Row[];

/**
 * The exports of every file in bench/: a question, and a row for each compared thing with its goal; all at once, or in
 * parts if it takes long.
 */
interface Benchmark {
  readonly title: string;
  run(): Promise<Rows> | AsyncIterable<Rows>;
}

const folder = import.meta.dirname;
const names = readdirSync(folder).flatMap(file =>
  file.endsWith('.ts') && file !== 'bench.ts' ? [file.slice(0, -3)] : [],
);
const wanted = process.argv.slice(2);
const unknown = wanted.filter(name => !names.includes(name));
if (unknown.length > 0) {
  console.error(`there is no benchmark ${unknown.join(', ')}; there are ${names.join(', ')}`);
  process.exit(1);
}

for (const name of wanted.length > 0 ? wanted : names) {
  const { title, run }: Benchmark = await import(join(folder, `${name}.ts`));
  console.log(`\n${name}: ${title}`);
  const running = run();
  for await (const rows of Symbol.asyncIterator in running ? running : [running]) console.table(rows);
}
