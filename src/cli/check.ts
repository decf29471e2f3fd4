import { basename, join } from 'node:path';
import { printFault } from '../check/check.ts';
import { replace } from '../files/contents.ts';
import { GraphFile } from '../files/graph-file.ts';
import { Registry } from '../registry/registry.ts';
import { generate, loaders } from '../registry/sources.ts';
import { Examiner } from '../runtime/examiner.ts';
import { OUTER_PORTS } from '../runtime/running-graph.ts';
import { ROOT } from '../version.ts';

/** Checks files as servers' graphs, or as subgraphs if their names begin with a capital or --subgraph is given. */
export async function checkCommand(args: readonly string[]): Promise<void> {
  const files = args.filter(arg => arg !== '--subgraph');
  if (files.length === 0) throw new Error('npm run check -- FILE…: name the graphs to check');
  const [examiner, library] = [new Examiner(OUTER_PORTS), new Registry(ROOT)];
  for (const file of files) {
    const isPart = files.length < args.length || isSubgraph(file);
    const { all, faults } = await examiner.examine(new GraphFile(file).read(), library, isPart);
    for (const fault of all) console.log(printFault(fault));
    if (faults.length > 0) process.exitCode = 1;
  }
}

/** As the registry decides it. */
function isSubgraph(file: string): boolean {
  return /^\p{Lu}/u.test(basename(file));
}

/** Rewrites fbp.json, and says which files no manifest can list. */
export async function manifest(): Promise<void> {
  replace(join(ROOT, 'fbp.json'), `${JSON.stringify(await generate(ROOT), null, 2)}\n`);
  for (const sentence of [...new Registry(ROOT).unseen, ...loaders(ROOT)]) console.error(sentence);
}
