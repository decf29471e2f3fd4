import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ACTIVE_REVISION_FILE, ActiveRevisionFile } from '../editor/deploy/active-revision.ts';
import { askServer } from '../editor/deploy/control-socket.ts';
import { differences, type RevisionHead, type RevisionRecord, RevisionStore } from '../editor/deploy/revision-store.ts';
import { save } from '../editor/draft/code-draft.ts';
import type { GraphDocument } from '../fbp/document.ts';
import { sidecar } from '../fbp/print.ts';
import { isJson } from '../fbp/read.ts';
import { GraphFile } from '../files/graph-file.ts';
import { visible, visibleLines } from '../model/text.ts';
import { readSettings } from '../settings.ts';
import { ROOT } from '../version.ts';

const GAP = '  ';

/** Formats revisions as a table in local time, with at most `most` changes each. Empty if there are none. */
function table(heads: readonly RevisionHead[], most = 3): string {
  if (heads.length === 0) return '';
  const hasFiles = new Set(heads.map(({ file }) => file)).size > 1;
  const rows = heads.map(head => row(head, hasFiles || heads.length === 1, most));
  const all = [['number', 'time', 'who', 'what'], ...rows.map(({ cells }) => cells)];
  const widths = [0, 1, 2].map(column => Math.max(...all.map(cells => cells[column]!.length)));
  const line = (cells: readonly string[]) => {
    const [number, ...rest] = cells.map((field, column) => field.padEnd(widths[column] ?? 0));
    return [number!.trim().padStart(widths[0]!), ...rest].join(GAP).trimEnd();
  };
  const indent = ' '.repeat(widths.reduce((sum, width) => sum + width + GAP.length, 0));
  return [
    line(all[0]!),
    ...rows.flatMap(({ cells, more }) => [line(cells), ...more.map(sentence => indent + sentence)]),
  ].join('\n');
}

/** A text by editors, such as a note or a graph, escaped for a terminal; lines and tabs stay. */
function plain(text: string): string {
  return text.replaceAll('\r\n', '\n').split('\t').map(visibleLines).join('\t');
}

function row(
  { number, at, by, note, file, changes, rolledBack }: RevisionHead,
  withFile: boolean,
  most: number,
): { cells: readonly string[]; more: readonly string[] } {
  const rest = changes.length - most;
  const sentences = [
    ...(withFile ? [file] : []),
    ...(note === '' ? [] : [note]),
    ...(rolledBack === undefined ? [] : [`rolled back: ${rolledBack}`]),
    ...changes.slice(0, most),
    ...(rest > 0 ? [`and ${rest} more`] : []),
  ].map(sentence => plain(sentence).replaceAll(/\s+/g, ' '));
  const [first = '', ...more] = sentences;
  return { cells: [String(number), new Date(at).toLocaleString('sv-SE'), plain(by), first], more };
}

const USAGE =
  'npm run revisions -- [show NUMBER | diff NUMBER NUMBER | back NUMBER [--graph FILE] | accept] [--data FOLDER], with nothing to list them';

/** Number of arguments of each subcommand. */
const TAKES: ReadonlyMap<string, number> = new Map([
  ['list', 0],
  ['show', 1],
  ['diff', 2],
  ['back', 1],
  ['accept', 0],
]);

/**
 * Lists stored revisions, shows one, compares two, or writes one back to its file; asks a running server to go back to
 * one, or to accept an action that awaits confirmation. Rejects with a sentence.
 */
export async function revisions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { name, numbers, data, graph } = readArgs(args);
  const { data: place } = readSettings(env, data === undefined ? [] : [`--data=${data}`]);
  if (name === 'accept') return console.log(await accept(place));
  const folder = join(place, 'revisions');
  const kept = new RevisionStore(folder, warn);
  const [one, other] = numbers.map(number => found(number, kept, folder));
  if (one && name === 'back') return console.log(await back(one, place, graph));
  const sentences = one && other ? compare(one, other) : one && show(one);
  console.log(sentences ?? (table(kept.list()) || `no revision is kept in ${folder} yet`));
}

const warn = (sentence: string): void => console.error(visible(sentence));

async function accept(data: string): Promise<string> {
  const done = await askServer(data, { command: 'accept' });
  if (done === undefined) throw new Error(`no server runs with ${data}; name its folder with --data FOLDER`);
  return done;
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

function found(number: number, kept: RevisionStore, folder: string): RevisionRecord {
  const revision = kept.get(number);
  if (revision) return revision;
  const numbers = kept.list().map(head => head.number);
  const there = numbers.length > 0 ? `there are ${numbers[0]} to ${numbers.at(-1)}` : 'none is kept yet';
  throw new Error(`there is no revision ${number} in ${folder}; ${there}`);
}

function show(revision: RevisionRecord): string {
  const { text, layout } = revision.document;
  return [
    table([revision], revision.changes.length),
    plain(text.trimEnd()),
    ...(layout === '' ? [] : [plain(layout.trimEnd())]),
  ].join('\n\n');
}

function compare(one: RevisionRecord, other: RevisionRecord): string {
  const files = one.file === other.file ? [] : [`${one.number} is of ${one.file}, ${other.number} of ${other.file}`];
  const changes = differences(one, other);
  if (changes.length > 0) return [...files, ...changes].map(plain).join('\n');
  return [...files, `${one.number} and ${other.number} have the same nodes, edges and settings`].map(plain).join('\n');
}

async function back(revision: RevisionRecord, data: string, graph = revision.file): Promise<string> {
  const { number } = revision;
  if (!existsSync(dirname(graph))) {
    throw new Error(`revision ${number} is of ${graph}, but its folder is not here; name the file with --graph FILE`);
  }
  if (isJson(graph) !== isJson(revision.file)) {
    throw new Error(`revision ${number} is of ${revision.file}; name a file with the same ending, not ${graph}`);
  }
  const changes = writeBack(revision.document, graph);
  const isThere = changes === undefined ? 'already' : 'again';
  const done = await askServer(data, { command: 'back', number });
  if (done === undefined) {
    writeSubgraphs(revision);
    new ActiveRevisionFile(join(data, ACTIVE_REVISION_FILE), graph).replace(revision.document, warn);
  }
  const next = done ?? 'no server runs, and the next start begins with it';
  return [`${graph} is revision ${number} ${isThere}; ${next}`, ...(changes ?? [])].map(plain).join('\n');
}

/** Writes the subgraphs of a revision to their files. Throws a sentence on failure. */
function writeSubgraphs({ number, subgraphs = [] }: RevisionRecord): void {
  const files = subgraphs.flatMap(({ file, text, layout }) => [
    { path: join(ROOT, sidecar(file)), text: layout || undefined },
    { path: join(ROOT, file), text },
  ]);
  save(`the subgraphs of revision ${number}`, files);
}

/** Writes a revision to a file. Returns the differences; undefined if the file is equal already. */
function writeBack(document: GraphDocument, graph: string): readonly string[] | undefined {
  const file = new GraphFile(graph);
  const before = existsSync(graph) ? file.read() : file.known;
  if (before.isSame(document)) return;
  file.write(document);
  return differences({ document: before }, { document: file.known });
}
