import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type DirectoryRecord, recordOf } from '../../src/model/directory.ts';
import { MAX_EMOJI, MAX_REACTIONS } from '../../src/model/limits.ts';
import type { Message } from '../../src/model/packets.ts';
import { RecordsStale } from '../../src/store/directory.ts';
import { open } from '../../src/store/open.ts';
import { findRemovable, removeAll } from '../../src/store/operator-removal.ts';
import {
  KeyReused,
  type MessageRange,
  type MessageSelection,
  type NewChange,
  type Store,
} from '../../src/store/store.ts';
import { isLong } from './long.ts';
import { flaws } from './node.ts';

let count = 0;
/** Number of changes of one message. */
const CHANGES = isLong ? 10_000 : 1000;
/** Number of messages to remove: more than a store selects at a time. */
const CROWD = isLong ? 2000 : 1100;

const opened: Store[] = [];

afterEach(() => Promise.all(opened.splice(0).map(store => store.close())));

/** Opens a store, which is closed after the test. */
export function opening(url: string): Store {
  const store = open(url);
  opened.push(store);
  return store;
}

/** The texts of messages. */
export const texts = (messages: readonly Message[]) => messages.map(({ text }) => text).join(' ');

/** Messages with the texts 1, 2, … */
export async function filled(store: Store, room: string, number: number): Promise<Message[]> {
  const kept: Message[] = [];
  for (let i = 1; i <= number; i++) kept.push((await store.append({ room, author: 'ann', text: String(i) })).message);
  return kept;
}

/** The tests that every kind of store has to pass; `url` returns the URL of an unused one. */
export function storeContract(kind: string, url: () => string): void {
  describe(`a ${kind} store`, () => {
    // Most tests use a room of their own in a shared store, as creating a store takes a while.
    let store: Store;
    let name: string;
    let a: string;
    let b: string;

    beforeAll(() => {
      name = url();
      store = open(name);
    });
    beforeEach(() => {
      [a, b] = [`a${++count}`, `b${count}`];
    });
    afterAll(() => store.close());

    describe('directory', () => {
      const person = (id: string, name = id) => recordOf.person({ id, kind: 'person', name, role: 'member', made: 1 });

      it('keeps what is decided, one decision after the other, each on what the one before has left', async () => {
        const directory = await store.directory();
        const joined = (id: string) =>
          directory.change(now => ({
            records: now.person('first') ? [] : [person('first', id)],
            result: now.people.length,
          }));
        expect(await Promise.all([joined('ann'), joined('bob'), joined('cal')])).toEqual([0, 1, 1]);
        expect(directory.now.person('first')?.name).toBe('ann');
        expect(directory.now.personLike('АNN\u200b')?.id).toBe('first');
        await directory.change(() => ({ records: [{ kind: 'person', key: 'first', value: null }], result: 0 }));
        expect(directory.now.people).toEqual([]);
      });

      it('is the same for all who use the store, and tells them', async () => {
        const other = opening(name);
        const [one, two] = [await store.directory(), await other.directory()];
        expect(one).toBe(two);
        const told: string[] = [];
        const end = two.follow(records => told.push(...records.map(({ key }) => key)));
        const member = { room: a, person: 'p7', since: 1 };
        await one.change(() => ({ records: [recordOf.member(member)], result: 0 }));
        expect(two.now.isMember(a, 'p7')).toBe(true);
        await one.change(() => ({ records: [recordOf.member(member, false)], result: 0 }));
        expect(two.now.isMember(a, 'p7')).toBe(false);
        end();
        await one.change(() => ({ records: [person('p8')], result: 0 }));
        expect(told).toEqual([`${a} p7`, `${a} p7`]);
      });

      it('keeps what waits for a moderator, and what is reported, until that is decided', async () => {
        const directory = await store.directory();
        const held = { id: a, room: a, author: 'ann', text: 'hi', by: 'p1', why: '', at: 1 };
        const report = { id: b, room: a, message: 'm1', seq: 1, by: 'p1', reason: 'rude', at: 1 };
        const write = (isOpen: boolean) =>
          directory.change(() => ({
            records: [recordOf.held(held, isOpen), recordOf.report(report, isOpen)],
            result: 0,
          }));
        await write(true);
        expect([directory.now.heldPost(a), directory.now.report(b)]).toEqual([held, report]);
        await write(false);
        expect([directory.now.heldPosts, directory.now.reports]).toEqual([[], []]);
      });

      it('keeps the last of several records of one key, and tells all of them', async () => {
        const directory = await store.directory();
        const told: (string | undefined)[] = [];
        const end = directory.follow(records =>
          told.push(...records.map(({ value }) => (value && 'name' in value ? value.name : undefined))),
        );
        await directory.change(() => ({ records: [person(a, 'one'), person(b), person(a, 'two')], result: 0 }));
        const gone = { kind: 'person', key: b, value: null } as const;
        await directory.change(() => ({ records: [person(b, 'three'), gone], result: 0 }));
        end();
        expect(told).toEqual(['one', b, 'two', 'three', undefined]);
        expect([directory.now.person(a)?.name, directory.now.person(b)]).toEqual(['two', undefined]);
      });

      it('keeps each kind of record, as it was written last, for whoever opens the store later', async () => {
        const own = url();
        const invite = { hash: 'h1', role: 'member', uses: 2, until: 9, by: 'p1', room: 'board' } as const;
        const token = { hash: 'h2', person: 'b1', by: 'p1', made: 2 };
        const member = { room: 'board', person: 'p2', since: 3 };
        const ban = { on: 'p2', by: 'p1', why: 'enough', at: 4, until: 5 };
        const held = { id: 'w1', room: 'board', author: 'bob', text: 'hi', by: 'p2', key: 'k', why: 'x', at: 6 };
        const report = { id: 'r1', room: 'board', message: 'm1', seq: 1, by: 'p2', reason: 'rude', at: 7 };
        const room = { room: 'board', title: 'Board', kind: 'private', by: 'p1', made: 1, isArchived: true } as const;
        const bob = {
          id: 'p2',
          kind: 'person',
          name: 'Bob',
          role: 'moderator',
          roleBy: 'people',
          by: 'p1',
          made: 2,
        } as const;
        const bot = { id: 'b1', kind: 'bot', name: 'Bot', role: 'member', made: 2, isGone: true } as const;
        const write = async (records: readonly DirectoryRecord[]) =>
          (await opening(own).directory()).change(() => ({ records, result: undefined }));
        /** The directory after closing and opening the store again; a store in memory is only opened a second time. */
        const known = async () => {
          if (kind !== 'memory') await Promise.all(opened.splice(0).map(store => store.close()));
          const { now } = await opening(own).directory();
          const { people, rooms, bans, invites, tokens, heldPosts, reports, placeName } = now;
          return { placeName, people, rooms, members: now.members('board'), bans, invites, tokens, heldPosts, reports };
        };
        await write([
          recordOf.place({ name: 'The pond' }),
          recordOf.person({ ...bob, name: 'Rob' }),
          recordOf.room(room),
        ]);
        await write([
          ...[
            recordOf.place({ name: 'The garden' }),
            recordOf.person(bob),
            recordOf.person(bot),
            recordOf.member(member),
          ],
          ...[
            recordOf.ban(ban),
            recordOf.invite(invite),
            recordOf.token(token),
            recordOf.held(held),
            recordOf.report(report),
          ],
        ]);
        expect(await known()).toEqual({
          placeName: 'The garden',
          people: expect.arrayContaining([bob, bot]),
          rooms: [room],
          members: [member],
          bans: [ban],
          invites: [invite],
          tokens: [token],
          heldPosts: [held],
          reports: [report],
        });
        await write([
          ...[recordOf.member(member, false), recordOf.ban(ban, false), recordOf.invite({ ...invite, uses: 0 })],
          ...[recordOf.token(token, false), recordOf.held(held, false), recordOf.report(report, false)],
        ]);
        expect(await known()).toMatchObject({
          members: [],
          bans: [],
          invites: [],
          tokens: [],
          heldPosts: [],
          reports: [],
        });
      });

      it('is written with a message or not at all, and that is told once', async () => {
        const directory = await store.directory();
        const told: string[] = [];
        const end = store.follow(({ kind, seq, message }) => told.push(`${kind} ${seq} ${message.text}`));
        const draft = { room: a, author: 'ann', text: 'hi', key: 'k' };
        const kept: number[] = [];
        const post = (id: string) =>
          directory.change(
            now => ({ records: now.person(id) ? [] : [person(id)], result: id }),
            async decided => kept.push((await store.append(draft, decided)).message.seq),
          );
        expect(await Promise.all([post(a), post(a)])).toEqual([a, a]);
        expect(kept).toEqual([1]);
        await expect(store.append({ ...draft, key: 'k4' }, { records: [], at: -1 })).rejects.toBeInstanceOf(
          RecordsStale,
        );
        expect(directory.now.person(a)?.id).toBe(a);
        // Its key is known by now.
        await expect(post(b)).rejects.toBeInstanceOf(KeyReused);
        expect(directory.now.person(b)).toBeUndefined();
        await directory.refresh();
        expect(directory.now.person(b)).toBeUndefined();
        await store.append({ ...draft, key: 'k2', text: 'ho' });
        end();
        expect((await store.read(a, { limit: 9 })).messages.map(({ text }) => text)).toEqual(['hi', 'ho']);
        expect(told).toEqual(['message 1 hi']);
        expect(await Promise.all([store.knows(a, 'k'), store.knows(b, 'k'), store.knows(a, 'k3')])).toEqual([
          true,
          false,
          false,
        ]);
      });

      it('is not changed by a decision that throws', async () => {
        const directory = await store.directory();
        const failing = directory.change(() => {
          throw new Error('no');
        });
        await expect(failing).rejects.toThrow('no');
        expect(await directory.change(() => ({ records: [person('p9')], result: 'well' }))).toBe('well');
      });
    });

    describe('append', () => {
      it('numbers the messages of each room from 1', async () => {
        const rooms = [a, b, a, a, b];
        const kept = await Promise.all(rooms.map(room => store.append({ room, author: 'ann', text: 'hi' })));
        expect(kept.map(({ message }) => message.seq)).toEqual([1, 1, 2, 3, 2]);
      });

      it('gives the message as it is kept', async () => {
        const before = Date.now();
        const { message, fresh } = await store.append({
          room: a,
          author: 'Ann',
          text: 'line 1\nline 2 \u{1f600}\0',
        });
        expect(fresh).toBe(true);
        expect(message).toMatchObject({ room: a, seq: 1, author: 'Ann', text: 'line 1\nline 2 \u{1f600}\ufffd' });
        expect(Object.keys(message)).toEqual(['room', 'seq', 'id', 'author', 'text', 'at', 'time']);
        expect(Date.parse(message.at)).toBeGreaterThanOrEqual(before);
        expect(message.time * 1000).toBeGreaterThanOrEqual(Date.parse(message.at));
        expect(Object.isFrozen(message)).toBe(true);
      });

      it('keeps whose account a message is by, whatever becomes of it', async () => {
        const { message } = await store.append({ room: a, author: 'Ann', by: 'p1', text: 'hi', owner: 'mine' });
        await store.append({ room: a, author: 'ann', text: 'a guest' });
        expect(Object.keys(message)).toEqual(['room', 'seq', 'id', 'author', 'by', 'text', 'at', 'time']);
        const change = { room: a, about: message.id, owner: 'mine' };
        const changes = [
          await store.change({ ...change, kind: 'react', text: '', emoji: '👍', author: 'bob', by: 'p2' }),
          await store.change({ ...change, kind: 'edit', text: 'ho' }),
          await store.change({ ...change, kind: 'remove', text: '' }),
        ];
        expect(changes[0]?.message.reactions).toEqual({ '👍': [{ id: expect.any(String), name: 'bob', by: 'p2' }] });
        const { messages } = await store.read(a, { limit: 9 });
        const { entries } = await store.entries(a, { after: 0, limit: 9 });
        const all = [...changes.map(({ message }) => message), ...messages, ...entries.map(({ message }) => message)];
        const found = all.map(({ author, by }) => `${author} ${by}`);
        expect(new Set(found)).toEqual(new Set(['Ann p1', 'ann undefined']));
        expect(found.filter(each => each === 'ann undefined')).toHaveLength(2);
      });

      it('gives each message an id of its own that nobody can guess', async () => {
        const kept = await filled(store, a, 20);
        expect(new Set(kept.map(({ id }) => id)).size).toBe(20);
        for (const { id } of kept) expect(id).toMatch(/^[0-9a-f-]{36}$/);
      });

      it('gives every message of the store a later time than the one before, in whole microseconds', async () => {
        const drafts = Array.from({ length: 200 }, (_, i) => ({ room: `${a}-${i % 3}`, author: 'ann', text: 'hi' }));
        const kept = await Promise.all(drafts.map(draft => store.append(draft)));
        const micros = kept.map(({ message }) => Math.round(message.time * 1e6));
        for (const [i, time] of micros.entries()) {
          expect(time).toBeGreaterThan(micros[i - 1] ?? 0);
          expect(time / 1e6).toBe(kept[i]?.message.time);
        }
      });

      it('makes text well-formed, so that a retry of it is the same message', async () => {
        const draft = { room: a, author: 'ann', text: 'half \ud83d', key: 'k' };
        const first = await store.append(draft);
        expect(first.message.text).toBe('half \ufffd');
        expect(await store.append(draft)).toEqual({ message: first.message, fresh: false });
      });

      it('refuses what is no text, and goes on', async () => {
        const text = 7 as unknown as string;
        const bad = store.append({ room: a, author: 'ann', text });
        const good = store.append({ room: a, author: 'ann', text: 'hi' });
        await expect(bad).rejects.toThrow('the text of a message must be a string, not number');
        expect((await good).message.seq).toBe(1);
      });
    });

    describe('a key', () => {
      it('gives the same message again and keeps nothing', async () => {
        const draft = { room: a, author: 'ann', text: 'hi', key: 'k' };
        const { message } = await store.append(draft);
        await store.append({ room: a, author: 'ann', text: 'more' });
        const again = await store.append(draft);
        expect(again.fresh).toBe(false);
        expect(again.message).toBe(message);
        expect((await store.read(a, { limit: 9 })).last).toBe(2);
      });

      it('gives one message to two that come at once', async () => {
        const draft = { room: a, author: 'ann', text: 'hi', key: 'k' };
        const [one, two] = await Promise.all([store.append(draft), store.append(draft)]);
        expect([one.fresh, two.fresh]).toEqual([true, false]);
        expect(two.message).toBe(one.message);
        expect((await store.read(a, { limit: 9 })).messages).toEqual([one.message]);
      });

      it.each([
        ['text', { author: 'ann', text: 'ho' }],
        ['author', { author: 'bob', text: 'hi' }],
      ])('with another %s is refused, and the rest is kept', async (_, other) => {
        const kept = store.append({ room: a, author: 'ann', text: 'hi', key: 'k' });
        const refused = store.append({ room: a, ...other, key: 'k' });
        const next = store.append({ room: a, author: 'ann', text: 'next' });
        await expect(refused).rejects.toBeInstanceOf(KeyReused);
        await expect(refused).rejects.toThrow('the key "k" was used for another message');
        expect([(await kept).message.seq, (await next).message.seq]).toEqual([1, 2]);
      });

      it('gives the same message where the name comes in another form', async () => {
        const draft = { room: a, author: 'Zoe\u0308  b ', text: 'hi', key: 'k' };
        const { message } = await store.append(draft);
        expect(await store.append({ ...draft, author: 'Zo\u00eb b' })).toEqual({ message, fresh: false });
      });

      it('gives a person the same message also by another name, and nobody else of that name', async () => {
        const draft = { room: a, author: 'Ann', by: 'p1', text: 'hi', key: 'k' };
        const { message } = await store.append(draft);
        expect(await store.append({ ...draft, author: 'Anna' })).toEqual({ message, fresh: false });
        await expect(store.append({ ...draft, by: 'p2' })).rejects.toBeInstanceOf(KeyReused);
      });

      it('belongs to its room', async () => {
        const draft = { author: 'ann', text: 'hi', key: 'k' };
        const kept = [await store.append({ ...draft, room: a }), await store.append({ ...draft, room: b })];
        expect(kept.map(({ fresh }) => fresh)).toEqual([true, true]);
      });
    });

    describe('change', () => {
      const post = async (text: string, owner?: string) =>
        (await store.append({ room: a, author: 'ann', text, ...(owner !== undefined && { owner }) })).message;
      const edit = (about: string, text: string, more: Partial<NewChange> = {}) =>
        store.change({ room: a, kind: 'edit', about, text, owner: 'mine', ...more });
      const remove = (about: string, more: Partial<NewChange> = {}) => edit(about, '', { kind: 'remove', ...more });

      it('makes a message what it is from now on, and is an entry of the log', async () => {
        const [one, two] = [await post('one', 'mine'), await post('two', 'mine')];
        const edited = await edit(one.id, 'eins\ud83d');
        expect(edited.message).toEqual({ ...one, text: 'eins\ufffd', edited: edited.entry!.at });
        expect(edited.entry).toMatchObject({ seq: 3, kind: 'edit', about: one.id, message: edited.message });
        const removed = await remove(two.id);
        expect(removed.message).toEqual({ ...two, text: '', removed: true });
        expect(removed.entry).toMatchObject({ seq: 4, kind: 'remove', about: two.id });
        const three = await post('three');
        expect(three.seq).toBe(5);
        expect((await store.read(a, { limit: 9 })).messages).toEqual([edited.message, removed.message, three]);
        const { entries, first, last } = await store.entries(a, { after: 2, limit: 9 });
        expect(entries).toEqual([
          edited.entry,
          removed.entry,
          { seq: 5, id: three.id, kind: 'message', at: three.at, message: three },
        ]);
        expect([first, last]).toEqual([1, 5]);
        expect(
          (await store.entries(a, { after: 0, limit: 2 })).entries.map(({ seq, message }) => [seq, message.text]),
        ).toEqual([
          [1, 'eins\ufffd'],
          [2, ''],
        ]);
        expect((await store.entries(a, { limit: 2 })).entries.map(({ seq }) => seq)).toEqual([4, 5]);
        expect((await store.rooms()).find(({ room }) => room === a)).toEqual({ room: a, last: 5, newest: 5 });
      });

      it('tells all texts that a removed message had', async () => {
        const one = await post('one', 'mine');
        for (const text of ['two', 'three', 'four']) await edit(one.id, text);
        expect([...new Set((await remove(one.id)).texts)].toSorted()).toEqual(['four', 'one', 'three', 'two']);
      });

      it('to what is there already is no entry', async () => {
        const one = await post('one', 'mine');
        expect(await edit(one.id, 'one')).toEqual({ message: one });
        expect((await store.entries(a, { after: 0, limit: 9 })).last).toBe(1);
      });

      it('is refused where it can not be, and nothing has changed', async () => {
        const [one, nobodys, gone] = [await post('one', 'mine'), await post('two'), await post('three', 'mine')];
        await remove(gone.id);
        const before = await store.entries(a, { after: 0, limit: 9 });
        const refused: [Promise<unknown>, string][] = [
          [edit('no such id', 'x'), 'missing'],
          [edit(one.id, 'x', { room: b }), 'missing'],
          [edit(one.id, 'x', { owner: 'yours' }), 'foreign'],
          [store.change({ room: a, kind: 'edit', about: one.id, text: 'x' }), 'foreign'],
          [edit(nobodys.id, 'x'), 'foreign'],
          [edit(gone.id, 'x'), 'removed'],
          [remove(gone.id), 'removed'],
          [edit(gone.id, 'x', { owner: 'yours' }), 'foreign'],
          [edit(one.id, 'x', { within: -1 }), 'late'],
        ];
        for (const [change, fault] of refused)
          await expect(change).rejects.toMatchObject({ name: 'ChangeRefused', fault });
        expect(await store.entries(a, { after: 0, limit: 9 })).toEqual(before);
      });

      it('may be the operator\u2019s, whosever the message is and however old', async () => {
        const one = await post('one', 'mine');
        const operator = { bypassesOwnership: true, within: -1 };
        const changed = await store.change({ room: a, kind: 'remove', about: one.id, text: '', ...operator });
        expect(changed.message.removed).toBe(true);
      });

      it('leaves a key what it was: a retry of the post gives the message as it is now', async () => {
        const draft = { room: a, author: 'ann', text: 'hi', key: 'k', owner: 'mine' };
        const { message } = await store.append(draft);
        const { message: edited } = await edit(message.id, 'ho');
        expect(await store.append(draft)).toEqual({ message: edited, fresh: false });
        await expect(store.append({ ...draft, text: 'ho' })).rejects.toBeInstanceOf(KeyReused);
        const { message: removed } = await remove(message.id);
        expect(await store.append(draft)).toEqual({ message: removed, fresh: false });
      });

      it('leaves a key what it was where somebody reacted before the message was edited', async () => {
        const draft = { room: a, author: 'ann', text: 'hi', key: 'k', owner: 'mine' };
        const { message } = await store.append(draft);
        await react(message.id, '👍', 'bob');
        const { message: edited } = await edit(message.id, 'ho');
        expect(await store.append(draft)).toEqual({ message: edited, fresh: false });
      });

      const react = (about: string, emoji: string, owner: string, more: Partial<NewChange> = {}) =>
        store.change({ room: a, kind: 'react', about, text: '', emoji, author: owner, owner, ...more });
      const unreact = (about: string, emoji: string, owner: string) => react(about, emoji, owner, { kind: 'unreact' });

      it('adds each one\u2019s reactions once and takes them back, by whomever the message is', async () => {
        const one = await post('one', 'mine');
        const first = await react(one.id, '👍', 'ann');
        expect(first.message).toEqual({ ...one, reactions: { '👍': [{ id: expect.any(String), name: 'ann' }] } });
        const [by] = first.message.reactions!['👍']!;
        expect(by!.id).not.toContain('ann');
        expect(first.entry).toMatchObject({ seq: 2, kind: 'react', about: one.id, reaction: { emoji: '👍', by } });
        expect(await react(one.id, '👍', 'ann')).toEqual({ message: first.message });
        await react(one.id, '👍', 'bob');
        const { message } = await react(one.id, '🎉', 'ann');
        expect(Object.entries(message.reactions!).map(([emoji, who]) => [emoji, who.map(({ name }) => name)])).toEqual([
          ['👍', ['ann', 'bob']],
          ['🎉', ['ann']],
        ]);
        expect(message.reactions!['🎉']![0]!.id).toBe(by!.id);
        expect(flaws(message)).toEqual([]);
        expect((await store.read(a, { limit: 9 })).messages).toEqual([message]);
        expect(await unreact(one.id, '🎉', 'bob')).toEqual({ message });
        await unreact(one.id, '👍', 'bob');
        await unreact(one.id, '🎉', 'ann');
        const last = await unreact(one.id, '👍', 'ann');
        expect(last.message).toEqual(one);
        expect(last.entry).toMatchObject({ seq: 7, kind: 'unreact', reaction: { emoji: '👍', by } });
        expect((await store.entries(a, { after: 6, limit: 9 })).entries).toEqual([last.entry]);
      });

      it('takes no reaction to what is gone, nor more than a message may have', async () => {
        const [one, gone] = [await post('one'), await post('two', 'mine')];
        await react(gone.id, '👍', 'ann');
        expect((await remove(gone.id)).message).toEqual({ ...gone, text: '', removed: true });
        const { entries } = await store.entries(a, { after: 2, limit: 9 });
        expect(entries.filter(({ reaction }) => reaction)).toEqual([]);
        await expect(react(gone.id, '👍', 'bob')).rejects.toMatchObject({ fault: 'removed' });
        await expect(react('no such id', '👍', 'bob')).rejects.toMatchObject({ fault: 'missing' });
        for (let i = 0; i < MAX_EMOJI; i++) await react(one.id, String.fromCodePoint(0x1f400 + i), 'ann');
        await expect(react(one.id, '👍', 'ann')).rejects.toMatchObject({ fault: 'full' });
        await Promise.all(Array.from({ length: MAX_REACTIONS - MAX_EMOJI }, (_, i) => react(one.id, '🐀', `p${i}`)));
        await expect(react(one.id, '🐀', 'one more')).rejects.toMatchObject({ fault: 'full' });
        await unreact(one.id, '🐀', 'ann');
        expect((await react(one.id, '🐁', 'one more')).message.reactions!['🐁']).toHaveLength(2);
      });

      it('keeps reactions where a message is edited, and its text where somebody reacts', async () => {
        const one = await post('one', 'mine');
        await react(one.id, '👍', 'ann');
        const { message } = await edit(one.id, 'two');
        expect(message).toMatchObject({ text: 'two', reactions: { '👍': [{ name: 'ann' }] } });
        expect((await react(one.id, '🎉', 'ann')).message).toMatchObject({ text: 'two', edited: message.edited });
      });

      it(`after change, ${CHANGES} times, leaves one message, and each entry once`, async () => {
        const one = await post('0', 'mine');
        const edits = Array.from({ length: CHANGES }, (_, i) => edit(one.id, String(i + 1)));
        const done = await Promise.all(edits);
        expect(done.map(({ entry }) => entry!.seq)).toEqual(Array.from({ length: CHANGES }, (_, i) => i + 2));
        expect((await store.read(a, { limit: 9 })).messages).toMatchObject([{ seq: 1, text: `${CHANGES}` }]);
        const { entries, last } = await store.entries(a, { after: CHANGES - 10, limit: 99 });
        expect(last).toBe(CHANGES + 1);
        expect(entries.at(-1)).toMatchObject({ seq: CHANGES + 1, message: { text: `${CHANGES}` } });
      });
    });

    describe('read', () => {
      it('gives nothing of a room that has no messages', async () => {
        expect(await store.read(a, { limit: 50 })).toEqual({ messages: [], last: 0, first: 1 });
      });

      it('gives the newest, oldest first', async () => {
        await filled(store, a, 10);
        const { messages, first, last } = await store.read(a, { limit: 3 });
        expect(texts(messages)).toBe('8 9 10');
        expect([first, last]).toEqual([1, 10]);
      });

      describe('of ten messages', () => {
        let ten: string;
        beforeAll(async () => {
          ten = `ten${++count}`;
          await filled(store, ten, 10);
          await filled(store, `two${count}`, 2);
        });

        it.each<[string, MessageRange, string]>([
          ['after gives the oldest of the later ones', { after: 3, limit: 4 }, '4 5 6 7'],
          ['after the beginning gives the first', { after: 0, limit: 2 }, '1 2'],
          ['after gives what there is', { after: 8, limit: 4 }, '9 10'],
          ['after the last gives none', { after: 10, limit: 4 }, ''],
          ['after what is yet to come gives none', { after: 99, limit: 4 }, ''],
          ['before gives the newest of the earlier ones', { before: 8, limit: 3 }, '5 6 7'],
          ['before gives what there is', { before: 3, limit: 9 }, '1 2'],
          ['before the first gives none', { before: 1, limit: 9 }, ''],
          ['before what is yet to come gives the newest', { before: 99, limit: 2 }, '9 10'],
          ['a limit beyond all gives all', { limit: 99 }, '1 2 3 4 5 6 7 8 9 10'],
          ['a limit of 0 gives none', { limit: 0 }, ''],
        ])('%s', async (_, range, wanted) => {
          expect(texts((await store.read(ten, range)).messages)).toBe(wanted);
        });
      });

      it('since gives the newest of those with a greater time', async () => {
        const kept = await filled(store, a, 10);
        const times = kept.map(({ time }) => time);
        const read = async (since: number, limit: number) => texts((await store.read(a, { since, limit })).messages);
        expect(await read(0, 50)).toBe('1 2 3 4 5 6 7 8 9 10');
        expect(await read(times[6]!, 50)).toBe('8 9 10');
        expect(await read(times[2]!, 2)).toBe('9 10');
        expect(await read(times[9]!, 50)).toBe('');
      });

      it('gives the same frozen message each time', async () => {
        const kept = await filled(store, a, 5);
        for (const range of [{ limit: 9 }, { after: 0, limit: 9 }, { before: 6, limit: 9 }, { since: 0, limit: 9 }]) {
          const { messages } = await store.read(a, range);
          expect(Object.isFrozen(messages)).toBe(true);
          for (const [i, message] of messages.entries()) expect(message).toBe(kept[i]);
        }
      });

      it('sees all that is resolved, and no hole while more is on the way', async () => {
        let resolved = 0;
        let done = false;
        const drafts = Array.from({ length: 300 }, (_, i) => ({ room: a, author: 'ann', text: String(i + 1) }));
        const appending = Promise.all(
          drafts.map(async draft => {
            const { message } = await store.append(draft);
            resolved = Math.max(resolved, message.seq);
          }),
        ).then(() => {
          done = true;
        });
        while (!done) {
          const sure = resolved;
          const { messages, last } = await store.read(a, { limit: 40 });
          expect(last).toBeGreaterThanOrEqual(sure);
          expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, i) => last - messages.length + 1 + i));
          await new Promise(setImmediate);
        }
        await appending;
      });
    });

    it('lists its rooms by name, each with its last message', async () => {
      const store = opening(url());
      expect(await store.rooms()).toEqual([]);
      expect(await store.has('zoo')).toBe(false);
      await filled(store, 'zoo', 1);
      await filled(store, 'lobby', 2);
      expect(await store.rooms()).toEqual([
        { room: 'lobby', last: 2, newest: 2 },
        { room: 'zoo', last: 1, newest: 1 },
      ]);
      expect([await store.has('zoo'), await store.has('ann')]).toEqual([true, false]);
      await filled(store, 'ann', 1);
      await filled(store, 'zoo', 1);
      expect(await store.rooms()).toEqual([
        { room: 'ann', last: 1, newest: 1 },
        { room: 'lobby', last: 2, newest: 2 },
        { room: 'zoo', last: 2, newest: 2 },
      ]);
    });

    it('does not list a room whose messages are all removed, until there is one again', async () => {
      const store = opening(url());
      const kept = [...(await filled(store, 'a', 3)), ...(await filled(store, 'b', 1))];
      const remove = ({ room, id }: Message) =>
        store.change({ room, kind: 'remove', about: id, text: '', bypassesOwnership: true });
      const listed = async () => (await store.rooms()).map(({ room, last }) => `${room} ${last}`);
      for (const [at, rooms] of [
        [1, ['a 4', 'b 1']],
        [0, ['a 5', 'b 1']],
        [2, ['b 1']],
        [3, []],
      ] as const) {
        await remove(kept[at]!);
        expect(await listed()).toEqual(rooms);
      }
      expect(await store.has('a')).toBe(true);
      expect((await store.read('a', { limit: 9 })).last).toBe(6);
      expect((await filled(store, 'a', 1))[0]!.seq).toBe(7);
      expect(await listed()).toEqual(['a 7']);
    });

    describe('select and follow', () => {
      const crowded = (store: Store, number: number) =>
        Promise.all(Array.from({ length: number }, () => store.append({ room: 'a', author: 'ann', text: 'hi' })));

      it('finds what the operator means, and removes it in every room', async () => {
        const store = opening(url());
        for (const [room, author] of [
          ['a', 'Zoe\u0308  b'],
          ['a', 'bob'],
          ['b', 'Zo\u00eb b'],
          ['c', 'zo\u00eb b'],
        ] as const)
          await store.append({ room, author, text: 'hi' });
        const [bobs] = (await store.read('a', { limit: 9 })).messages.filter(({ author }) => author === 'bob');
        const means = async (selection: MessageSelection) => {
          const { rooms, removed } = await findRemovable([store], selection);
          return [...rooms, removed];
        };
        expect(await means({ author: ' Zo\u00eb b' })).toEqual([['a', 1], ['b', 1], 0]);
        expect(await means({ room: 'a' })).toEqual([['a', 2], 0]);
        expect(await means({ message: bobs!.id })).toEqual([['a', 1], 0]);
        for (const selection of [{ author: 'zoe b' }, { room: 'd' }, { message: 'none' }])
          expect(await means(selection)).toEqual([0]);
        expect([...(await removeAll([store], { author: 'Zo\u00eb b' })).rooms]).toEqual([
          ['a', 1],
          ['b', 1],
        ]);
        expect(await means({ author: 'Zo\u00eb b' })).toEqual([2]);
        expect((await removeAll([store], { room: 'a' })).removed).toBe(1);
        expect((await store.rooms()).map(({ room }) => room)).toEqual(['c']);
      });

      it('means of somebody with an account also what they wrote by another name', async () => {
        const person = recordOf.person({ id: 'zoe', kind: 'person', name: 'Zoe now', role: 'member', made: 1 });
        await (await store.directory()).change(() => ({ records: [person], result: 0 }));
        await store.append({ room: a, author: 'Zoe then', by: 'zoe', text: 'hi' });
        await store.append({ room: a, author: 'Zoe then', text: 'a guest' });
        expect([...(await removeAll([store], { author: 'zoe NOW' })).rooms]).toEqual([[a, 1]]);
        expect((await store.read(a, { limit: 9 })).messages.map(({ removed }) => removed)).toEqual([true, undefined]);
      });

      it('tells the newest follower what the operator removes, in order, and nobody what nodes keep', async () => {
        const name = url();
        const [store, operator] = [opening(name), opening(name)];
        const told: string[][] = [[], []];
        const ends = told.map(list =>
          store.follow(({ kind, seq, message }) => list.push(`${kind} ${seq} ${message.seq}`)),
        );
        await crowded(store, CROWD);
        await removeAll([operator], { room: 'a' });
        expect(told[0]).toEqual([]);
        expect(told[1]).toEqual(Array.from({ length: CROWD }, (_, i) => `remove ${CROWD + 1 + i} ${i + 1}`));
        ends[1]!();
        await filled(store, 'a', 1);
        await removeAll([operator], { room: 'a' });
        expect([told[0], told[1]!.length]).toEqual([[`remove ${2 * CROWD + 2} ${2 * CROWD + 1}`], CROWD]);
      });

      it('lets others write and read while it removes very many', async () => {
        const store = opening(url());
        await crowded(store, CROWD);
        const removing = removeAll([store], { author: 'ann' });
        const { message } = await store.append({ room: 'a', author: 'bob', text: 'ho' });
        // Far more are left to remove than were before this one.
        expect(message.seq).toBeLessThan(CROWD * 1.5);
        await removing;
        expect((await store.read('a', { limit: 1 })).last).toBe(2 * CROWD + 1);
      });
    });

    it('is well, and counts its commits', async () => {
      const store = opening(url());
      await filled(store, 'a', 3);
      expect(store.health()).toBeUndefined();
      expect(store.commits().count).toBe(3);
    });

    describe('opened twice', () => {
      it('is one store until both are closed', async () => {
        const name = url();
        const [one, two] = [opening(name), opening(name)];
        await filled(one, 'a', 2);
        expect(await two.epoch()).toBe(await one.epoch());
        await one.close();
        await one.close();
        await filled(two, 'a', 1);
        expect(texts((await two.read('a', { limit: 9 })).messages)).toBe('1 2 1');
      });

      it('goes on where it is opened again while it closes', async () => {
        const name = url();
        const one = opening(name);
        const pending = filled(one, 'a', 1);
        const closing = one.close();
        const two = opening(name);
        await closing;
        await pending;
        await filled(two, 'a', 1);
        expect((await two.read('a', { limit: 9 })).last).toBe(2);
        expect(await two.epoch()).toBe(await one.epoch());
      });
    });

    it('settles what it was given before it closes', async () => {
      const store = opening(url());
      const pending = [1, 2, 3].map(i => store.append({ room: 'a', author: 'ann', text: String(i) }));
      await store.close();
      expect((await Promise.all(pending)).map(({ message }) => message.seq)).toEqual([1, 2, 3]);
    });

    it('has an epoch that is its own and fits a cursor', async () => {
      const [one, two] = [await opening(url()).epoch(), await opening(url()).epoch()];
      expect(one).toMatch(/^[0-9a-z]+$/);
      expect(one).not.toBe(two);
    });
  });
}
