import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  mkdtemp,
  open as openFile,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { recordOf } from '../../src/model/directory.ts';
import type { Message } from '../../src/model/packets.ts';
import { open, setDataFolder } from '../../src/store/open.ts';
import { prepareCommit } from '../../src/store/sqlite-commit.ts';
import { type DumpedMessage, dump } from '../../src/store/sqlite-dump.ts';
import { databaseFault, migrate, openDatabase } from '../../src/store/sqlite-schema.ts';
import { type Store, StoreFailed } from '../../src/store/store.ts';
import { isLong } from '../support/long.ts';

/** How often a process is killed; `npm run test:kill` does it more often. */
const KILLS = Number(process.env.KILLS ?? (isLong ? 2 : 1));

// Locks, retries and processes take their time on a busy machine.
jest.setTimeout(60_000 + KILLS * 10_000);

let folder = '';
let count = 0;
const stores: Store[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flowchat-sqlite-'));
  setDataFolder(folder);
});
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  await Promise.all(stores.splice(0).map(store => store.close()));
});
afterAll(() => rm(folder, { recursive: true }));

const fresh = () => `${++count}.db`;

function opening(file: string): Store {
  const store = open(`sqlite:${file}`);
  stores.push(store);
  return store;
}

/** Expects that a file can't be opened. */
async function refused(file: string, sentence: string): Promise<void> {
  const store = opening(file);
  await expect(store.opened()).rejects.toBeInstanceOf(StoreFailed);
  await expect(store.opened()).rejects.toThrow(sentence);
  for (const rejected of [store.epoch(), store.rooms(), store.read('a', { limit: 1 }), store.append(draft('x'))])
    await expect(rejected).rejects.toThrow(sentence);
}

const draft = (text: string, room = 'a') => ({ room, author: 'ann', text, key: text });

async function filled(store: Store, number: number, room = 'a'): Promise<Message[]> {
  const texts = Array.from({ length: number }, (_, i) => `text ${i + 1}`);
  const kept = await Promise.all(texts.map(text => store.append(draft(text, room))));
  return kept.map(({ message }) => message);
}

/** Changes a database as another program does. */
function edit(file: string, sql: string): void {
  const db = new DatabaseSync(join(folder, file));
  db.exec(sql);
  db.close();
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await sleep(10);
}

/** The next message of a child that has a field of this name. */
async function heard<T>(child: ChildProcess, ...fields: string[]): Promise<T> {
  for (;;) {
    const [message] = await once(child, 'message');
    if (fields.some(field => field in message)) return message;
  }
}

async function started(file: string): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'sqlite-child.ts'), [folder, `sqlite:${file}`], { execArgv: [] });
  children.push(child);
  return child;
}

async function told<T>(child: ChildProcess, command: string, argument = ''): Promise<T> {
  child.send({ command, argument });
  return heard<T>(child, { append: 'kept', lose: 'lost' }[command] ?? command, 'failed');
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('a sqlite store', () => {
  it('keeps messages, keys, its epoch and its clock when it is closed and opened again', async () => {
    const file = fresh();
    const first = opening(file);
    const kept = await filled(first, 5);
    const epoch = await first.epoch();
    await first.close();
    const store = opening(file);
    expect(await store.epoch()).toBe(epoch);
    expect(await store.read('a', { limit: 50 })).toEqual({ messages: kept, first: 1, last: 5 });
    expect(await store.append(draft('text 3'))).toEqual({ message: kept[2], fresh: false });
    await expect(store.append({ ...draft('text 3'), author: 'bob' })).rejects.toThrow('the key "text 3" was used');
    expect((await store.append(draft('more'))).message.seq).toBe(6);
    expect(await store.rooms()).toEqual([{ room: 'a', last: 6, newest: 6 }]);
  });

  it('goes on with later times when the clock was set back, says what the clock says, and warns', async () => {
    const file = fresh();
    await opening(file).close();
    const ahead = (Date.now() + 1e9) * 1000;
    edit(file, `UPDATE history SET time = ${ahead}`);
    const warnings: string[] = [];
    setDataFolder(folder, sentence => warnings.push(sentence));
    const before = Date.now();
    const store = opening(file);
    await store.opened();
    expect(warnings).toEqual([expect.stringContaining(`${file}: messages have times up to `)]);
    const kept = await filled(store, 2);
    setDataFolder(folder);
    expect(kept.map(({ time }) => time)).toEqual([(ahead + 1) / 1e6, (ahead + 2) / 1e6]);
    for (const { at } of kept) {
      expect(Date.parse(at)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(at)).toBeLessThanOrEqual(Date.now());
    }
    await store.close();
    const again = opening(file);
    expect((await again.read('a', { limit: 9 })).messages).toEqual(kept);
    expect(await again.append(draft('text 1'))).toEqual({ message: kept[0], fresh: false });
    expect(warnings.length).toBe(1);
  });

  it('gives every message once and in order, however deep in the past', async () => {
    const file = fresh();
    await filled(opening(file), 450);
    for (const limit of [1, 7, 50, 1000]) {
      const store = opening(file);
      const forth: number[] = [];
      for (let after = 0; after < 450; after = forth.at(-1) ?? 450)
        forth.push(...(await store.read('a', { after, limit })).messages.map(({ seq }) => seq));
      const back: number[] = [];
      for (let before = 451; before > 1; before = back[0] ?? 1)
        back.unshift(...(await store.read('a', { before, limit })).messages.map(({ seq }) => seq));
      const all = Array.from({ length: 450 }, (_, i) => i + 1);
      expect([forth, back]).toEqual([all, all]);
    }
  });

  it('keeps edits and removals, and whose each message is, when it is closed and opened again', async () => {
    const file = fresh();
    const first = opening(file);
    const append = async (text: string) =>
      (await first.append({ room: 'a', author: 'ann', text, key: text, owner: 'my secret' })).message;
    const [one, two] = [await append('one'), await append('two')];
    await first.change({ room: 'a', kind: 'edit', about: one.id, text: 'eins', owner: 'my secret' });
    await first.change({ room: 'a', kind: 'remove', about: two.id, text: '', owner: 'my secret' });
    const [log, page] = [await first.entries('a', { after: 0, limit: 9 }), await first.read('a', { limit: 9 })];
    await first.close();
    const store = opening(file);
    expect(await store.entries('a', { after: 0, limit: 9 })).toEqual(log);
    expect(await store.read('a', { limit: 9 })).toEqual(page);
    expect(await store.rooms()).toEqual([{ room: 'a', last: 4, newest: 2 }]);
    const again = { room: 'a', kind: 'edit', about: one.id, text: 'uno' } as const;
    await expect(store.change({ ...again, owner: 'no secret' })).rejects.toMatchObject({ fault: 'foreign' });
    expect(await store.change({ ...again, owner: 'my secret' })).toMatchObject({ entry: { seq: 5 } });
    expect((await store.append({ room: 'a', author: 'ann', text: 'one', key: 'one' })).message.text).toBe('uno');
  });

  it('has the text of a removed message in none of its files, not even while it runs', async () => {
    const file = fresh();
    const store = opening(file);
    const { message } = await store.append({ room: 'a', author: 'ann', text: 'nobody may know', owner: 'my secret' });
    for (const text of ['nobody may ever know', 'nobody may know it'])
      await store.change({ room: 'a', kind: 'edit', about: message.id, text, owner: 'my secret' });
    await filled(store, 300);
    const holds = async () => {
      const names = (await readdir(folder)).filter(name => name.startsWith(file));
      const all = await Promise.all(names.map(name => readFile(join(folder, name), 'latin1')));
      return all.some(bytes => bytes.includes('nobody may') || bytes.includes('my secret'));
    };
    expect(await holds()).toBe(true);
    await store.change({ room: 'a', kind: 'remove', about: message.id, text: '', owner: 'my secret' });
    expect(await holds()).toBe(false);
  });

  it('has none of many removed texts left where pages were split, a little later, and stays well', async () => {
    const file = fresh();
    const store = opening(file);
    const drafts = Array.from({ length: 3000 }, (_, i) => ({
      room: `r${(i * 7) % 13}`,
      author: 'ann',
      text: `hushed${i};`.padEnd((i * 31) % 200, '-'),
    }));
    const kept = await Promise.all(drafts.map(draft => store.append(draft)));
    for (const { message } of kept)
      void store.change({ room: message.room, kind: 'remove', about: message.id, text: '', bypassesOwnership: true });
    const bytes = async () => {
      const names = (await readdir(folder)).filter(name => name.startsWith(file));
      return (await Promise.all(names.map(name => readFile(join(folder, name), 'latin1')))).join();
    };
    while (/hushed\d/.test(await bytes())) {
      expect(store.health()).toBeUndefined();
      await sleep(20);
    }
    for (let i = 0; i < 20; i++) {
      expect(store.health()).toBeUndefined();
      await sleep(10);
    }
    expect((await store.append({ room: 'r0', author: 'ann', text: 'on it goes' })).fresh).toBe(true);
    expect(store.health()).toBeUndefined();
    expect((await store.entries('r0', { after: 0, limit: 9 })).entries).toHaveLength(9);
  });

  it('gives the log in one order, however deep in the past', async () => {
    const file = fresh();
    const store = opening(file);
    const kept = await filled(store, 300);
    for (const [i, { id }] of kept.entries())
      if (i % 3 === 0)
        await store.change({ room: 'a', kind: 'edit', about: id, text: `now ${i}`, bypassesOwnership: true });
    await store.close();
    for (const limit of [1, 7, 150, 1000]) {
      const again = opening(file);
      const seqs: number[] = [];
      for (let after = 0; after < 400; after = seqs.at(-1) ?? 400)
        seqs.push(...(await again.entries('a', { after, limit })).entries.map(({ seq }) => seq));
      expect(seqs).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
      const page: Message[] = [];
      for (let after = 0; page.length < 300; after = page.at(-1)?.seq ?? 400)
        page.push(...(await again.read('a', { after, limit })).messages);
      expect(page.map(({ text }) => text)).toEqual(kept.map(({ text }, i) => (i % 3 === 0 ? `now ${i}` : text)));
    }
  });

  it('finds what came since a time, however deep in the past', async () => {
    const store = opening(fresh());
    const kept = await filled(store, 450);
    for (const [index, limit] of [
      [10, 1000],
      [240, 1000],
      [300, 1000],
      [449, 50],
      [10, 300],
      [10, 20],
    ] as const) {
      const { messages } = await store.read('a', { since: kept[index]?.time ?? 0, limit });
      expect(messages).toEqual(kept.slice(index + 1).slice(-limit));
    }
  });

  it('takes many drafts in one turn, and gives many messages in one read', async () => {
    // More than a function takes as arguments, which with a small stack are fewer.
    const many = 25_000;
    const script = `
      const { setDataFolder, open } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/store/open.ts'))});
      try {
        Math.max(...new Array(${many}));
        process.stdout.write('all are taken as arguments: ');
      } catch {}
      setDataFolder(process.argv[1]);
      const store = open(process.argv[2]);
      const drafts = Array.from({ length: ${many} }, () => ({ room: 'a', author: 'ann', text: 'hi' }));
      await Promise.all(drafts.map(one => store.append(one)));
      process.stdout.write(String((await store.read('a', { limit: Number.POSITIVE_INFINITY })).messages.length));
      await store.close();`;
    const args = ['--stack-size=160', '--input-type=module', '--eval', script, folder, `sqlite:${fresh()}`];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe(String(many));
  });

  it('makes the folder that was set', async () => {
    setDataFolder(join(folder, 'new/deep'));
    const file = fresh();
    await filled(opening(file), 1);
    setDataFolder(folder);
    expect(await readdir(join(folder, 'new/deep'))).toContain(file);
  });

  it('is one store where its file has two names', async () => {
    const file = fresh();
    const store = opening(file);
    await symlink(join(folder, file), join(folder, `link-${file}`));
    const other = opening(`link-${file}`);
    await filled(store, 1);
    expect((await other.read('a', { limit: 9 })).last).toBe(1);
  });

  it('can be opened again at any moment of its closing', async () => {
    const file = fresh();
    const rounds = isLong ? 12 : 4;
    for (let i = 1; i <= rounds; i++) {
      const store = opening(file);
      expect((await store.append(draft(`round ${i}`))).message.seq).toBe(i);
      const closing = store.close();
      for (let turn = 0; turn < (i * 36) / rounds; turn++) await new Promise(setImmediate);
      if (i % 4 === 0) await closing;
    }
  });

  it('keeps its process alive until what it was asked for is done, and no longer', () => {
    const script = `
      const { setDataFolder, open } = await import(process.argv[1]);
      setDataFolder(process.argv[2]);
      await open(process.argv[3]).close();
      const store = open(process.argv[3]);
      await store.append({ room: 'a', author: 'ann', text: 'hi' });
      console.log('done');`;
    const where = [join(import.meta.dirname, '../../src/store/open.ts'), folder, `sqlite:${fresh()}`];
    const said = execFileSync(process.execPath, ['--input-type=module', '--eval', script, ...where]);
    expect(String(said)).toBe('done\n');
  });

  it('does not show what is not durable yet', async () => {
    const file = fresh();
    const store = opening(file);
    await filled(store, 1);
    const other = new DatabaseSync(join(folder, file));
    other.exec('BEGIN IMMEDIATE');
    const pending = store.append(draft('held up'));
    for (let i = 0; i < 5; i++) {
      await sleep(10);
      expect((await store.read('a', { limit: 9 })).last).toBe(1);
    }
    other.exec('ROLLBACK');
    other.close();
    expect((await pending).message.seq).toBe(2);
  });
});

describe('the statements by which messages are written', () => {
  it('look at one message and what became of it, never at all of a room', () => {
    const file = join(folder, fresh());
    const db = openDatabase(file, 0);
    migrate(db, file);
    const prepare = jest.spyOn(db, 'prepare');
    prepareCommit(db);
    const texts = prepare.mock.calls.map(([text]) => text).filter(text => !text.includes('max('));
    const steps = texts.flatMap(text =>
      db
        .prepare(`EXPLAIN QUERY PLAN ${text}`)
        .all()
        .map(({ detail }) => String(detail)),
    );
    expect(steps).toContainEqual(expect.stringContaining('(room=? AND about=?)'));
    expect(steps.filter(step => step.endsWith('(room=?)'))).toEqual([]);
    db.close();
  });
});

describe('opening a sqlite store', () => {
  it('refuses a database of a newer version', async () => {
    const file = fresh();
    await opening(file).close();
    edit(file, 'PRAGMA user_version = 99');
    await refused(
      file,
      `${join(folder, file)} was made by a newer flowchat (layout 99, this one knows 6); update this one or take another file`,
    );
  });

  it("refuses another program's database and leaves it as it is", async () => {
    const file = fresh();
    edit(file, 'CREATE TABLE theirs (x)');
    await refused(file, "is another program's database; take another file");
    const again = new DatabaseSync(join(folder, file));
    expect(again.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'theirs' }]);
    again.close();
  });

  it('refuses a file that is no database, and opens once it is gone', async () => {
    const file = fresh();
    await writeFile(join(folder, file), 'This is a letter to my aunt, and no database. '.repeat(100));
    await refused(file, 'is no SQLite database; put a backup in its place, or move it away');
    await rm(join(folder, file));
    await filled(opening(file), 1);
  });

  it('refuses a file of which only the beginning is whole, and lets go of it', async () => {
    const file = fresh();
    const store = opening(file);
    await filled(store, 1);
    await store.close();
    const whole = await readFile(join(folder, file));
    await writeFile(join(folder, file), Buffer.concat([whole.subarray(0, 4096), Buffer.alloc(whole.length - 4096, 7)]));
    await refused(file, `${file} is damaged; put a backup in its place`);
    await writeFile(join(folder, file), whole);
    await filled(opening(file), 1);
  });

  it.each(['', '/deep'])('refuses a folder that cannot be made: a file%s', async below => {
    const file = fresh();
    await writeFile(join(folder, file), '');
    setDataFolder(join(folder, file + below));
    expect(() => opening('chat.db')).toThrow('cannot be made below a file; take another folder');
    setDataFolder(folder);
  });

  it('refuses a folder in the place of a file', async () => {
    await mkdir(join(folder, 'full.db'));
    await refused('full.db', 'cannot be opened; let this user write to it and to its folder');
  });

  it('refuses a file that another process uses, until that one is gone, even by kill -9', async () => {
    const file = fresh();
    const child = await started(file);
    await heard(child, 'open');
    await refused(file, 'is used by another flowchat; stop that one or take another file');
    await kill(child);
    await filled(opening(file), 1);
  });
});

describe('the directory of a sqlite store', () => {
  it('is there again after a restart, and was written all at once', async () => {
    const file = fresh();
    const [first, second] = [opening(file), () => opening(file)];
    const person = (id: string) => recordOf.person({ id, kind: 'person', name: id, role: 'member', made: 1 });
    await (await first.directory()).change(() => ({ records: [person('ann'), person('bob')], result: 0 }));
    await (await first.directory()).change(() => ({
      records: [{ kind: 'person', key: 'bob', value: null }],
      result: 0,
    }));
    await first.close();
    const { now } = await second().directory();
    expect(now.people).toEqual([person('ann').value]);
  });
});

describe('a database of an older layout', () => {
  const fixture = (layout: number) => join(import.meta.dirname, `../fixtures/history-layout-${layout}.db`);
  const FIXTURE = fixture(1);
  const dumped = (file: string) => [...dump(file)] as readonly DumpedMessage[];

  /** What a fixture has beside the same four messages. */
  const PAST = [
    ['past', 'now'],
    ['past', ''],
    ['past', undefined],
    ['past', undefined],
  ];

  it.each([
    [1, 'ff9774f9', []],
    [2, 'ed7adbc6', []],
    [3, 'ed7adbc6', PAST],
    [4, 'ed7adbc6', [...PAST, ['past', undefined]]],
    [5, 'ed7adbc6', [...PAST, ['past', undefined]]],
  ])('%i is updated with all that is in it, and a copy of it stays beside it', async (number, epoch, past) => {
    const file = fresh();
    await copyFile(fixture(number), join(folder, file));
    const told: string[] = [];
    setDataFolder(folder, sentence => told.push(sentence));
    const before = dumped(join(folder, file));
    expect(before.map(({ room, text }) => [room, text])).toEqual([
      ['garden', 'roses'],
      ['lobby', 'hello'],
      ['lobby', 'line 1\nline 2 \u{1f600}'],
      ['lobby', 'nobody'],
      ...past,
    ]);
    const store = opening(file);
    setDataFolder(folder);
    expect(await store.epoch()).toBe(epoch);
    expect(told[0]).toMatch(
      new RegExp(`${file} \\(1 MB\\) is of layout ${number}; it is copied to .*-layout-${number} first`),
    );
    expect(told.at(-1)).toMatch(/is of layout 6 now; remove .* once all is well/);
    expect((await store.append({ room: 'lobby', author: 'ann', text: 'hello', key: 'k-1' })).fresh).toBe(false);
    expect((await store.append(draft('more', 'lobby'))).message.seq).toBe(4);
    const [{ id: first } = { id: '' }] = before;
    await store.change({ room: 'garden', kind: 'edit', about: first, text: 'tulips', bypassesOwnership: true });
    expect((await store.entries('garden', { after: 1, limit: 9 })).entries).toMatchObject([{ seq: 2, kind: 'edit' }]);
    await store.close();
    const after = dumped(join(folder, file));
    expect(after.filter(({ text, room }) => text !== 'more' && room !== 'garden')).toEqual(before.slice(1));
    const copy = `${join(folder, file)}-layout-${number}`;
    expect(dumped(copy)).toEqual(before);
    expect(layout(copy)).toBe(number);
    expect(layout(join(folder, file))).toBe(6);
    expect((await stat(copy)).mode & 0o777).toBe(0o600);
    await filled(opening(file), 1);
  });

  it('is whole, and of an old or the new layout, wherever the power is cut while it is updated', async () => {
    const old = fresh();
    await copyFile(FIXTURE, join(folder, old));
    edit(
      old,
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
       INSERT INTO message SELECT 'big', i, printf('id %d', i), 'ann', printf('text %d', i), 1800000000000000 + i, NULL FROM n`,
    );
    const messages = (file: string) => dumped(file).map(({ room, seq, text }) => `${room} ${seq} ${text}`);
    const before = messages(join(folder, old));
    const seen = new Set<unknown>();
    for (let cut = 0; cut < KILLS; cut++) {
      const file = fresh();
      await copyFile(join(folder, old), join(folder, file));
      const child = await started(file);
      // It is in the middle of it from the moment on at which there is the copy.
      const isBegun = () => existsSync(`${join(folder, file)}-layout-1`);
      while (!isBegun() && child.exitCode === null) await sleep(1);
      await sleep(Math.random() * 60);
      await kill(child);
      seen.add(layout(join(folder, file)));
      expect(messages(join(folder, file))).toEqual(before);
      await opening(file).opened();
      expect(layout(join(folder, file))).toBe(6);
      expect(messages(join(folder, file))).toEqual(before);
    }
    for (const number of seen) expect([1, 2, 3, 4, 5, 6]).toContain(number);
  });

  it('is left as it was where there is no room for the copy', async () => {
    const file = fresh();
    await copyFile(FIXTURE, join(folder, file));
    await mkdir(join(folder, `${file}-layout-1/full`), { recursive: true });
    await refused(file, file);
    expect(layout(join(folder, file))).toBe(1);
    await rm(join(folder, `${file}-layout-1`), { recursive: true });
    expect((await opening(file).rooms()).map(({ room }) => room)).toEqual(['garden', 'lobby']);
  });

  function layout(file: string): unknown {
    const db = new DatabaseSync(file, { readOnly: true });
    const version = db.prepare('PRAGMA user_version').get()?.user_version;
    db.close();
    return version;
  }
});

describe('the files of a sqlite store', () => {
  it('can be read by their owner only, also where others could before', async () => {
    const file = fresh();
    await writeFile(join(folder, file), '', { mode: 0o644 });
    await writeFile(join(folder, `${file}-lock`), '', { mode: 0o644 });
    const store = opening(file);
    await filled(store, 1);
    for (const end of ['', '-wal', '-shm', '-lock'])
      expect([end, (await stat(join(folder, file + end))).mode & 0o777]).toEqual([end, 0o600]);
  });

  it.each<[string, (file: string) => Promise<void>, RegExp]>([
    ['removed', file => rm(file), /\.db was removed while the server runs/],
    ['removed with all beside it', file => removed(file, '', '-wal', '-shm'), /\.db was removed while the server runs/],
    ['moved away', file => rename(file, `${file}.old`), /\.db was removed while the server runs/],
    ['replaced by a copy', file => replaced(file), /\.db was replaced while the server runs/],
    ['emptied', file => truncate(file), /\.db was cut short by another program/],
    ['emptied with its log', file => emptied(file, '', '-wal'), /\.db was cut short by another program/],
    ['without its log', file => rm(`${file}-wal`), /\.db-wal was removed while the server runs/],
    ['without its lock', file => rm(`${file}-lock`), /\.db-lock was removed while the server runs/],
  ])('are told where the database is %s, and nothing is acknowledged', async (_, harm, sentence) => {
    const file = fresh();
    const store = opening(file);
    await filled(store, 3);
    expect(store.health()).toBeUndefined();
    await harm(join(folder, file));
    expect(store.health()).toMatch(sentence);
    await expect(store.append(draft('lost'))).rejects.toThrow(sentence);
    expect(store.health()).toMatch(sentence);
    await expect(store.append(draft('lost as well'))).rejects.toThrow(sentence);
  });

  it('are told where the log is emptied, once something is written', async () => {
    const file = fresh();
    const store = opening(file);
    await filled(store, 3);
    await truncate(join(folder, `${file}-wal`));
    await expect(store.append(draft('lost'))).rejects.toThrow(/\.db-wal was emptied while the server runs/);
  });

  it('may be brought back to where they were, and then all goes on', async () => {
    const file = fresh();
    const store = opening(file);
    await filled(store, 1);
    await rename(join(folder, file), join(folder, 'away'));
    await expect(store.append(draft('meanwhile'))).rejects.toThrow('was removed');
    await rename(join(folder, 'away'), join(folder, file));
    await until(() => store.health() === undefined);
    await filled(store, 2, 'b');
  });

  it("may be put in order by another program's checkpoint", async () => {
    const file = fresh();
    const store = opening(file);
    await filled(store, 3);
    edit(file, 'PRAGMA wal_checkpoint(TRUNCATE)');
    expect(store.health()).toBeUndefined();
    await filled(store, 3, 'b');
    expect(store.health()).toBeUndefined();
  });

  const removed = async (file: string, ...ends: string[]) => {
    for (const end of ends) await rm(file + end);
  };
  const emptied = async (file: string, ...ends: string[]) => {
    for (const end of ends) await truncate(file + end);
  };
  const replaced = async (file: string) => {
    await copyFile(file, `${file}.copy`);
    await rename(`${file}.copy`, file);
  };
});

describe('a sqlite store in trouble', () => {
  it('that another program holds leaves the event loop free, and says so in the end', async () => {
    const file = fresh();
    const other = new DatabaseSync(join(folder, file));
    other.exec('CREATE TABLE theirs (x); BEGIN EXCLUSIVE');
    let turns = 0;
    const turning = setInterval(() => turns++, 5);
    const store = opening(file);
    await expect(store.opened()).rejects.toThrow('is locked by another program; let that one finish or end it');
    clearInterval(turning);
    other.close();
    // However busy the machine is, opening waits for seconds.
    expect(turns).toBeGreaterThan(20);
  });

  it('says that another program holds the lock, reads on, and recovers by itself', async () => {
    const file = fresh();
    const store = opening(file);
    const kept = await filled(store, 2);
    const other = new DatabaseSync(join(folder, file));
    other.exec('BEGIN IMMEDIATE');
    const refused = store.append(draft('too much'));
    await expect(refused).rejects.toBeInstanceOf(StoreFailed);
    await expect(refused).rejects.toThrow('is locked by another program; let that one finish or end it');
    expect(store.health()).toContain('is locked by another program');
    expect((await store.read('a', { limit: 9 })).messages).toEqual(kept);
    other.exec('ROLLBACK');
    other.close();
    await until(() => store.health() === undefined);
    expect((await store.append(draft('too much'))).message.seq).toBe(3);
  });

  it('reads what is whole in a damaged file, and says so of the rest', async () => {
    const file = fresh();
    const first = opening(file);
    await filled(first, 600, 'a');
    await filled(first, 600, 'z');
    await first.close();
    const handle = await openFile(join(folder, file), 'r+');
    await handle.write(Buffer.alloc(8192, 0xff), 0, 8192, 4096 * 12);
    await handle.close();
    const store = opening(file);
    const reads = await Promise.allSettled(
      Array.from({ length: 12 }, (_, i) => store.read('a', { after: i * 50, limit: 50 })),
    );
    const failed = reads.flatMap(read => (read.status === 'rejected' ? [read.reason] : []));
    expect(failed.length).toBeGreaterThan(0);
    for (const reason of failed) {
      expect(reason).toBeInstanceOf(StoreFailed);
      expect(reason.message).toContain('is damaged; put a backup in its place');
    }
    expect((await store.read('z', { limit: 50 })).messages.length).toBe(50);
  });

  it('keeps none of a transaction that does not fit on the disk, and all of it once there is room', () => {
    const file = join(folder, fresh());
    const db = openDatabase(file, 0);
    migrate(db, file);
    const commit = prepareCommit(db);
    const entry = (text: string) => ({
      kind: 'message' as const,
      room: 'a',
      author: 'ann',
      text,
      id: text.slice(0, 9),
      key: null,
    });
    const entries = [entry('first'), entry('long'.repeat(10_000)), entry('last')];
    expect(commit([entry('before')])).toMatchObject([{ seq: 1 }]);
    db.exec('PRAGMA max_page_count = 8');
    const thrown = (() => {
      try {
        return commit(entries);
      } catch (error) {
        return databaseFault(file, error);
      }
    })();
    expect(thrown).toBeInstanceOf(StoreFailed);
    expect(String(thrown)).toContain('does not fit on its disk any more; make room there');
    expect(db.prepare('SELECT seq FROM message').all()).toEqual([{ seq: 1 }]);
    db.exec('PRAGMA max_page_count = 1000');
    expect(commit(entries)).toMatchObject([{ seq: 2 }, { seq: 3 }, { seq: 4 }]);
    db.close();
  });

  it('keeps none of a transaction of which a part is refused, and goes on', () => {
    const file = join(folder, fresh());
    const db = openDatabase(file, 0);
    migrate(db, file);
    const commit = prepareCommit(db);
    const entry = { kind: 'message' as const, room: 'a', author: 'ann', text: 'hi', id: 'id', key: null };
    expect(() => commit([entry, { ...entry, text: null as unknown as string }])).toThrow('NOT NULL');
    expect(commit([entry])).toMatchObject([{ seq: 1 }]);
    db.close();
  });

  it('says that the disk takes no more, reads on, loses nothing, and recovers when the disk has room again', async () => {
    const child = await started(fresh());
    await heard(child, 'open');
    const limit = (bytes: string) => execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:`]);
    await told(child, 'append', 'kept before');
    limit('65536');
    let kept = 1;
    let failed: string | undefined;
    while (failed === undefined) {
      ({ failed } = await told<{ failed?: string }>(child, 'append', `${kept} ${'x'.repeat(3000)}`));
      if (failed === undefined) kept++;
    }
    expect(failed).toMatch(/^StoreFailed: .* by its disk; look after the disk/);
    expect((await told<{ health: string }>(child, 'health')).health).toContain('look after the disk');
    expect((await told<{ read: { last: number } }>(child, 'read')).read.last).toBe(kept);
    limit('unlimited');
    while ((await told<{ health: string }>(child, 'health')).health !== 'well') await sleep(50);
    const after = await told<{ kept: { message: Message } }>(child, 'append', 'kept after');
    expect(after.kept.message.seq).toBe(kept + 1);
    const { read } = await told<{ read: { messages: Message[] } }>(child, 'read');
    expect(read.messages.map(({ seq }) => seq)).toEqual(Array.from({ length: kept + 1 }, (_, i) => i + 1));
  });

  it('says that its thread ended, reads on, and starts another one', async () => {
    const child = await started(fresh());
    await heard(child, 'open');
    await told(child, 'append', 'before');
    await told(child, 'lose');
    expect((await told<{ failed: string }>(child, 'append', 'meanwhile')).failed).toMatch(
      /^StoreFailed: the thread that writes .* ended .*; it is started again, try again in a second$/,
    );
    expect((await told<{ health: string }>(child, 'health')).health).toContain('the thread that writes');
    expect((await told<{ read: { last: number } }>(child, 'read')).read.last).toBe(1);
    while ((await told<{ health: string }>(child, 'health')).health !== 'well') await sleep(50);
    expect((await told<{ kept: { message: Message } }>(child, 'append', 'after')).kept.message.seq).toBe(2);
  });

  it('has what it acknowledged before a kill -9, once, and what is retried, once', async () => {
    const file = fresh();
    const kept = new Map<string, { room: string; seq: number; id: string; time: number }>();
    const sent = new Set<string>();
    for (let round = 0; round < KILLS; round++) {
      const child = await started(file);
      await heard(child, 'open');
      child.on('message', (message: { sent?: string; kept?: string }) => {
        if (message.sent) sent.add(message.sent);
        if (message.kept) kept.set(message.kept, message as never);
      });
      for (const poster of [1, 2, 3, 4]) child.send({ command: 'flood', argument: `${round}-${poster}` });
      const enough = kept.size + 40 + round * 25;
      await until(() => kept.size >= enough);
      await kill(child);
    }
    const store = opening(file);
    for (const [key, { room, seq, id, time }] of kept) {
      const { messages } = await store.read(room, { after: seq - 1, limit: 1 });
      expect(messages[0]).toMatchObject({ seq, id, time, text: key });
    }
    for (const key of sent) {
      const [, author = '', i] = /^(.*)-(\d+)$/.exec(key)!;
      const { fresh } = await store.append({ room: `room-${Number(i) % 2}`, author, text: key, key });
      if (kept.has(key)) expect(fresh).toBe(false);
    }
    const messages: Message[] = [];
    for (const room of ['room-0', 'room-1']) {
      const part = (await store.read(room, { after: 0, limit: 1e6 })).messages;
      expect(part.map(({ seq }) => seq)).toEqual(part.map((_, i) => i + 1));
      messages.push(...part);
    }
    expect(new Set(messages.map(({ text }) => text))).toEqual(sent);
    expect(messages.length).toBe(sent.size);
    expect(new Set(messages.map(({ time }) => time)).size).toBe(sent.size);
  });
});
