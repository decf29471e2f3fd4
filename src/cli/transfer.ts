import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { noteOrdered } from '../accounts/audit.ts';
import { noteOrderedShared } from '../accounts/shared-audit.ts';
import { readGraph } from '../fbp/read.ts';
import { readTextFile } from '../files/contents.ts';
import { ChangeKind, Reaction, Reactions } from '../model/chat.ts';
import { visible } from '../model/text.ts';
import { storesOf } from '../runtime/stores.ts';
import { readSettings } from '../settings.ts';
import { message, usualAt } from '../store/message.ts';
import { databaseFile, databaseVariables, setDatabase, setDataFolder } from '../store/open.ts';
import {
  type DumpedChange,
  type DumpedEntry,
  type DumpedMessage,
  dump,
  Misplaced,
  restore,
} from '../store/sqlite-dump.ts';
import { parseStoreUrl } from '../store/url.ts';

/** Reads entries from JSON lines, and checks that each is the next one of its room. */
export class Lines {
  /** Number of the last line read. */
  number = 0;
  readonly #name: string;
  readonly #source: AsyncIterable<Buffer>;

  /** Errors call the source `name`. */
  constructor(name: string, source: AsyncIterable<Buffer>) {
    this.#name = name;
    this.#source = source;
  }

  /** Throws Misplaced for an invalid line, and a sentence if there is nothing to read. */
  async *entries(): AsyncGenerator<DumpedEntry> {
    const rooms = new Map<string, { readonly seq: number; readonly time: number }>();
    /** The room of each message by its id; undefined for a change. */
    const ids = new Map<string, string | undefined>();
    for await (const line of this.#lines()) {
      this.number += 1;
      // npm prints its command to stdout first, unless it is silent.
      if (line.trim() === '' || line.startsWith('> ')) continue;
      const next = parse(line);
      const { room, seq, id } = next;
      const last = rooms.get(room) ?? { seq: seq - 1, time: 0 };
      if (seq !== last.seq + 1)
        throw new Misplaced(`seq must be ${last.seq + 1}, the next of room ${room}, not ${seq}`);
      if (ids.has(id)) throw new Misplaced(`the id ${JSON.stringify(id)} is there twice`);
      ids.set(id, 'kind' in next ? undefined : room);
      if ('kind' in next) {
        if (ids.get(next.about) !== room)
          throw new Misplaced(`about must be the id of a message before it in room ${room}`);
        rooms.set(room, { seq, time: last.time });
      } else {
        const { time } = next;
        if (time <= last.time)
          throw new Misplaced(`time must be later than that of the message before in room ${room}`);
        rooms.set(room, { seq, time });
      }
      yield next;
    }
  }

  /** Splits at line feeds only, as texts may contain other line breaks. */
  async *#lines(): AsyncGenerator<string> {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    let rest = '';
    for await (const chunk of this.#chunks()) {
      const lines = (rest + decode(decoder, chunk)).split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
    yield rest + decode(decoder);
  }

  async *#chunks(): AsyncGenerator<Buffer> {
    try {
      yield* this.#source;
    } catch (error) {
      throw new Error(`${this.#name} can't be read: ${(error as Error).message}`);
    }
  }
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk?: Buffer): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch {
    throw new Misplaced('what follows this line is not UTF-8');
  }
}

function parse(line: string): DumpedEntry {
  let found: unknown;
  try {
    found = JSON.parse(line);
  } catch {
    throw new Misplaced('this is no JSON');
  }
  const entry = Object(found) as Partial<DumpedMessage & DumpedChange>;
  return entry.kind === undefined ? parseMessage(entry) : parseChange(entry);
}

function parseMessage(entry: Partial<DumpedMessage>): DumpedMessage {
  const { room, seq, id, author, by, text, at, time, edited, removed, reactions, key } = entry;
  texts({
    room,
    id,
    author,
    ...(removed !== true && { text }),
    ...(by !== undefined && { by }),
    ...(key !== undefined && { key }),
  });
  if (removed !== undefined && !(removed === true && text === ''))
    throw new Misplaced('removed must be true, and text is empty then');
  if (reactions !== undefined && !v.is(Reactions, reactions))
    throw new Misplaced('reactions must be who reacted, by emoji, such as {"👍":[{"id":"a","name":"ann"}]}');
  place(seq);
  if (!(typeof time === 'number' && time > 0 && time < LATEST)) throw new Misplaced('time must be seconds since 1970');
  const clock = instant('at', at);
  const usual = usualAt(Math.round(time * 1e6));
  if (clock > usual) throw new Misplaced(`at can't be later than ${new Date(usual).toISOString()}, which time says`);
  const kept = message(
    room!,
    seq!,
    id!,
    author!,
    by ?? null,
    text!,
    { micros: Math.round(time * 1e6), at: clock },
    {
      edited: edited === undefined ? null : instant('edited', edited),
      removed: removed ? clock : null,
      reactions: reactions === undefined ? null : JSON.stringify(reactions),
    },
  );
  if (kept.time !== time) throw new Misplaced(`time must be in whole microseconds, such as ${kept.time}`);
  return key === undefined ? kept : { ...kept, key };
}

function parseChange(change: Partial<DumpedChange>): DumpedChange {
  const { room, seq, id, kind, about, at, was, reaction } = change;
  texts({ room, id, about, ...(was !== undefined && { was }) });
  place(seq);
  if (!v.is(ChangeKind, kind)) throw new Misplaced(`kind must be one of ${ChangeKind.options.join(', ')}`);
  if (reaction !== undefined && !v.is(Reaction, reaction))
    throw new Misplaced(
      'reaction must be an emoji and who it is by, such as {"emoji":"👍","by":{"id":"a","name":"ann"}}',
    );
  instant('at', at);
  const known = { ...(was !== undefined && { was }), ...(reaction !== undefined && { reaction }) };
  return { room: room!, seq: seq!, id: id!, kind, about: about!, at: at!, ...known };
}

/** Throws Misplaced for a field that is no valid text. */
function texts(fields: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'string' || value === '' || !value.isWellFormed() || value.includes('\0')) {
      throw new Misplaced(`${name} must be a text of well-formed Unicode without U+0000 that is not empty`);
    }
  }
}

/** Throws Misplaced for an invalid sequence number. */
function place(seq: unknown): void {
  if (!(Number.isSafeInteger(seq) && Number(seq) >= 1)) throw new Misplaced('seq must be a whole number of at least 1');
}

/** Milliseconds since 1970. Throws Misplaced for an invalid time. */
function instant(name: string, value: unknown): number {
  const clock = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(clock) || new Date(clock).toISOString() !== value)
    throw new Misplaced(`${name} must be an instant such as 2026-11-22T08:00:00.000Z`);
  return clock;
}

/** The latest time in seconds, about the year 2106: up to then, doubles distinguish microseconds. */
const LATEST = 2 ** 32;

const USAGE = {
  export: 'npm run --silent export -- [--room ROOM] [--store sqlite:FILE|postgres:NAME] [--graph FILE] [--data FOLDER]',
  import: 'npm run import -- FILE|- [--store sqlite:FILE|postgres:NAME] [--graph FILE] [--data FOLDER]',
};
/** Characters per write. */
const CHUNK = 65_536;

/**
 * Exports the history to stdout as JSON lines, or imports it from a file or stdin. Its database is the one that the
 * graph names at STORE. Rejects with a sentence, and then nothing was imported.
 */
export async function transfer(
  subcommand: keyof typeof USAGE,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { from, room, store, ...flags } = readArgs(subcommand, args);
  const given = readSettings(
    env,
    Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
  );
  setDataFolder(given.data);
  setDatabase(given.database);
  const url = store ?? storeOf(given.graph);
  const history = await historyAt(url);
  if (from === undefined) {
    const named = url.startsWith('postgres:') ? parseStoreUrl(url) : undefined;
    if (named?.kind === 'postgres') await noteOrderedShared(named.name, given.database, 'export');
    else await noteOrdered(given.data, 'export');
    await send(history.dump(room));
  } else console.log(`${await take(from, history)} messages are in ${history.name} now`);
}

interface Args {
  /** File to import from. */
  readonly from?: string;
  readonly room?: string;
  readonly store?: string;
  readonly graph?: string;
  readonly data?: string;
}

function readArgs(subcommand: keyof typeof USAGE, args: readonly string[]): Args {
  const text = { type: 'string' as const };
  const options = { graph: text, data: text, store: text, ...(subcommand === 'export' && { room: text }) };
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length !== (subcommand === 'import' ? 1 : 0))
      throw new Error(`this names ${positionals.length} files`);
    return { ...(values as Args), ...(subcommand === 'import' && { from: positionals[0]! }) };
  } catch (error) {
    throw new Error(`${(error as Error).message.split('. ')[0]}; write ${USAGE[subcommand]}`);
  }
}

/** The store that a graph's nodes share. Throws a sentence if there is not exactly one. */
function storeOf(file: string): string {
  let text: string;
  try {
    text = readTextFile(file);
  } catch (error) {
    throw new Error(`${file} can't be read: ${(error as Error).message}; choose another with GRAPH`);
  }
  const [url, second] = new Set(Object.values(storesOf(readGraph(file, text).graph)));
  if (url !== undefined && second === undefined) return url;
  const found = url === undefined ? 'no store' : 'more than one store';
  throw new Error(`${file} names ${found} at STORE; choose one with --store sqlite:FILE or postgres:NAME`);
}

type Entries = ReturnType<CarriedHistory['dump']>;

async function send(entries: Entries): Promise<void> {
  try {
    await pipeline(Readable.from(chunks(entries)), process.stdout);
  } catch (error) {
    // The reader has closed the pipe.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

async function* chunks(entries: Entries): AsyncGenerator<string> {
  let chunk = '';
  for await (const entry of entries) {
    chunk += `${JSON.stringify(entry)}\n`;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

async function take(from: string, history: CarriedHistory): Promise<number> {
  const name = from === '-' ? 'stdin' : from;
  const source = from === '-' ? process.stdin : await opened(from);
  const lines = new Lines(name, source);
  try {
    return await history.restore(lines.entries());
  } catch (error) {
    throw error instanceof Misplaced
      ? new Error(visible(`${name}:${lines.number}: ${error.message}; nothing is taken`))
      : error;
  } finally {
    // After a failure the source may not have been read completely.
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

/** A history for export and import. */
interface CarriedHistory {
  readonly name: string;
  /** As `dump` and `restore` do for a database file. */
  dump(room?: string): Iterable<DumpedEntry> | AsyncIterable<DumpedEntry>;
  restore(entries: AsyncIterable<DumpedEntry>): Promise<number>;
}

/** The history of a URL given by the operator. Throws a sentence for a store in memory. */
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
