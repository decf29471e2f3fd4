import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { read } from './fbp.ts';
import { readText } from './files/contents.ts';
import { visible } from './model/visible.ts';
import { settings } from './settings.ts';
import { type Archived, archived, Misplaced, restore } from './store/archive.ts';
import { databaseFile, locate } from './store/open.ts';
import { Lines } from './transfer/lines.ts';

const USAGE = {
  export: 'npm run --silent export -- [--room ROOM] [--store sqlite:FILE] [--graph FILE] [--data FOLDER]',
  import: 'npm run import -- FILE|- [--store sqlite:FILE] [--graph FILE] [--data FOLDER]',
};
/** Characters that are written at once. */
const CHUNK = 65_536;

/**
 * Writes the history to stdout as JSON lines, or takes it from a file or from stdin. Its database is the one that the
 * graph names at STORE. Rejects with a sentence, and then nothing was taken.
 */
export async function transfer(
  way: keyof typeof USAGE,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { from, room, store, ...flags } = readArgs(way, args);
  const given = settings(
    env,
    Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
  );
  locate(given.data);
  const file = databaseFile(store ?? storeOf(given.graph));
  if (from === undefined) await send(archived(file, room));
  else console.log(`${await take(from, file)} messages are in ${file} now`);
}

interface Args {
  /** Where to import from. */
  readonly from?: string;
  readonly room?: string;
  readonly store?: string;
  readonly graph?: string;
  readonly data?: string;
}

function readArgs(way: keyof typeof USAGE, args: readonly string[]): Args {
  const text = { type: 'string' as const };
  const options = { graph: text, data: text, store: text, ...(way === 'export' && { room: text }) };
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length !== (way === 'import' ? 1 : 0)) throw new Error(`this names ${positionals.length} files`);
    return { ...(values as Args), ...(way === 'import' && { from: positionals[0]! }) };
  } catch (error) {
    throw new Error(`${(error as Error).message.split('. ')[0]}; write ${USAGE[way]}`);
  }
}

/** The store that a graph's nodes share. Throws a sentence where there is not exactly one. */
function storeOf(file: string): string {
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    throw new Error(`${file} can't be read: ${(error as Error).message}; choose another with GRAPH`);
  }
  const { initials } = read(file, text).graph;
  const [url, second] = new Set(initials.filter(({ to }) => to.port === 'store').map(({ data }) => String(data)));
  if (url !== undefined && second === undefined) return url;
  const found = url === undefined ? 'no store' : 'more than one store';
  throw new Error(`${file} names ${found} at STORE; choose one with --store sqlite:FILE`);
}

async function send(messages: Iterable<Archived>): Promise<void> {
  try {
    await pipeline(Readable.from(chunks(messages)), process.stdout);
  } catch (error) {
    // Whoever reads has enough.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

function* chunks(messages: Iterable<Archived>): Generator<string> {
  let chunk = '';
  for (const message of messages) {
    chunk += `${JSON.stringify(message)}\n`;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

async function take(from: string, file: string): Promise<number> {
  const name = from === '-' ? 'stdin' : from;
  const source = from === '-' ? process.stdin : await opened(from);
  const lines = new Lines(name, source);
  try {
    return await restore(file, lines.messages());
  } catch (error) {
    throw error instanceof Misplaced
      ? new Error(visible(`${name}:${lines.number}: ${error.message}; nothing is taken`))
      : error;
  } finally {
    // Where nothing was taken, it may not have been read to its end.
    source.destroy();
  }
}

async function opened(file: string): Promise<Readable> {
  try {
    return (await open(file)).createReadStream();
  } catch (error) {
    throw new Error(`${file} can't be read: ${(error as Error).message}`);
  }
}
