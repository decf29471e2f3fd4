import { basename } from 'node:path';
import { print, verdict } from '../check.ts';
import { GraphFile } from '../files/graph-file.ts';
import { DOORS } from '../flow/revision.ts';
import { Flow } from '../flow.ts';
import { Gate } from '../gate.ts';
import { Library } from '../library.ts';
import { ROOT } from '../version.ts';

/** Checks files as a server's graphs, and as subgraphs those whose names begin with a capital, or all with --subgraph. */
export async function check(args: readonly string[]): Promise<void> {
  const files = args.filter(arg => arg !== '--subgraph');
  if (files.length === 0) throw new Error('npm run check -- FILE…: name the graphs to check');
  const gate = new Gate({ deadline: 0, limit: 0, timing: false });
  const flow = new Flow({ library: new Library(ROOT), gate, doors: DOORS, push() {}, failed() {} });
  for (const file of files) {
    const said = await flow.check(
      new GraphFile(file).read(),
      undefined,
      files.length < args.length || isSubgraph(file),
    );
    for (const fault of said) console.log(print(fault));
    if (verdict(said).faults.length > 0) process.exitCode = 1;
  }
}

/** As the library finds them. */
function isSubgraph(file: string): boolean {
  return /^\p{Lu}/u.test(basename(file));
}
