import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { historyAt } from '../../src/cli/transfer.ts';
import { recordOf } from '../../src/model/directory.ts';
import type { Entry } from '../../src/model/packets.ts';
import { SharedDirectory } from '../../src/store/directory.ts';
import { isLeading, open, setDatabase, setDataFolder } from '../../src/store/open.ts';
import { Postgres } from '../../src/store/postgres.ts';
import type { DumpedEntry, DumpedMessage } from '../../src/store/sqlite-dump.ts';
import { ChangeRefused, StoreFailed } from '../../src/store/store.ts';
import { until } from '../support/chat.ts';
import { isLong, some } from '../support/long.ts';
import { freePort } from '../support/machine.ts';
import { PostgresServer } from '../support/postgres.ts';
import { leavesNoTrace } from '../support/private-rooms.ts';
import { storeContract } from '../support/store-contract.ts';

let server: PostgresServer;
let count = 0;
const fresh = () => `s${++count}`;

beforeAll(async () => {
  server = await PostgresServer.start();
  setDatabase({ DATABASE_URL: server.url });
});
afterAll(() => server.stop());

storeContract('postgres', () => `postgres:${fresh()}`);
leavesNoTrace('postgres:private');

const opened: Postgres[] = [];
const warnings: string[] = [];

/** A handle as another process has one. */
async function opening(name: string, url = server.url, isStandbySync = false, place = 'here'): Promise<Postgres> {
  const warn = (sentence: string) => void warnings.push(sentence);
  const store = await Postgres.open({ name, isStandbySync, variables: { DATABASE_URL: url }, place, warn });
  opened.push(store);
  return store;
}

afterEach(async () => {
  jest.useRealTimers();
  await Promise.all(opened.splice(0).map(store => store.close()));
  expect(warnings.splice(0)).toEqual([]);
});

const post = async (store: Postgres, text: string, more: object = {}) =>
  (await store.append({ room: 'a', author: 'ann', text, owner: 'mine', ...more })).message;
const change = (store: Postgres, kind: 'edit' | 'remove' | 'react', about: string, more: object = {}) =>
  store.change({ room: 'a', kind, about, text: '', author: 'ann', owner: 'mine', ...more });
const is = (entry: Entry) => `${entry.message.room} ${entry.seq} ${entry.kind} ${entry.message.seq}`;

describe('two processes with one postgres store', () => {
  it('are one store: what one keeps the other reads at once, by the same numbers and keys', async () => {
    const name = fresh();
    const [one, two] = await Promise.all([opening(name), opening(name)]);
    expect(await one.epoch()).toBe(await two.epoch());
    const first = await post(one, 'hi', { key: 'k' });
    expect((await two.read('a', { limit: 9 })).messages).toEqual([first]);
    expect(await two.append({ room: 'a', author: 'ann', text: 'hi', key: 'k' })).toEqual({
      message: first,
      fresh: false,
    });
    expect(await two.rooms()).toEqual([{ room: 'a', last: 1, newest: 1 }]);
    const edited = await change(two, 'edit', first.id, { text: 'ho' });
    expect(edited.message).toMatchObject({ text: 'ho', edited: expect.any(String) });
    expect(edited.entry?.seq).toBe(2);
    expect((await one.read('a', { limit: 9 })).messages).toEqual([edited.message]);
    await post(two, 'more', { room: 'b' });
    expect(await one.rooms()).toEqual([
      { room: 'a', last: 2, newest: 1 },
      { room: 'b', last: 1, newest: 1 },
    ]);
    await change(one, 'remove', first.id);
    expect((await two.rooms()).map(({ room }) => room)).toEqual(['b']);
    expect([await two.has('a'), await two.has('c')]).toEqual([true, false]);
  });

  it('read no whole table, though their queries were planned when there was nothing in it', async () => {
    const name = fresh();
    const [one, two] = await Promise.all([opening(name), opening(name)]);
    const heard: string[] = [];
    two.follow({ entry: entry => heard.push(is(entry)), records() {} });
    const messages = await Promise.all(Array.from({ length: 40 }, (_, n) => post(one, `text ${n}`)));
    for (const { id } of messages.slice(0, 5)) await change(two, 'react', id, { emoji: '👍' });
    await until(() => heard.length === 40);
    for (const store of [one, two]) {
      expect((await store.read('a', { limit: 9, after: 3 })).messages).toHaveLength(9);
      expect((await store.entries('a', { limit: 9, after: 3 })).entries).toHaveLength(9);
      expect((await store.select({ author: 'ann' })).messages).toHaveLength(40);
      expect(await store.rooms()).toHaveLength(1);
    }
    await Promise.all(opened.splice(0).map(store => store.close()));
    // What a connection has read is counted when it ends, at the latest.
    const counts = () =>
      server.ask(
        `SELECT relname AS name, idx_scan > 0 AS by_index, seq_tup_read::int AS others FROM pg_stat_user_tables
        WHERE schemaname = '${name}' AND relname IN ('message', 'change', 'room') ORDER BY relname`,
      );
    await until(async () => (await counts()).every(({ by_index: byIndex }) => byIndex));
    expect((await counts()).map(({ name, others }) => [name, others])).toEqual([
      ['change', 0],
      ['message', 0],
      ['room', 0],
    ]);
  });

  it('are told of all that the other keeps, once, in the order of all, and before they hear of what they kept later', async () => {
    const name = fresh();
    const stores = await Promise.all([opening(name), opening(name), opening(name)]);
    const seen = stores.map((): string[] => []);
    const own = stores.map((): string[] => []);
    for (const [index, store] of stores.entries())
      store.follow({ entry: entry => seen[index]!.push(is(entry)), records() {} });
    const kept = (index: number, entry: string) => {
      seen[index]!.push(entry);
      own[index]!.push(entry);
    };
    await Promise.all(
      stores.map(async (store, index) => {
        for (let round = 0; round < 12; round++) {
          const room = `a${round % 2}`;
          await Promise.all(
            [1, 2, 3].map(async text => {
              const { message } = await store.append({ room, author: 'ann', text: String(text), owner: 'mine' });
              kept(index, `${room} ${message.seq} message ${message.seq}`);
              for (const [kind, more] of [
                ['edit', { text: 'new' }],
                ['react', { emoji: '👍' }],
                ['remove', {}],
              ] as const) {
                const { entry } = await change(store, kind, message.id, { room, ...more });
                kept(index, is(entry!));
              }
            }),
          );
        }
      }),
    );
    const all = 3 * 12 * 3 * 4;
    await until(
      () => seen.every(list => list.length >= all),
      () => seen.map(list => list.length),
    );
    const inRoom = (list: readonly string[], room: string) => list.filter(entry => entry.startsWith(`${room} `));
    for (const room of ['a0', 'a1']) {
      const order = inRoom(seen[0]!, room);
      expect(order.map(entry => Number(entry.split(' ')[1]))).toEqual(order.map((_, index) => index + 1));
      for (const list of seen) expect(inRoom(list, room)).toEqual(order);
    }
    const positions = (await server.ask(
      `SELECT pos FROM ${name}.message UNION ALL SELECT pos FROM ${name}.change ORDER BY pos`,
    )) as { pos: string }[];
    expect(positions.map(({ pos }) => Number(pos))).toEqual(positions.map((_, index) => index + 1));
  });

  it('read what is newest in memory, and never without what anybody was told is kept', async () => {
    const name = fresh();
    const stores = [await opening(name), await opening(name)];
    const ids: string[] = [];
    const ranges = [{ limit: 50 }, { limit: 3 }, { limit: 5, before: 9 }, { limit: 9, after: 4 }];
    let newest = 0;
    const changing = async (store: Postgres, id: string, round: number) => {
      const kind = (['edit', 'react', 'remove'] as const)[round % 5] ?? 'edit';
      const { entry } = await change(store, kind, id, { text: `new ${round}`, emoji: '👍' });
      if (entry) newest = entry.seq;
    };
    for (let round = 0; round < 40; round++) {
      const store = stores[Math.floor(Math.random() * 2)]!;
      const id = ids[Math.floor(Math.random() * ids.length)];
      if (!id || round % 3 === 0) {
        const { id, seq } = await post(store, `text ${round}`);
        ids.push(id);
        newest = seq;
      } else {
        // What was removed can't be changed.
        await changing(store, id, round).catch(error => expect(error).toBeInstanceOf(ChangeRefused));
      }
      const rows = await server.ask(`SELECT id, text FROM ${name}.message ORDER BY seq`);
      for (const each of stores) {
        const pages = await Promise.all(ranges.map(range => each.read('a', range)));
        for (const { messages, last } of pages) {
          expect(last).toBe(newest);
          for (const { id, text } of messages) expect(rows.find(row => row.id === id)?.text).toBe(text);
        }
        expect(pages[0]!.messages.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
      }
    }
    // Nothing is read of the messages themselves.
    await server.ask(`ALTER TABLE ${name}.message RENAME TO elsewhere`);
    for (const each of stores) expect((await each.read('a', { limit: 5 })).messages).toHaveLength(5);
  });

  it('change one message at once without losing a change', async () => {
    const name = fresh();
    const [one, two] = await Promise.all([opening(name), opening(name)]);
    const { id } = await post(one, 'hi');
    await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        change([one, two][i % 2]!, 'react', id, { emoji: '👍', author: `p${i}`, owner: `p${i}` }),
      ),
    );
    const [message] = (await two.read('a', { limit: 1 })).messages;
    expect(new Set(message!.reactions!['👍']!.map(({ name }) => name)).size).toBe(40);
    expect((await one.read('a', { limit: 1 })).messages).toEqual([message]);
  });

  it('tell each other the text of what is removed, so that copies of it are found', async () => {
    const name = fresh();
    const [one, two] = await Promise.all([opening(name), opening(name)]);
    const told: unknown[] = [];
    two.follow({ entry: (entry, text) => told.push([entry.kind, entry.message.text, text]), records() {} });
    const { id } = await post(one, 'hi');
    await change(one, 'remove', id);
    await until(
      () => told.length >= 2,
      () => told,
    );
    // Both may be read together, and then nothing of it was ever here.
    expect(told[1]).toEqual(['remove', '', told[0] === undefined ? undefined : (told[0] as string[])[1]]);
  });

  it('decide about people one after the other, each on what the other has left', async () => {
    const name = fresh();
    const stores = await Promise.all([opening(name), opening(name)]);
    const directories = await Promise.all(stores.map(store => SharedDirectory.load(store)));
    for (const [index, store] of stores.entries())
      store.follow({ entry() {}, records: () => void directories[index]!.refresh().catch(() => {}) });
    const person = (id: string) => recordOf.person({ id, kind: 'person', name: id, role: 'member', made: 1 });
    const before = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        directories[i % 2]!.change(now => ({ records: [person(`p${i}`)], result: now.people.length })),
      ),
    );
    expect(before.toSorted((one, other) => one - other)).toEqual(before.map((_, index) => index));
    await until(() => directories.every(({ now }) => now.people.length === 10));
    await directories[0]!.change(() => ({ records: [{ kind: 'person', key: 'p1', value: null }], result: 0 }));
    await until(() => directories[1]!.now.person('p1') === undefined);
  });

  it('decide on what waits once, whoever posts it', async () => {
    const name = fresh();
    const stores = [await opening(name), await opening(name)];
    const held = (isWaiting: boolean) =>
      recordOf.held({ id: 'h1', room: 'a', author: 'ann', text: 'hi', by: 'p1', why: '', at: 1 }, isWaiting);
    const directories = await Promise.all(stores.map(store => SharedDirectory.load(store)));
    await directories[0]!.change(() => ({ records: [held(true)], result: undefined }));
    await directories[1]!.refresh();
    const decided = await Promise.all(
      directories.map((directory, index) => {
        let kept = false;
        return directory
          .change(
            now => ({ records: now.heldPost('h1') ? [held(false)] : [], result: undefined }),
            async decided => {
              await stores[index]!.append({ room: 'a', author: 'ann', text: 'hi' }, decided);
              kept = true;
            },
          )
          .then(() => kept);
      }),
    );
    expect(decided.toSorted()).toEqual([false, true]);
    expect((await stores[0]!.read('a', { limit: 9 })).last).toBe(1);
  });

  it('have one that leads, and another once that is gone', async () => {
    const name = fresh();
    const [first, second] = [await opening(name), await opening(name)];
    expect([first.isLeading, second.isLeading]).toEqual([true, false]);
    const own = open(`postgres:${name}`);
    await own.opened();
    expect(isLeading()).toBe(false);
    await first.close();
    await second.close();
    await until(isLeading);
    await own.close();
    expect(isLeading()).toBe(true);
  });

  it('have the same revisions of the graph, of which nobody adds one twice, and are told of each change', async () => {
    const name = fresh();
    const [one, two] = [await opening(name), await opening(name)];
    let told = 0;
    two.revisions.listen(() => told++);
    expect([one.revisions.isLeading, two.revisions.isLeading]).toEqual([true, false]);
    const add = (store: Postgres, number: number, record: string) =>
      store.revisions.add({ number, state: 'trial', record });
    // The first one may have any number.
    expect(await add(one, 7, 'a')).toBe(true);
    expect(await add(two, 7, 'b')).toBe(false);
    expect(await add(one, 7, 'a')).toBe(true);
    expect(await add(two, 9, 'b')).toBe(false);
    expect(await Promise.all([add(one, 8, 'c'), add(two, 8, 'd')])).toContain(false);
    await until(() => told > 0);
    const [first, second] = await two.revisions.since(0);
    expect([first, second]).toMatchObject([
      { number: 7, state: 'trial', record: 'a' },
      { number: 8, state: 'trial' },
    ]);
    told = 0;
    await one.revisions.settle({ number: 7, state: 'proven', record: 'e' });
    await until(() => told > 0);
    expect(await two.revisions.since(second!.place)).toMatchObject([{ number: 7, state: 'proven', record: 'e' }]);
    await one.revisions.audit(['x', 'y']);
    await two.revisions.audit(['z']);
    expect(await server.ask(`SELECT line FROM ${name}.audit ORDER BY number`)).toEqual(
      ['x', 'y', 'z'].map(line => ({ line })),
    );
  });

  it('know where the one is that leads', async () => {
    const name = fresh();
    const [one, two] = [await opening(name), await opening(name, server.url, false, 'there:9090')];
    expect([await one.revisions.otherLeader(), await two.revisions.otherLeader()]).toEqual([undefined, 'here']);
    await one.close();
    await until(() => two.revisions.isLeading);
    expect(await two.revisions.otherLeader()).toBeUndefined();
  });

  it('go on together where one is updated, and brings the schema to a newer layout', async () => {
    const name = fresh();
    const before = await opening(name);
    await post(before, 'first');
    // As layouts before were.
    await server.ask(
      `DROP TABLE ${name}.revision, ${name}.audit; DROP FUNCTION ${name}.keep_decided; ALTER TABLE ${name}.message DROP COLUMN by; UPDATE ${name}.history SET layout = 1`,
    );
    const heard: string[] = [];
    before.follow({ entry: entry => heard.push(is(entry)), records() {} });
    const updated = await opening(name);
    expect((await post(updated, 'new')).seq).toBe(2);
    await until(() => heard.length > 0);
    expect(heard).toEqual(['a 2 message 2']);
    expect((await post(before, 'old')).seq).toBe(3);
    const { messages } = await updated.read('a', { limit: 9 });
    expect(messages.map(({ text }) => text)).toEqual(['first', 'new', 'old']);
    expect(await updated.revisions.since(0)).toEqual([]);
    expect(await server.ask(`SELECT layout FROM ${name}.history`)).toEqual([{ layout: 3 }]);
    // An older program names nobody, and knows the columns of a message by their places.
    const old = JSON.stringify([{ n: 0, kind: 'message', room: 'a', id: 'x', author: 'x', text: 'x', key: 'k' }]);
    const keep = async () => (await server.ask(`SELECT outcome, known FROM ${name}.keep('${old}', false)`)) as object[];
    expect(await keep()).toEqual([{ outcome: 'kept', known: null }]);
    expect(await keep()).toEqual([
      {
        outcome: 'kept',
        known: ['a', 4, 'x', 'x', 'x', expect.any(Number), expect.any(Number), null, null, null, 0, null],
      },
    ]);
  });

  it('make the schema once where several begin at once', async () => {
    const name = fresh();
    const stores = await Promise.all(Array.from({ length: 5 }, () => opening(name)));
    expect(new Set(await Promise.all(stores.map(store => store.epoch()))).size).toBe(1);
    const kept = await Promise.all(stores.map(store => post(store, 'hi')));
    expect(kept.map(({ seq }) => seq).toSorted()).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('a history', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flowchat-postgres-'));
  beforeAll(() => setDataFolder(folder));
  afterAll(() => rmSync(folder, { recursive: true }));

  const all = async (url: string, room?: string) => {
    const entries: DumpedEntry[] = [];
    for await (const entry of (await historyAt(url)).dump(room)) entries.push(entry);
    return entries;
  };
  async function* each(entries: readonly DumpedEntry[]) {
    yield* entries;
  }
  const take = async (url: string, entries: readonly DumpedEntry[]) => (await historyAt(url)).restore(each(entries));

  it('is carried to PostgreSQL and back, with all that became of its messages, and goes on there', async () => {
    const store = open('sqlite:before.db');
    for (const room of ['a', 'b', 'a', 'a']) {
      const { message } = await store.append({
        room,
        author: 'ann',
        ...(room === 'a' && { by: 'p1' }),
        text: 'hi',
        key: `${room}${++count}`,
        owner: 'mine',
      });
      const about = { room, about: message.id, author: 'bob', owner: 'mine' };
      await store.change({ ...about, kind: 'edit', text: 'ho' });
      await store.change({ ...about, kind: 'react', text: '', emoji: '👍' });
    }
    const { messages } = await store.read('a', { limit: 9 });
    await store.change({ room: 'a', kind: 'remove', about: messages[0]!.id, text: '', owner: 'mine' });
    await store.close();
    const before = await all('sqlite:before.db');
    const name = fresh();
    expect(await take(`postgres:${name}`, before)).toBe(4);
    expect(before.filter(entry => 'by' in entry)).toHaveLength(3);
    expect(await all(`postgres:${name}`)).toEqual(before);
    expect(await all(`postgres:${name}`, 'b')).toEqual(before.filter(({ room }) => room === 'b'));
    expect(await take('sqlite:after.db', await all(`postgres:${name}`))).toBe(4);
    expect(await all('sqlite:after.db')).toEqual(before);
    const moved = await opening(name);
    expect(await moved.rooms()).toEqual([
      { room: 'a', last: 10, newest: 7 },
      { room: 'b', last: 3, newest: 1 },
    ]);
    expect(await post(moved, 'more')).toMatchObject({ seq: 11 });
    expect((await moved.entries('a', { after: 8, limit: 9 })).entries.map(is)).toEqual([
      'a 9 react 7',
      'a 10 remove 1',
      'a 11 message 11',
    ]);
    const known = before.find(entry => !('kind' in entry) && entry.room === 'b') as DumpedMessage;
    const again = await moved.append({ room: 'b', author: 'ann', text: 'hi', key: known.key! });
    expect([again.fresh, again.message.id]).toEqual([false, known.id]);
    const [{ pos } = {}] = await server.ask(`SELECT pos FROM ${name}.history`);
    expect(Number(pos)).toBe(before.length + 1);
  });

  it('is taken whole or not at all, and only where nobody uses the schema and nothing is in it', async () => {
    const name = fresh();
    const used = await opening(name);
    const message = {
      room: 'a',
      seq: 1,
      id: 'x',
      author: 'ann',
      text: 'hi',
      at: '2026-11-22T08:00:00.000Z',
      time: 1795334400,
    };
    await expect(take(`postgres:${name}`, [message])).rejects.toThrow(
      `postgres:${name} is used by another flowchat; stop`,
    );
    await used.close();
    const twice = [
      { ...message, key: 'k' },
      { ...message, seq: 2, id: 'y', time: 1795334401, key: 'k' },
    ];
    await expect(take(`postgres:${name}`, twice)).rejects.toThrow('the key "k" is there twice in room a');
    expect(await all(`postgres:${name}`)).toEqual([]);
    expect(await take(`postgres:${name}`, [message])).toBe(1);
    await expect(take(`postgres:${name}`, [message])).rejects.toThrow(
      `postgres:${name} has messages already; take another`,
    );
    await expect(all('postgres:none')).rejects.toThrow(
      'there is no schema none in PostgreSQL; name another with --store',
    );
  });
});

/** Posts without a pause until it is ended; resolves to the texts that were acknowledged. */
function posting(stores: readonly Postgres[]) {
  let isEnded = false;
  let longest = 0;
  const acknowledged: string[] = [];
  const failures: unknown[] = [];
  const writers = stores.flatMap((store, index) =>
    Array.from({ length: 4 }, async (_, writer) => {
      for (let i = 0; !isEnded; i++) {
        const text = `${index}-${writer}-${i}`;
        for (const start = performance.now(); ; ) {
          try {
            await store.append({ room: `a${writer % 2}`, author: 'ann', text, key: text });
            acknowledged.push(text);
            longest = Math.max(longest, performance.now() - start);
            break;
          } catch (error) {
            failures.push(error);
            if (isEnded) break;
            await new Promise(resolve => setTimeout(resolve, 50));
          }
        }
      }
    }),
  );
  return {
    acknowledged,
    failures,
    async end() {
      isEnded = true;
      await Promise.all(writers);
      return longest;
    },
  };
}

/** Every text that a schema has, by room, in order; each number once and without a hole. */
async function stored(name: string): Promise<string[]> {
  const rows = await server.ask(`SELECT room, seq, pos, text FROM ${name}.message ORDER BY room, seq`);
  for (const room of ['a0', 'a1']) {
    const numbers = rows.filter(row => row.room === room).map(({ seq }) => Number(seq));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  }
  const positions = rows.map(({ pos }) => Number(pos)).toSorted((one, other) => one - other);
  expect(positions).toEqual(positions.map((_, index) => index + 1));
  return rows.map(({ text }) => String(text));
}

describe('a postgres store where something fails', () => {
  const failed = (promise: Promise<unknown>) => expect(promise).rejects.toBeInstanceOf(StoreFailed);

  const FAULTS: readonly (readonly [string, () => Promise<unknown>])[] = [
    [
      'all backends are ended',
      () =>
        server.ask(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL',
        ),
    ],
    [
      'PostgreSQL is killed and comes back',
      async () => {
        await server.kill();
        await server.run();
      },
    ],
  ];
  it.each(some(FAULTS, 1))('keeps what it acknowledged, once, when %s', async (_, fault) => {
    const name = fresh();
    const stores = await Promise.all([opening(name), opening(name)]);
    const load = posting(stores);
    await until(() => load.acknowledged.length > 50);
    await fault();
    const before = load.acknowledged.length;
    await until(
      () => load.acknowledged.length > before + 50,
      () => load.failures.at(-1),
    );
    await load.end();
    for (const error of load.failures) expect(error).toBeInstanceOf(StoreFailed);
    const texts = await stored(name);
    expect(new Set(texts).size).toBe(texts.length);
    expect(load.acknowledged.filter(text => !texts.includes(text))).toEqual([]);
    await until(
      () => stores.every(store => store.health() === undefined),
      () => stores.map(store => store.health()),
    );
  });

  it('opens while PostgreSQL is away, says so, and works once it is there', async () => {
    const port = await freePort();
    const store = await opening('late', `postgres://flowchat@127.0.0.1:${port}/postgres`);
    expect(store.health()).toContain(`PostgreSQL at 127.0.0.1:${port} does not answer; start it`);
    await failed(post(store, 'hi'));
    // Those that come later need not wait.
    const start = performance.now();
    await failed(post(store, 'hi'));
    await failed(store.read('a', { limit: 1 }));
    await failed(store.rooms());
    await failed(store.epoch());
    expect(performance.now() - start).toBeLessThan(3000);
    const sockets: Socket[] = [];
    const late = createServer(socket => {
      const onward = connect(server.port, '127.0.0.1');
      for (const each of [socket, onward]) sockets.push(each.on('error', () => {}));
      socket.pipe(onward).pipe(socket);
    });
    await once(late.listen(port, '127.0.0.1'), 'listening');
    try {
      await until(
        () => store.health() === undefined,
        () => store.health(),
      );
      expect((await post(store, 'hi')).seq).toBe(1);
    } finally {
      late.close();
      for (const socket of sockets) socket.destroy();
    }
  });

  /** Minutes without PostgreSQL between two attempts. */
  const STEP_MINUTES = isLong ? 3 : 10;

  it('refuses all for an hour without PostgreSQL, while nothing piles up, and goes on by itself', async () => {
    const name = fresh();
    const [one, two] = [await opening(name), await opening(name)];
    const heard: string[] = [];
    two.follow({ entry: entry => heard.push(is(entry)), records() {} });
    await post(one, 'before');
    await server.kill();
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    /** What is tried meanwhile takes real time. */
    const pass = async (milliseconds: number, real: number) => {
      jest.advanceTimersByTime(milliseconds);
      await sleep(real);
    };
    const passing = async (asked: Promise<unknown>) => {
      let isOver = false;
      const over = asked.finally(() => {
        isOver = true;
      });
      while (!isOver) await pass(50, 5);
      await over;
    };
    const timers: number[] = [];
    try {
      for (let minute = 0; minute < 60; minute += STEP_MINUTES) {
        await pass(STEP_MINUTES * 60_000, 3);
        await passing(
          Promise.all([failed(post(one, 'lost')), failed(one.read('a', { limit: 1 })), failed(two.rooms())]),
        );
        expect(one.health()).toContain('does not answer; start it');
        timers.push(jest.getTimerCount());
      }
      // Attempts that are under way have timers, too: how many depends on the moment.
      const [first, last] = [timers.slice(0, 3), timers.slice(-3)].map(counts => Math.min(...counts)) as [
        number,
        number,
      ];
      expect(last).toBeLessThan(first + 6);
      await server.run();
      while ([one, two].some(store => store.health() !== undefined)) await pass(50, 50);
      const posting = post(one, 'after');
      while (heard.length < 2) await pass(50, 50);
      expect((await posting).seq).toBe(2);
      expect(heard).toEqual(['a 1 message 1', 'a 2 message 2']);
    } finally {
      jest.useRealTimers();
    }
  });

  it('says that PostgreSQL is frozen, rejects in time, and goes on', async () => {
    const store = await opening(fresh());
    await post(store, 'one');
    server.signal('SIGSTOP');
    try {
      const start = performance.now();
      const rejected = failed(post(store, 'two', { key: 'k' }));
      await until(() => store.health()?.includes('does not answer') === true);
      await rejected;
      // Below the usual DEADLINE.
      expect(performance.now() - start).toBeLessThan(10_000);
    } finally {
      server.signal('SIGCONT');
    }
    await until(
      () => store.health() === undefined,
      () => store.health(),
    );
    expect((await post(store, 'two', { key: 'k' })).seq).toBe(2);
  });

  it('says that a forgotten transaction holds the lock', async () => {
    const name = fresh();
    const store = await opening(name);
    const holding = server.ask(`BEGIN; SELECT * FROM ${name}.history FOR UPDATE; SELECT pg_sleep(6); COMMIT`);
    await expect(
      (async () => {
        // The first may have come before the lock.
        for (;;) await post(store, 'hi');
      })(),
    ).rejects.toThrow(/waits for a transaction that keeps a lock; find it in pg_stat_activity/);
    expect(store.health()).toContain('waits for a transaction that keeps a lock');
    await holding;
    const { last } = await store.read('a', { limit: 1 });
    expect((await post(store, 'hi')).seq).toBe(last + 1);
  });

  it('says that the disk is full there until there is room again, though nobody posts', async () => {
    const name = fresh();
    const store = await opening(name);
    await post(store, 'hi');
    await server.ask(`
      CREATE FUNCTION ${name}.full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE SQLSTATE '53100'; END $$;
      CREATE TRIGGER no_room BEFORE INSERT ON ${name}.message EXECUTE FUNCTION ${name}.full()`);
    await expect(post(store, 'more')).rejects.toThrow(/has no room on its disk any more; make room there/);
    expect(store.health()).toContain('has no room on its disk any more');
    await server.ask(`DROP TRIGGER no_room ON ${name}.message`);
    await until(() => store.health() === undefined);
    expect(await server.ask(`SELECT count(*)::int FROM ${name}.message`)).toEqual([{ count: 1 }]);
    expect((await post(store, 'more')).seq).toBe(2);
  });

  it('tries the next server where one is away or read-only', async () => {
    const away = await freePort();
    const name = fresh();
    await server.ask('CREATE DATABASE standby');
    await server.ask('ALTER DATABASE standby SET default_transaction_read_only = on');
    const readOnly = server.url.replace(/postgres$/, 'standby');
    const store = await opening(name, readOnly);
    expect(store.health()).toMatch(/is read-only, as a standby is; name the primary/);
    const both = await opening(name, server.url.replace('@', `@127.0.0.1:${away},`));
    expect((await post(both, 'hi')).seq).toBe(1);
  });

  it.each([
    ['a database that is not there', () => server.url.replace(/postgres$/, 'none'), /has no such database; create it/],
    [
      'a user who is not there',
      () => server.url.replace('flowchat@', 'nobody:secret@'),
      /does not let this user in; look at DATABASE_URL/,
    ],
    ['no place', () => '', /^nothing says where PostgreSQL is; set DATABASE_URL/],
    ['no URL', () => 'mysql://nobody:secret@host/chat', /^DATABASE_URL can't be read; set DATABASE_URL to/],
    ['a port that is none', () => 'postgres://nobody:secret@host:0/chat', /host or port of PostgreSQL can't be read/],
    ['an unknown sslmode', () => 'postgres://nobody:secret@host/chat?sslmode=on', /^sslmode is "on", which is none of/],
  ])('is refused at %s, without a word of the password', async (_, url, sentence) => {
    const refused = opening(fresh(), url());
    await failed(refused);
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.not.toThrow('secret');
  });

  it('is refused where the user may not make a schema, and taken where it is there', async () => {
    await server.ask('CREATE ROLE poor LOGIN');
    const url = server.url.replace('flowchat@', 'poor@');
    await expect(opening('poor', url)).rejects.toThrow(/does not allow this user that; make it the owner/);
    await server.ask('CREATE SCHEMA poor AUTHORIZATION poor');
    expect((await post(await opening('poor', url), 'hi')).seq).toBe(1);
  });

  it("is refused at another program's tables, and at a newer layout that older programs may not write", async () => {
    await server.ask('CREATE SCHEMA other; CREATE TABLE other.message (id int)');
    await expect(opening('other')).rejects.toThrow("the schema other has another program's tables");
    const name = fresh();
    const store = await opening(name);
    await post(store, 'hi');
    await server.ask(`UPDATE ${name}.history SET layout = 99`);
    expect((await post(await opening(name), 'hi')).seq).toBe(2);
    await server.ask(`UPDATE ${name}.history SET oldest = 99`);
    await expect(opening(name)).rejects.toThrow(
      `the schema ${name} was made by a newer flowchat (layout 99, this one knows 3); update this one`,
    );
  });

  it('begins a new epoch where PostgreSQL went on after a fail-over, unless its standby was synchronous', async () => {
    const name = fresh();
    const store = await opening(name);
    const before = await store.epoch();
    await server.ask(`UPDATE ${name}.history SET timeline = 0`);
    const lossless = await opening(name, server.url, true);
    expect(await lossless.epoch()).toBe(before);
    await server.ask(`UPDATE ${name}.history SET timeline = 0`);
    const after = await opening(name);
    expect(await after.epoch()).not.toBe(before);
    // Whoever was connected all the time hears of it with the next entry at the latest.
    await post(store, 'hi');
    expect(await store.epoch()).toBe(await after.epoch());
  });

  it('says loudly that rows are missing, and goes on', async () => {
    const name = fresh();
    const [one, two] = await Promise.all([opening(name), opening(name)]);
    const told: string[] = [];
    two.follow({ entry: entry => told.push(is(entry)), records() {} });
    await post(one, 'hi');
    await until(() => told.length >= 1);
    await server.ask(`UPDATE ${name}.history SET pos = pos + 3`);
    await post(one, 'hi');
    await until(
      () => told.length >= 2,
      () => told,
    );
    expect(warnings.splice(0)).toEqual(
      Array(2).fill(expect.stringMatching(/^entries 2 to 4 of the history are missing in PostgreSQL/)),
    );
  });
});
