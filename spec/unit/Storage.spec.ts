import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { findEntries, findMessages, getComponent, storePost } from '../../components/Storage.ts';
import { recordOf } from '../../src/model/directory.ts';
import type { MessagePage, Post, Query, Receipt, Refusal } from '../../src/model/packets.ts';
import { open, setDataFolder } from '../../src/store/open.ts';
import { KeyReused, type Store } from '../../src/store/store.ts';
import { flaws, frozen, NodeHarness, post, SOMEBODY } from '../support/node.ts';

const ask = (given: Partial<Query> = {}): Query =>
  frozen({ id: 'q1', room: 'lobby', form: 'api', who: SOMEBODY, ...given });
const texts = ({ messages }: MessagePage) => messages.map(({ text }) => text).join(' ');

/** A store of its own that keeps the newest five of a room's messages; the lobby had 1 to 8. */
async function filled(name: string): Promise<Store> {
  const store = open(`memory:${name}?keep=5`);
  for (let i = 1; i <= 8; i++) await storePost(store, post({ text: String(i) }));
  return store;
}

describe('Storage', () => {
  it('neither finds nor keeps anything in a room that is none of the business of who asks, nor of who changes', async () => {
    const store = open('memory:hidden');
    const { message } = await store.append({ room: 'board', author: 'ann', text: 'hi' });
    const member = { kind: 'person', id: 'ann', name: 'ann', role: 'member' } as const;
    const board = { room: 'board', title: 'board', kind: 'private', by: 'ann', made: 1 } as const;
    await (await store.directory()).change(() => ({
      records: [recordOf.room(board), recordOf.member({ room: 'board', person: 'ann', since: 1 })],
      result: undefined,
    }));
    const query = ask({ room: 'board' });
    for (const who of [SOMEBODY, { ...member, id: 'bob', role: 'owner' } as const]) {
      await expect(findMessages(store, { ...query, who })).rejects.toThrow('board is hidden');
      await expect(findEntries(store, { ...query, who })).rejects.toThrow('board is hidden');
      await expect(storePost(store, post({ room: 'board', who }))).rejects.toThrow('board is hidden');
      const remove = post({ room: 'board', who, kind: 'remove', about: message.id });
      await expect(storePost(store, remove)).rejects.toThrow('board is hidden');
    }
    expect(texts(await findMessages(store, { ...query, who: member }))).toBe('hi');
    await store.close();
  });

  describe('finds', () => {
    it('the newest, oldest first', async () => {
      const store = await filled('newest');
      const page = await findMessages(store, ask({ limit: 3 }));
      expect(page).toMatchObject({
        id: 'q1',
        room: 'lobby',
        form: 'api',
        cursor: `${await store.epoch()}:8`,
        gap: false,
      });
      expect(texts(page)).toBe('6 7 8');
    });

    it('as many as MAXLEN where the query has no limit', async () => {
      const store = await filled('most');
      expect(texts(await findMessages(store, ask(), 2))).toBe('7 8');
      expect(texts(await findMessages(store, ask({ limit: 4 }), 2))).toBe('5 6 7 8');
    });

    it('nothing in a room that nobody wrote in', async () => {
      const store = await filled('nobody');
      for (const room of ['elsewhere', 'constructor', '__proto__'])
        expect(await findMessages(store, ask({ room }))).toMatchObject({
          messages: [],
          cursor: `${await store.epoch()}:0`,
          gap: false,
        });
    });

    it.each([
      ['in the middle', 5, 2, '6 7', 7, false],
      ['at the newest', 8, 2, '', 8, false],
      ['just before what is kept', 3, 9, '4 5 6 7 8', 8, false],
      ['from before what is kept', 2, 2, '4 5', 5, true],
      ['at the beginning', 0, 9, '4 5 6 7 8', 8, true],
      ['ahead of the newest', 9, 2, '7 8', 8, true],
      ['far ahead of the newest', 999_999_999_999_999, 2, '7 8', 8, true],
    ])('what comes after a cursor %s', async (_, after, limit, found, end, gap) => {
      const store = await filled(`after-${after}`);
      const page = await findMessages(store, ask({ after: `${await store.epoch()}:${after}`, limit }));
      expect(texts(page)).toBe(found);
      expect(page).toMatchObject({ cursor: `${await store.epoch()}:${end}`, gap });
    });

    it.each([
      ['in the middle', 7, 2, '5 6'],
      ['at the oldest that is kept', 4, 2, ''],
      ['from before what is kept', 1, 2, ''],
      ['ahead of the newest', 99, 2, '7 8'],
    ])('what comes before a cursor %s', async (_, before, limit, found) => {
      const store = await filled(`before-${before}`);
      expect(texts(await findMessages(store, ask({ before: `${await store.epoch()}:${before}`, limit })))).toBe(found);
    });

    it.each(['other:7', 'other:0', 'garbage', '', ':', 'constructor:1'])(
      'the newest, with a gap, after and before %j',
      async cursor => {
        const store = await filled(`epoch-${cursor}`);
        for (const where of [{ after: cursor }, { before: cursor }]) {
          const page = await findMessages(store, ask({ ...where, limit: 2 }));
          expect(texts(page)).toBe('7 8');
          expect(page).toMatchObject({ cursor: `${await store.epoch()}:8`, gap: true });
        }
      },
    );

    it.each(['x', 'NaN'])('the newest, with a gap, after its own epoch and %j', async seq => {
      const store = await filled(`odd-${seq}`);
      const page = await findMessages(store, ask({ after: `${await store.epoch()}:${seq}`, limit: 2 }));
      expect(page).toMatchObject({ cursor: `${await store.epoch()}:8`, gap: true });
      expect(texts(page)).toBe('7 8');
    });

    it('an empty room with a gap after a cursor that points into it', async () => {
      const store = await filled('ahead-of-nothing');
      const page = await findMessages(store, ask({ room: 'elsewhere', after: `${await store.epoch()}:7` }));
      expect(page).toMatchObject({ messages: [], cursor: `${await store.epoch()}:0`, gap: true });
    });

    it('only what is newer than since', async () => {
      const store = await filled('since');
      const times = (await findMessages(store, ask())).messages.map(({ time }) => time);
      const since = async (time: number) => texts(await findMessages(store, ask({ form: 'gochat', since: time })));
      expect(await since(0)).toBe('4 5 6 7 8');
      expect(await since(times[2]!)).toBe('7 8');
      expect(await since(times[4]!)).toBe('');
      expect(await since(times[4]! + 1e6)).toBe('');
    });
  });

  describe('keeps', () => {
    it('a post, and gives the receipt and what others should hear', async () => {
      const store = open('memory:kept');
      const { out, added } = await storePost(store, post({ room: 'constructor', text: 'hi' }));
      expect(out).toMatchObject({
        id: 'q1',
        form: 'api',
        message: { room: 'constructor', seq: 1, author: 'ann', text: 'hi' },
      });
      const { id, at } = out.message;
      const cursor = `${await store.epoch()}:1`;
      expect(added).toEqual({ seq: 1, id, kind: 'message', at, message: out.message, cursor, who: post().who });
    });

    it('an edit and a removal of who posted it, and tells them; nobody else\u2019s, and what is no change not at all', async () => {
      const store = open('memory:changed');
      const { message } = (await storePost(store, post({ owner: 'ann' }))).out;
      const edit = { kind: 'edit', about: message.id, text: 'ho', author: '' } as const;
      await expect(storePost(store, post({ ...edit, owner: 'bob' }))).rejects.toMatchObject({ fault: 'foreign' });
      const { out, added } = await storePost(store, post({ ...edit, owner: 'ann' }));
      expect(out).toMatchObject({ changed: true, message: { id: message.id, seq: 1, text: 'ho' } });
      expect(added).toMatchObject({ seq: 2, kind: 'edit', about: message.id, message: out.message });
      expect(await storePost(store, post({ ...edit, owner: 'ann' }))).toEqual({ out });
      const removed = await storePost(store, post({ kind: 'remove', about: message.id, text: '', owner: 'ann' }));
      expect(removed.added).toMatchObject({ seq: 3, kind: 'remove', message: { text: '', removed: true } });
      const { entries, cursor, gap } = await findEntries(store, ask({ after: `${await store.epoch()}:1` }));
      expect(entries.at(-1)).toMatchObject({ seq: 3, kind: 'remove' });
      expect([cursor, gap]).toEqual([`${await store.epoch()}:3`, false]);
      // Whoever reads messages goes on behind what became of them.
      expect(await findMessages(store, ask({ after: `${await store.epoch()}:1` }))).toMatchObject({
        messages: [],
        cursor,
      });
    });

    it('whose account a post is by, which neither a guest nor a bot of the graph has', async () => {
      const store = open('memory:by');
      const person = { id: 'p1', kind: 'person', name: 'Ann', role: 'member', made: 1 } as const;
      await (await store.directory()).change(() => ({ records: [recordOf.person(person)], result: undefined }));
      const by = async (who: Post['who']) => (await storePost(store, post({ who }))).out.message.by;
      expect(await by({ kind: 'person', id: 'p1', name: 'Ann', role: 'member' })).toBe('p1');
      expect(await by(SOMEBODY)).toBeUndefined();
      expect(await by({ kind: 'bot', id: 'clock', name: 'clock', role: 'guest' })).toBeUndefined();
      await store.close();
    });

    it('a post once that comes again under its key', async () => {
      const store = open('memory:again');
      const first = await storePost(store, post({ key: 'k1' }));
      const again = await storePost(store, post({ id: 'q2', key: 'k1' }));
      expect(again).toEqual({ out: { id: 'q2', form: 'api', message: first.out.message } });
      expect((await findMessages(store, ask())).messages).toHaveLength(1);
    });

    it.each([{ text: 'ho' }, { author: 'bob' }])('nothing under a key that was used before %j', async other => {
      const store = open(`memory:reused-${JSON.stringify(other)}`);
      await storePost(store, post({ key: 'k1' }));
      await expect(storePost(store, post({ ...other, key: 'k1' }))).rejects.toBeInstanceOf(KeyReused);
      expect((await findMessages(store, ask())).messages).toHaveLength(1);
    });
  });

  it('gives five posts that come at once five times, each later than the one before', async () => {
    const node = await NodeHarness.start(getComponent(), { store: 'memory:at-once' });
    for (let i = 1; i <= 5; i++) node.send('post', post({ id: `q${i}`, text: String(i) }));
    const times: number[] = [];
    for (let i = 1; i <= 5; i++) {
      const { id, message } = (await node.next('out')) as Receipt;
      expect([id, message.text]).toEqual([`q${i}`, String(i)]);
      expect(message.time).toBeGreaterThan(times.at(-1) ?? 0);
      times.push(message.time);
    }
    const later = (await node.ask('get', ask({ form: 'gochat', since: times[1]! }))) as MessagePage;
    expect(texts(later)).toBe('3 4 5');
    await node.stop();
  });

  it('tells of a post once, and of a retry not at all', async () => {
    const node = await NodeHarness.start(getComponent(), { store: 'memory:told' });
    await node.ask('post', post({ key: 'k1' }), 'added');
    await node.next('out');
    await node.ask('post', post({ id: 'q2', key: 'k1' }));
    expect(node.left).toEqual([]);
    await node.stop();
  });

  it('lets a moderator remove what others posted, however late, and tells of it once; not edit it', async () => {
    const node = await NodeHarness.start(getComponent(), { store: 'memory:moderated' });
    const { message } = (await node.ask('post', post({ owner: 'ann' }))) as Receipt;
    await node.next('added');
    const who = { kind: 'person', id: 'mod', name: 'mod', role: 'moderator' } as const;
    // With a limit of 0 s any message is too old for who posted it.
    await sleep(5);
    const change = { about: message.id, owner: 'mod', within: 0, who };
    expect(await node.ask('post', post({ ...change, kind: 'edit', text: 'ho' }))).toMatchObject({ code: 'not-yours' });
    const remove = { ...change, kind: 'remove', text: '' } as const;
    const member = post({ ...remove, who: { ...who, role: 'member' } });
    expect(await node.ask('post', member)).toMatchObject({ code: 'not-yours' });
    expect(node.left).toEqual([]);
    expect(await node.ask('post', post(remove))).toMatchObject({ changed: true, message: { removed: true, text: '' } });
    expect(await node.next('added')).toMatchObject({ kind: 'remove', about: message.id });
    expect(node.left).toEqual([]);
    await node.stop();
  });

  it('refuses a key that was used for another text with 422', async () => {
    const node = await NodeHarness.start(getComponent(), { store: 'memory:refused' });
    await node.ask('post', post({ key: 'k1' }));
    await node.next('added');
    expect(await node.ask('post', post({ id: 'q2', text: 'ho', key: 'k1' }))).toEqual({
      id: 'q2',
      status: 422,
      code: 'key-reused',
      detail: 'the key "k1" was used for another message; take a new key for a new message',
    });
    expect(node.left).toEqual([]);
    await node.stop();
  });

  it('forgets the oldest post when full', async () => {
    const node = await NodeHarness.start(getComponent(), { store: 'memory:full?keep=2' }, { id: 'full' });
    for (const text of ['1', '2', '3']) await node.ask('post', post({ room: 'full', text }));
    expect(texts((await node.ask('get', ask({ room: 'full', limit: 9 }))) as MessagePage)).toBe('2 3');
    await node.stop();
  });

  it.each([
    ['with settings', { store: 'memory:heir', maxlen: 3 }],
    ['without settings', { store: 'memory:heir' }],
  ])('%s, goes on with its posts when a new revision starts before the old one stops', async (name, settings) => {
    const old = await NodeHarness.start(getComponent(), settings);
    await old.ask('post', post({ room: 'heir', text: name }));
    const next = await NodeHarness.start(getComponent(), settings);
    await old.stop();
    const page = (await next.ask('get', ask({ room: 'heir' }))) as MessagePage;
    await next.stop();
    expect(texts(page)).toBe(name);
  });

  it('goes on with its posts when MAXLEN changes', async () => {
    const node = await NodeHarness.start(getComponent(), { store: 'memory:changed', maxlen: 5 });
    for (const text of ['1', '2', '3']) await node.ask('post', post({ room: 'changed', text }));
    node.send('maxlen', 2);
    expect(texts((await node.ask('get', ask({ room: 'changed' }))) as MessagePage)).toBe('2 3');
    await node.stop();
  });

  it.each([0, -1, 1.5, 'abc', ''])('does not start with MAXLEN %j', async maxlen => {
    await expect(NodeHarness.start(getComponent(), { store: 'memory:odd', maxlen })).rejects.toThrow(
      'MAXLEN must be a whole number of at least 1',
    );
  });

  it('does not start with a STORE that is none', async () => {
    await expect(NodeHarness.start(getComponent(), { store: 'nonsense' })).rejects.toThrow('nonsense names no store');
  });

  it('refuses with 503 and Retry-After while the store fails', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'flowchat-storage-'));
    setDataFolder(folder);
    const file = join(folder, 'chat.db');
    const node = await NodeHarness.start(getComponent(), { store: 'sqlite:chat.db' });
    const other = new DatabaseSync(file);
    other.exec('DROP TABLE message');
    other.close();
    for (const [port, packet] of [['post', post()] as const, ['get', ask()] as const]) {
      const refused = await node.ask(port, packet);
      const detail = expect.stringContaining(file);
      expect(refused).toMatchObject({
        id: 'q1',
        status: 503,
        code: 'store-failed',
        detail,
        headers: { 'Retry-After': '1' },
      });
      expect(flaws(refused)).toEqual([]);
    }
    expect(node.left).toEqual([]);
    await node.stop();
    await rm(folder, { recursive: true });
  });

  it('answers the posts that it has before it stops', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'flowchat-storage-'));
    setDataFolder(folder);
    const node = await NodeHarness.start(getComponent(), { store: 'sqlite:chat.db' });
    node.send('post', post());
    await node.stop();
    expect(await node.next('out')).toMatchObject({ id: 'q1', message: { seq: 1 } });
    await rm(folder, { recursive: true });
  });

  describe('new rooms', () => {
    const begin = async (node: NodeHarness, room: string, from = 'here') => {
      const answer = (await node.ask('post', post({ room, from }))) as Partial<Refusal>;
      node.forget();
      return [answer.status ?? 201, answer.detail ?? ''] as const;
    };

    it('are so many at once of one address, and then a few a minute', async () => {
      const node = await NodeHarness.start(
        getComponent(),
        { store: 'memory:begun', newrooms: 2, newroomrate: 0.01 },
        { id: 'begun' },
      );
      const seen: unknown[] = [];
      for (const room of ['a', 'b', 'c', 'a', 'c']) seen.push(await begin(node, room));
      const sentence = /^too many new rooms from your address; try again in \d+ s, or write in a room that is there$/;
      const refused = [429, expect.stringMatching(sentence)];
      expect(seen).toEqual([[201, ''], [201, ''], refused, [201, ''], refused]);
      expect(await begin(node, 'c', 'there')).toEqual([201, '']);
      expect(await begin(node, 'c')).toEqual([201, '']);
      expect(await node.ask('post', post({ room: 'd', from: 'here' }))).toMatchObject({
        headers: { 'Retry-After': expect.stringMatching(/^(6000|5\d\d\d)$/) },
      });
      await node.stop();
    });

    it('are counted once where many write to one at once', async () => {
      const node = await NodeHarness.start(
        getComponent(),
        { store: 'memory:at-once-new', newrooms: 1, newroomrate: 0.01 },
        { id: 'at-once-new' },
      );
      for (let i = 0; i < 20; i++) node.send('post', post({ id: `q${i}`, room: 'a', from: 'here' }));
      for (let i = 0; i < 20; i++)
        expect(await node.next('out')).toMatchObject({ id: `q${i}`, message: { seq: i + 1 } });
      node.forget();
      expect(await begin(node, 'b')).toEqual([429, expect.stringContaining('too many new rooms')]);
      await node.stop();
    });

    it('end where there are MAXROOMS, whoever comes', async () => {
      const node = await NodeHarness.start(
        getComponent(),
        { store: 'memory:most-rooms', maxrooms: 2 },
        { id: 'most-rooms' },
      );
      for (const room of ['a', 'b', 'a']) expect(await begin(node, room, room)).toEqual([201, '']);
      const refused = [422, 'there are 2 rooms, and no more can be begun; write in one that is there'];
      expect(await begin(node, 'c', 'c')).toEqual(refused);
      await node.stop();
    });

    it('are remembered by the next revision', async () => {
      const settings = { store: 'memory:heir-rooms', newrooms: 1, newroomrate: 0.01 };
      const old = await NodeHarness.start(getComponent(), settings, { id: 'rooms heir' });
      expect(await begin(old, 'a')).toEqual([201, '']);
      const next = await NodeHarness.start(getComponent(), settings, { id: 'rooms heir' });
      await old.stop();
      expect((await begin(next, 'b'))[0]).toBe(429);
      await next.stop();
    });

    it.each([
      ['maxrooms', 0],
      ['newrooms', 1.5],
      ['newroomrate', 0],
      ['newroomrate', 'x'],
    ])('do not start with %s %j', async (setting, value) => {
      await expect(NodeHarness.start(getComponent(), { store: 'memory:odd-rooms', [setting]: value })).rejects.toThrow(
        new RegExp(`^${setting} must be`, 'i'),
      );
    });
  });

  it('answers what comes once MAXLEN is right again, not what came before', async () => {
    const node = await NodeHarness.start(getComponent(), { store: 'memory:right-again' });
    expect(() => node.send('maxlen', 0)).toThrow('MAXLEN');
    for (const id of ['lost', 'gone']) expect(() => node.send('get', ask({ id }))).toThrow('MAXLEN');
    node.send('maxlen', 5);
    node.forget();
    expect(await node.ask('get', ask())).toMatchObject({ id: 'q1' });
    await node.stop();
  });

  it('lets only packets out', async () => {
    const node = await NodeHarness.start(getComponent(), { store: 'memory:packets' });
    const receipt = await node.ask('post', post({ key: 'k1' }));
    const added = await node.next('added');
    const page = await node.ask('get', ask());
    const refused = await node.ask('post', post({ text: 'ho', key: 'k1' }));
    expect([receipt, added, page, refused].flatMap(packet => flaws(packet))).toEqual([]);
    await node.stop();
  });
});
