import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { isJson } from '../fbp.ts';
import { GraphFile } from '../files/graph-file.ts';
import { differences, type Kept, Revisions } from '../revisions.ts';
import { settings } from '../settings.ts';
import { askBack } from './back.ts';
import { plain, table } from './table.ts';

const USAGE =
  'npm run revisions -- [show NUMBER | diff NUMBER NUMBER | back NUMBER [--graph FILE]] [--data FOLDER], with nothing to list them';

/** How many numbers each command takes. */
const TAKES: ReadonlyMap<string, number> = new Map([
  ['list', 0],
  ['show', 1],
  ['diff', 2],
  ['back', 1],
]);

/**
 * Lists the revisions that a server has kept, shows one, tells what differs between two, or writes one back to its
 * file, and asks a server that runs to go back to it. Rejects with a sentence, and then nothing was changed.
 */
export async function revisions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { name, numbers, data, graph } = readArgs(args);
  const folder = join(settings(env, data === undefined ? [] : [`--data=${data}`]).data, 'revisions');
  const kept = new Revisions(folder, sentence => console.error(sentence));
  const [one, other] = numbers.map(number => found(number, kept, folder));
  const told = one && other ? compare(one, other) : one && name === 'back' ? back(one, graph) : one && show(one);
  if (one && name === 'back') askBack(dirname(folder), one.number);
  console.log(told ?? (table(kept.list()) || `no revision is kept in ${folder} yet`));
}

interface Args {
  readonly name: string;
  readonly numbers: readonly number[];
  readonly data: string | undefined;
  readonly graph: string | undefined;
}

function readArgs(args: readonly string[]): Args {
  const options = { data: { type: 'string' as const }, graph: { type: 'string' as const } };
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [name = 'list', ...rest] = positionals;
    const takes = TAKES.get(name);
    if (takes === undefined) throw new Error(`there is no command "${name}"`);
    if (rest.length !== takes)
      throw new Error(`"${name}" takes ${takes} ${takes === 1 ? 'number' : 'numbers'}, not ${rest.length}`);
    if (values.graph !== undefined && name !== 'back') throw new Error(`--graph is for "back"`);
    return { name, numbers: rest.map(toNumber), data: values.data, graph: values.graph };
  } catch (error) {
    throw new Error(`${(error as Error).message.split('. ')[0]}; write ${USAGE}`);
  }
}

function toNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Error(`"${text}" is no number of a revision`);
  return Number(text);
}

function found(number: number, kept: Revisions, folder: string): Kept {
  const revision = kept.get(number);
  if (revision) return revision;
  const numbers = kept.list().map(head => head.number);
  const there = numbers.length > 0 ? `there are ${numbers[0]} to ${numbers.at(-1)}` : 'none is kept yet';
  throw new Error(`there is no revision ${number} in ${folder}; ${there}`);
}

function show(revision: Kept): string {
  const { text, layout } = revision;
  return [
    table([revision], revision.changes.length),
    plain(text.trimEnd()),
    ...(layout === '' ? [] : [plain(layout.trimEnd())]),
  ].join('\n\n');
}

function compare(one: Kept, other: Kept): string {
  const files = one.file === other.file ? [] : [`${one.number} is of ${one.file}, ${other.number} of ${other.file}`];
  const changes = differences(one, other);
  if (changes.length > 0) return [...files, ...changes].map(plain).join('\n');
  return [...files, `${one.number} and ${other.number} have the same nodes, edges and settings`].map(plain).join('\n');
}

function back(revision: Kept, graph = revision.file): string {
  const { number, text, layout } = revision;
  if (!existsSync(dirname(graph))) {
    throw new Error(`revision ${number} is of ${graph}, but its folder is not here; name the file with --graph FILE`);
  }
  if (isJson(graph) !== isJson(revision.file)) {
    throw new Error(`revision ${number} is of ${revision.file}; name a file with the same ending, not ${graph}`);
  }
  const file = new GraphFile(graph);
  const before = existsSync(graph) ? file.read() : { file: graph, text: '' };
  const changes = differences(before, { file: graph, text, layout });
  if (before.text === text && (before.layout ?? '') === layout)
    return `${graph} is revision ${number} already; a server that runs goes back to it`;
  file.write({ text, layout });
  return [`${graph} is revision ${number} again; a server that runs goes back to it`, ...changes].map(plain).join('\n');
}
