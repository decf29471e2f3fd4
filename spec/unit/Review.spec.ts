import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getComponent, hold, report, review } from '../../components/Review.ts';
import { recordOf } from '../../src/model/directory.ts';
import type { HeldPage, ReportsPage } from '../../src/model/moderation.ts';
import type { Answer, Entry, Post, Question } from '../../src/model/packets.ts';
import type { Who } from '../../src/model/who.ts';
import { open, setDataFolder } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { flaws, NodeHarness, post, question } from '../support/node.ts';

const person = (id: string, role: Who['role'] = 'member'): Who => ({ kind: 'person', id, name: id, role });
const mo = person('mo', 'moderator');

let count = 0;
/** A store of its own with a moderator, a member and a private room that neither is in. */
async function place(url = `memory:review-${++count}`): Promise<Store> {
  const store = open(url);
  const people = [mo, person('ann')].map(({ id, role }) =>
    recordOf.person({ id, kind: 'person', name: id, role, made: 1 }),
  );
  const board = recordOf.room({ room: 'board', title: 'Board', kind: 'private', by: 'x', made: 1 });
  await (await store.directory()).change(() => ({ records: [...people, board], result: undefined }));
  return store;
}

const spam = (given: Partial<Post> = {}) => ({ ...post({ text: 'spam', ...given }), why: 'has a link' });
const ask = (method: string, path: string, given: Partial<Question> = {}) =>
  question({ method, path, who: mo, ...given });
const json = (answer: Answer) => JSON.parse('body' in answer ? answer.body : 'null');
const waiting = async (store: Store, who = mo): Promise<HeldPage['held']> =>
  (json(await review(store, ask('GET', '/api/held', { who }))) as HeldPage).held;
const approve = (store: Store, held: string, who = mo) =>
  review(store, ask('POST', `/api/held/${held}`, { params: { held }, who }));
const refuse = (store: Store, held: string) => review(store, ask('DELETE', `/api/held/${held}`, { params: { held } }));
const texts = async (store: Store, room = 'lobby') =>
  (await store.read(room, { limit: 50 })).messages.map(({ author, text }) => `${author}: ${text}`);
const code = (answer: Answer | undefined) => (answer && 'code' in answer ? answer.code : answer?.status);

describe('Review', () => {
  it('keeps a post until a moderator approves it, and says so to its author', async () => {
    const store = await place();
    const entries: Entry[] = [];
    store.follow(entry => entries.push(entry));
    expect(await hold(store, spam())).toEqual({
      id: 'q1',
      status: 403,
      code: 'held',
      detail: 'your message waits for a moderator: it has a link; you need not send it again',
    });
    const [held] = await waiting(store);
    expect(held).toMatchObject({ room: 'lobby', author: 'ann', text: 'spam', why: 'has a link' });
    expect([await texts(store), entries]).toEqual([[], []]);
    const approved = await approve(store, held!.id);
    expect(approved.status).toBe(201);
    expect(json(approved)).toMatchObject({ seq: 1, author: 'ann', text: 'spam' });
    expect([await texts(store), await waiting(store)]).toEqual([['ann: spam'], []]);
    // Storage tells it on from there.
    expect(entries.map(({ kind, message }) => [kind, message.text])).toEqual([['message', 'spam']]);
    expect(code(await approve(store, held!.id))).toBe('held-not-found');
    await store.close();
  });

  it('tells how much waits, of it as much as is asked for, and whose account it is from', async () => {
    const store = await place();
    for (const text of ['one', 'two']) await hold(store, spam({ text, who: person('ann') }));
    await hold(store, spam({ text: 'three' }));
    const told = async (query: Question['query']) => json(await review(store, ask('GET', '/api/held', { query })));
    const { waiting: all, held } = (await told({})) as HeldPage;
    expect([all, held.map(({ text, by }) => `${text} ${by}`)]).toEqual([3, ['one ann', 'two ann', 'three undefined']]);
    expect(await told({ limit: '1' })).toMatchObject({ waiting: 3, held: [{ text: 'one' }] });
    expect(code(await review(store, ask('GET', '/api/held', { query: { limit: 'all' } })))).toBe('parameter-invalid');
    await store.close();
  });

  it('posts once what several approve at once', async () => {
    const store = await place();
    await hold(store, spam());
    const [{ id } = { id: '' }] = await waiting(store);
    const answers = await Promise.all([
      approve(store, id),
      approve(store, id, person('max', 'owner')),
      approve(store, id),
    ]);
    expect(answers.map(({ status }) => status)).toContain(201);
    expect(await texts(store)).toEqual(['ann: spam']);
    await store.close();
  });

  it('forgets what a moderator refuses, whose text is nowhere then', async () => {
    const store = await place();
    await hold(store, spam());
    const [{ id } = { id: '' }] = await waiting(store);
    expect((await refuse(store, id)).status).toBe(204);
    expect(code(await refuse(store, id))).toBe('held-not-found');
    expect(code(await approve(store, id))).toBe('held-not-found');
    expect([await texts(store), await waiting(store)]).toEqual([[], []]);
    await store.close();
  });

  it('holds what is sent again under its key once, and posts it under that key', async () => {
    const store = await place();
    for (let i = 0; i < 3; i++) expect(code(await hold(store, spam({ key: 'k1' })))).toBe('held');
    const [held, ...others] = await waiting(store);
    expect(others).toEqual([]);
    await approve(store, held!.id);
    // Its author's outbox may try once more: that goes on to Storage, which knows the message by its key.
    expect(await hold(store, spam({ key: 'k1' }))).toBeUndefined();
    expect(await waiting(store)).toEqual([]);
    expect(await texts(store)).toEqual(['ann: spam']);
    await store.close();
  });

  it('says of a post whose key stands for another message by now that it can only be refused', async () => {
    const store = await place();
    await hold(store, spam({ key: 'k1' }));
    await store.append({ room: 'lobby', author: 'ann', text: 'another', key: 'k1' });
    const [{ id } = { id: '' }] = await waiting(store);
    const node = await NodeHarness.start(getComponent(), { store: `memory:review-${count}` });
    const answer = await node.ask('in', ask('POST', `/api/held/${id}`, { params: { held: id } }));
    expect(answer).toMatchObject({ status: 422, code: 'key-reused' });
    expect((await refuse(store, id)).status).toBe(204);
    await Promise.all([node.stop(), store.close()]);
  });

  it('lets pass what needs no moderator: theirs, a bot of the graph, a private room, and what brings no text', async () => {
    const store = await place();
    for (const given of [
      { who: mo },
      { who: { kind: 'bot', id: 'clock', name: 'clock', role: 'guest' } as const },
      { room: 'board', who: person('ann') },
      { kind: 'react', about: 'm1', text: '' } as const,
    ])
      expect(await hold(store, spam(given))).toBeUndefined();
    expect(await waiting(store)).toEqual([]);
    // A bot with a token is as anybody else.
    const bot = recordOf.person({ id: 'b1', kind: 'bot', name: 'b1', role: 'member', made: 1 });
    await (await store.directory()).change(() => ({ records: [bot], result: undefined }));
    expect(code(await hold(store, spam({ who: { kind: 'bot', id: 'b1', name: 'b1', role: 'member' } })))).toBe('held');
    await store.close();
  });

  it('refuses an edit instead, as that can not wait', async () => {
    const store = await place();
    expect(await hold(store, spam({ kind: 'edit', about: 'm1' }))).toMatchObject({
      code: 'not-allowed',
      detail: 'the new text would have to wait for a moderator: it has a link; write it anew',
    });
    expect(await waiting(store)).toEqual([]);
    await store.close();
  });

  it('keeps 20 posts of one author, and goes on for others', async () => {
    const store = await place();
    const of = (from: string) => hold(store, spam({ who: { kind: 'guest', id: from, name: '', role: 'guest' } }));
    for (let i = 0; i < 20; i++) expect(code(await of('a'))).toBe('held');
    expect([code(await of('a')), code(await of('b'))]).toEqual(['held-limit', 'held']);
    await store.close();
  });

  it('posts nothing in a room that was archived meanwhile, and shows nothing of one that was made private', async () => {
    const store = await place();
    await hold(store, spam({ room: 'tea' }));
    const [{ id } = { id: '' }] = await waiting(store);
    const make = async (more: object) =>
      (await store.directory()).change(() => ({
        records: [recordOf.room({ room: 'tea', title: 'tea', kind: 'open', by: 'x', made: 1, ...more })],
        result: undefined,
      }));
    await make({ isArchived: true });
    expect(code(await approve(store, id))).toBe('room-archived');
    await make({ kind: 'private' });
    expect([await waiting(store), code(await approve(store, id))]).toEqual([[], 'held-not-found']);
    await store.close();
  });

  it('takes a report of a message once from each, and shows the message as it is', async () => {
    const store = await place();
    const { message } = await store.append({ room: 'lobby', author: 'eve', text: 'rude' });
    const reports = async (): Promise<ReportsPage['reports']> =>
      (json(await review(store, ask('GET', '/api/reports'))) as ReportsPage).reports;
    const by = (who: Who, reason: unknown = 'it is rude', id = message.id) =>
      report(store, question({ method: 'POST', who, body: { reason }, params: { room: 'lobby', message: id } }));
    expect([(await by(person('ann'))).status, (await by(person('ann'))).status]).toEqual([204, 204]);
    expect((await by(question().who)).status).toBe(204);
    expect(await reports()).toMatchObject([
      { by: 'ann', reason: 'it is rude', message: { author: 'eve', text: 'rude' } },
      { reason: 'it is rude' },
    ]);
    expect((await reports())[1]).not.toHaveProperty('by');
    for (const reason of ['', ' ', 7, 'x'.repeat(501), undefined])
      expect(code(await by(mo, reason ?? null))).toBe('field-invalid');
    expect(code(await by(mo, 'why', 'none'))).toBe('message-not-found');

    const [first, second] = await reports();
    const on = (method: string, id: string) =>
      review(store, ask(method, `/api/reports/${id}`, { params: { report: id } }));
    expect((await on('DELETE', first!.id)).status).toBe(204);
    expect(await reports()).toHaveLength(1);
    const told: Entry[] = [];
    store.follow(entry => told.push(entry));
    expect((await on('POST', second!.id)).status).toBe(204);
    expect([await reports(), code(await on('POST', second!.id))]).toEqual([[], 'held-not-found']);
    expect((await store.read('lobby', { limit: 1 })).messages[0]).toMatchObject({ removed: true, text: '' });
    expect(told.map(({ kind }) => kind)).toEqual(['remove']);
    expect(code(await by(mo))).toBe('message-not-found');
    await store.close();
  });

  it('forgets the reports of what is gone otherwise, so that they don\u2019t stand in the way of others', async () => {
    const store = await place();
    const { message } = await store.append({ room: 'lobby', author: 'eve', text: 'rude', owner: 'mine' });
    const params = { room: 'lobby', message: message.id };
    await report(store, question({ method: 'POST', body: { reason: 'x' }, params }));
    await store.change({ room: 'lobby', kind: 'remove', about: message.id, text: '', owner: 'mine' });
    expect(json(await review(store, ask('GET', '/api/reports')))).toEqual({ reports: [] });
    expect((await store.directory()).now.reports).toEqual([]);
    await store.close();
  });

  it('tells strangers of a private room nothing, whatever they report', async () => {
    const store = await place();
    const { message } = await store.append({ room: 'board', author: 'x', text: 'secret' });
    const params = { room: 'board', message: message.id };
    const answer = await report(store, question({ method: 'POST', who: mo, body: { reason: 'x' }, params }));
    expect(code(answer)).toBe('room-not-found');
    await store.close();
  });

  it('asks the store that STORE names, lets only packets out, and passes what need not wait unchanged', async () => {
    const store = await place();
    const node = await NodeHarness.start(getComponent(), { store: `memory:review-${count}` });
    const refused = await node.ask('hold', spam());
    expect(refused).toMatchObject({ code: 'held' });
    const list = await node.ask('in', ask('GET', '/api/held'));
    expect(flaws(refused).concat(flaws(list))).toEqual([]);
    const mine = spam({ who: mo });
    expect(await node.ask('hold', mine, 'passed')).toBe(mine);
    await Promise.all([node.stop(), store.close()]);
  });
});

describe('what waits', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flowchat-review-'));
    setDataFolder(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is there after the server has ended, and waits no more once it is decided, whatever happens then', async () => {
    let store = await place('sqlite:held.db');
    const verdicts: unknown[] = [];
    (await store.directory()).follow(records =>
      verdicts.push(
        ...records.flatMap(({ kind, value }) => (kind === 'held' && value?.verdict ? [value.verdict] : [])),
      ),
    );
    for (const text of ['spam', 'more']) await hold(store, spam({ text, owner: 'mine', who: person('ann') }));
    const [{ id } = { id: '' }, { id: other } = { id: '' }] = await waiting(store);
    expect((await approve(store, id)).status).toBe(201);
    expect((await refuse(store, other)).status).toBe(204);
    expect(verdicts).toEqual([
      { by: 'mo', what: 'approved' },
      { by: 'mo', what: 'refused' },
    ]);
    await store.close();
    store = open('sqlite:held.db');
    // Nothing is left that nobody sees and that counts as waiting.
    expect((await store.directory()).now.heldPosts).toEqual([]);
    expect(await texts(store)).toEqual(['ann: spam']);
    expect((await store.read('lobby', { limit: 1 })).messages[0]).toMatchObject({ by: 'ann' });
    expect(code(await approve(store, id))).toBe('held-not-found');
    await store.close();
  });
});
