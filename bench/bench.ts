import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What every file in bench/ exports: one question, and a row for each thing that is compared. */
interface Benchmark {
  readonly title: string;
  run(): Promise<readonly Readonly<Record<string, string | number>>[]>;
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
  console.table(await run());
}
