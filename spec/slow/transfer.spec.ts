import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { Lines, transfer } from '../../src/cli/transfer.ts';
import { type Running, serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { open, setDataFolder } from '../../src/store/open.ts';
import { type DumpedChange, type DumpedEntry, dump, restore } from '../../src/store/sqlite-dump.ts';
import type { Store } from '../../src/store/store.ts';
import { isLong } from '../support/long.ts';
import { anyCharacter } from '../support/random.ts';
import { folder } from '../support/server.ts';
import { ROOT } from '../support/source.ts';

// However busy the machine is.
jest.setTimeout(120_000);

/** Histories that are exported and imported; `npm run test:transfer` takes 100. */
const RUNS = Number(process.env.HISTORIES ?? (isLong ? 2 : 1));

const { path: place, remove } = folder();
let count = 0;
let running: Running | undefined;

/** A file that is not there yet. */
const fresh = (end: string) => join(place, `${++count}.${end}`);
const run = (args: readonly string[], input = ''): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, ['-r', './src/node24.cjs', 'src/main.ts', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    input,
    maxBuffer: 1e9,
  });

/** What a command says that is refused in this process, which is what main prints before it ends with 1. */
const refusal = (way: 'export' | 'import', args: readonly string[]): Promise<string> =>
  transfer(way, args, {}).then(
    () => 'it was not refused',
    error => (error as Error).message,
  );

async function serving(data: string): Promise<Running> {
  running = await serve(readSettings({ PORT: '0', GRAPH: join(ROOT, 'graphs/chat.fbp'), DATA: data }, []), () => {});
  return running;
}

/** The store in a database of ours. */
function opened(file: string): Store {
  setDataFolder(place);
  return open(`sqlite:${basename(file)}`);
}

/** Keeps messages in a new database, as a server would. */
async function filled(
  drafts: readonly (readonly [room: string, text: string, key?: string | undefined])[],
): Promise<string> {
  const file = fresh('db');
  const store = opened(file);
  await Promise.all(
    drafts.map(([room, text, key], index) =>
      store.append({
        room,
        author: 'ann',
        ...(index % 2 && { by: 'p1' }),
        text,
        ...(key !== undefined && { key }),
      }),
    ),
  );
  await store.close();
  return file;
}

/** Edits, removes and reacts to messages as a server would. */
async function changed(file: string, changes: readonly (readonly [DumpedChange['kind'], number])[]): Promise<void> {
  const store = opened(file);
  for (const room of ['a', 'b', 'lobby']) {
    const { messages } = await store.read(room, { limit: 99 });
    for (const [kind, which] of changes) {
      const message = messages[which % messages.length];
      const what = { kind, text: `${which}`, emoji: which % 2 ? '👍' : '🎉', author: 'bob', owner: `${which % 3}` };
      // What was removed before is refused.
      if (message) await store.change({ room, about: message.id, ...what, bypassesOwnership: true }).catch(() => {});
    }
  }
  await store.close();
}

const bytes = async function* (text: string, sizes = 7): AsyncGenerator<Buffer> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += sizes) yield all.subarray(at, at + sizes);
};
const told = (messages: readonly DumpedEntry[]) => messages.map(message => `${JSON.stringify(message)}\n`).join('');

const LINE = (more: object = {}) => ({
  room: 'a',
  seq: 1,
  id: 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6',
  author: 'ann',
  text: 'hi',
  at: '2026-11-22T08:00:00.000Z',
  time: 1795334400,
  ...more,
});
const LATER = {
  id: '0f5cbb0c-4a4e-4a0e-9f0c-3d2f1e3b7a10',
  seq: 2,
  at: '2026-11-22T08:00:00.000Z',
  time: 1795334400.000001,
};

afterEach(async () => {
  await running?.stop();
  running = undefined;
});
afterAll(remove);

describe('history', () => {
  it('is the same after it was exported and imported, whatever is in it', async () => {
    const text = fc.string({ unit: anyCharacter, minLength: 1, maxLength: 30 });
    const odd = fc.constantFrom('\u2028', 'a\r\nb', '\ufeff', '> a', '\0', '"', '😀');
    const draft = fc.tuple(
      fc.constantFrom('a', 'b', 'lobby'),
      fc.oneof(text, odd),
      fc.option(fc.oneof(text, odd), { nil: undefined }),
    );
    const change = fc.tuple(fc.constantFrom('edit', 'remove', 'react', 'react', 'unreact'), fc.nat({ max: 99 }));
    const all = [fc.array(draft, { maxLength: 30 }), fc.array(change, { maxLength: 20 })] as const;
    await fc.assert(
      fc.asyncProperty(...all, fc.integer({ min: 1, max: 99 }), async (drafts, changes, size) => {
        const seen = new Set<string>();
        const once = drafts.filter(
          ([room, , key]) => !key || (!seen.has(`${room} ${key}`) && seen.add(`${room} ${key}`)),
        );
        const file = await filled(once);
        await changed(file, changes);
        const before = [...dump(file)];
        expect(before.filter(entry => !('kind' in entry))).toHaveLength(once.length);
        const copy = fresh('db');
        expect(await restore(copy, new Lines('x', bytes(told(before), size)).entries())).toBe(once.length);
        expect([...dump(copy)]).toEqual(before);
      }),
      { numRuns: RUNS },
    );
  });

  it('keeps its order, ids, times and keys, has a new epoch, and goes on', async () => {
    const file = await filled([
      ['a', 'one', 'k'],
      ['b', 'two'],
      ['a', 'three'],
    ]);
    const before = opened(file);
    const { messages } = await before.read('a', { limit: 9 });
    const epoch = await before.epoch();
    await before.close();
    const copy = fresh('db');
    const { stdout, ...exported } = run(['export', '--store', `sqlite:${file}`]);
    expect(exported).toMatchObject({ status: 0, stderr: '' });
    const done = run(['import', '-', '--store', `sqlite:${copy}`], stdout);
    expect(done).toMatchObject({ status: 0, stdout: `3 messages are in ${copy} now\n`, stderr: '' });

    const after = opened(copy);
    expect(await after.epoch()).not.toBe(epoch);
    expect((await after.read('a', { limit: 9 })).messages).toEqual(messages);
    expect(messages.map(({ by }) => by)).toEqual([undefined, undefined]);
    expect((await after.read('b', { limit: 9 })).messages).toMatchObject([{ text: 'two', by: 'p1' }]);
    expect(await after.append({ room: 'a', author: 'ann', text: 'one', key: 'k' })).toEqual({
      message: messages[0],
      fresh: false,
    });
    const { message } = await after.append({ room: 'a', author: 'ann', text: 'four' });
    expect(message.seq).toBe(3);
    expect(message.time).toBeGreaterThan(messages[1]!.time);
    await after.close();
  });
});

describe('npm run export', () => {
  it('gives the database that the graph names, one message a line, of one room if asked', async () => {
    const data = fresh('data');
    await serving(data);
    for (const room of ['a', 'b', 'a']) {
      const body = new URLSearchParams({ author: 'ann', text: `in ${room}` });
      await fetch(`${running!.url}api/rooms/${room}/messages`, {
        method: 'POST',
        body,
        headers: { 'Idempotency-Key': `${++count}` },
      });
    }
    const { status, stdout, stderr } = run(['export', '--data', data]);
    expect([status, stderr]).toEqual([0, '']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(lines.map(({ room, seq }) => [room, seq])).toEqual([
      ['a', 1],
      ['a', 2],
      ['b', 1],
    ]);
    expect(Object.keys(lines[0])).toEqual(['room', 'seq', 'id', 'author', 'text', 'at', 'time', 'key']);
    expect(run(['export', '--data', data, '--room', 'b']).stdout).toBe(`${JSON.stringify(lines[2])}\n`);
  });

  it('is one moment of a history that goes on', async () => {
    const data = fresh('data');
    await serving(data);
    const post = (i: number) =>
      fetch(`${running!.url}api/rooms/a/messages`, {
        method: 'POST',
        body: new URLSearchParams({ author: `${i}`, text: 'hi' }),
      });
    for (let i = 0; i < 20; i++) await post(i);
    const snapshot = dump(join(data, 'history.db'));
    const first = snapshot.next().value;
    for (let i = 20; i < 40; i++) expect((await post(i)).status).toBe(201);
    expect([first, ...snapshot].map(message => message?.seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect([...dump(join(data, 'history.db'))]).toHaveLength(40);
  });

  it.each([
    [['--data', join(place, 'nowhere')], /^there is no \S+nowhere\/history\.db; /],
    [['--store', 'memory:a'], /^memory:a ends with its server; /],
    [['--store', 'redis:a'], /^redis:a names no store; /],
    [['--store', 'postgres:A'], /^postgres:A can't be a schema of PostgreSQL; /],
    [['--store', 'postgres:a'], /^nothing says where PostgreSQL is; set DATABASE_URL to /],
    [['--graph', 'graphs/gochat.fbp'], /^memory:\?keep=50 ends with its server; /],
    [['--graph', 'graphs/none.fbp'], /^graphs\/none\.fbp can't be read: .*; choose another with GRAPH/],
    [['--rom', 'a'], /^Unknown option '--rom'; write npm run --silent export -- /],
    [['history.jsonl'], /^this names 1 files; write npm run --silent export -- /],
  ])('says in a sentence what it can not do: %j', async (args, sentence) => {
    const said = await refusal('export', args);
    expect(said).toMatch(sentence);
    expect(said).not.toContain('\n');
  });

  it('ends with 1 and says nothing else where it can not', () => {
    const { status, stdout, stderr } = run(['export', '--store', 'sqlite:/etc/passwd']);
    expect([status, stdout, stderr]).toEqual([
      1,
      '',
      expect.stringMatching(/^\/etc\/passwd is no SQLite database; .*\n$/),
    ]);
  });
});

describe('npm run import', () => {
  /** Takes lines, in this process; says how many are taken. */
  const take = async (text: string) => {
    const from = fresh('jsonl');
    writeFileSync(from, text);
    const file = fresh('db');
    const said: string[] = [];
    const log = jest.spyOn(console, 'log').mockImplementation(line => void said.push(line));
    await transfer('import', [from, '--store', `sqlite:${file}`], {}).finally(() => log.mockRestore());
    const messages = [...dump(file)];
    expect(said).toEqual([`${messages.length} messages are in ${file} now`]);
    return messages;
  };
  const lines = (...all: readonly object[]) => all.map(line => `${JSON.stringify(line)}\n`).join('');

  it('takes what npm says before the first line, empty lines, and lines that end as on Windows', async () => {
    const text = `\n> flowchat@0.1.0 export\n> node src/main.ts export\n\n${lines(LINE(), LINE(LATER)).replaceAll('\n', '\r\n')}`;
    expect(await take(text)).toEqual([LINE(), LINE(LATER)]);
  });

  it('takes names and texts as they were kept, and times that were ahead of the clock', async () => {
    const old = LINE({ author: 'a\u200b\nb', text: '\u202e', at: '2026-11-19T08:00:00.000Z' });
    expect(await take(lines(old))).toEqual([old]);
  });

  it('takes a history whose beginning is gone', async () => {
    const messages = await take(lines(LINE({ seq: 7 }), LINE({ ...LATER, seq: 8 })));
    expect(messages.map(({ seq }) => seq)).toEqual([7, 8]);
  });

  it.each<[string, RegExp]>([
    ['{', /this is no JSON/],
    ['null', /room must be a text/],
    [JSON.stringify(LINE({ ...LATER, author: undefined })), /author must be a text/],
    [JSON.stringify(LINE({ ...LATER, text: '' })), /text must be a text .* not empty/],
    [JSON.stringify(LINE({ ...LATER, text: '\ud800' })), /text must be a text of well-formed Unicode/],
    [JSON.stringify(LINE({ ...LATER, key: 7 })), /key must be a text/],
    [JSON.stringify(LINE({ ...LATER, seq: '2' })), /seq must be a whole number/],
    [JSON.stringify(LINE({ ...LATER, seq: 3 })), /seq must be 2, the next of room a, not 3/],
    [JSON.stringify(LINE()), /seq must be 2, the next of room a, not 1/],
    [JSON.stringify(LINE({ ...LATER, time: 1795334400 })), /time must be later/],
    [JSON.stringify(LINE({ ...LATER, time: 'now' })), /time must be seconds/],
    [
      JSON.stringify(LINE({ ...LATER, at: '2026-11-22T09:00:00.000Z' })),
      /at can't be later than 2026-11-22T08:00:00\.000Z/,
    ],
    [JSON.stringify(LINE({ ...LATER, at: 'yesterday' })), /at must be an instant/],
    [JSON.stringify(LINE({ ...LATER, at: undefined })), /at must be an instant/],
    [JSON.stringify(LINE({ ...LATER, text: 'a\0b' })), /text must be a text .* without U\+0000/],
    [JSON.stringify(LINE({ ...LATER, room: 'b', seq: 1, id: LINE().id })), /the id "f81d4fae\S+" is there twice/],
    [JSON.stringify(LINE({ ...LATER, key: 'k' })), /the key "k" is there twice in room a/],
  ])('takes nothing where one line is wrong, and knows which: %s', async (line, sentence) => {
    const file = fresh('db');
    const source = new Lines('x', bytes(`${lines(LINE({ key: 'k' }))}${line}\n`));
    await expect(restore(file, source.entries())).rejects.toThrow(sentence);
    expect(source.number).toBe(2);
    expect([...dump(file)]).toEqual([]);
  });

  it('says in a sentence which line is wrong', async () => {
    const from = fresh('jsonl');
    writeFileSync(from, `${lines(LINE())}{\n`);
    expect(await refusal('import', [from, '--store', `sqlite:${fresh('db')}`])).toBe(
      `${from}:2: this is no JSON; nothing is taken`,
    );
  });

  it('names the last good line before what is not UTF-8', async () => {
    const latin = async function* () {
      yield Buffer.from(lines(LINE()));
      yield Buffer.from('{"room":"\xe9"}\n', 'latin1');
    };
    const source = new Lines('x', latin());
    await expect(restore(fresh('db'), source.entries())).rejects.toThrow('what follows this line is not UTF-8');
    expect(source.number).toBe(1);
  });

  it('leaves a history that is there as it is', async () => {
    const file = await filled([['a', 'hi']]);
    const before = [...dump(file)];
    const from = fresh('jsonl');
    writeFileSync(from, lines(LINE()));
    expect(await refusal('import', [from, '--store', `sqlite:${file}`])).toMatch(
      /has messages already; move it away first/,
    );
    expect([...dump(file)]).toEqual(before);
  });

  it('leaves a database alone that a server uses', async () => {
    const data = fresh('data');
    await serving(data);
    const from = fresh('jsonl');
    writeFileSync(from, lines(LINE()));
    const { status, stderr } = run(['import', from, '--data', data]);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/history\.db is used by another flowchat; stop that one /),
    ]);
  });

  it('makes no database where there is nothing to read', async () => {
    const file = fresh('db');
    expect(await refusal('import', [fresh('jsonl'), '--store', `sqlite:${file}`])).toMatch(
      /jsonl can't be read: ENOENT/,
    );
    expect(() => readFileSync(file)).toThrow('ENOENT');
  });

  it.each([[[]], [['a', 'b']]])('wants one file, not %j', async files => {
    expect(await refusal('import', files)).toBe(
      `this names ${files.length} files; write npm run import -- FILE|- [--store sqlite:FILE|postgres:NAME] [--graph FILE] [--data FOLDER]`,
    );
  });
});
