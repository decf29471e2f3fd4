import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Chat, until } from '../support/chat.ts';
import { isLong } from '../support/long.ts';
import { Reader } from '../support/reader.ts';
import { type HeardMessage, LOG_TRANSPORTS, TRANSPORTS, type Transport } from '../support/transports.ts';

// `npm run test:transports` has more.
const COURSES = Number(process.env.COURSES ?? 1);
const REVISIONS = isLong ? 20 : 5;
const LENGTH = isLong ? { minLength: 40, maxLength: 80 } : { minLength: 25, maxLength: 40 };

const STEPS = ['post', 'post', 'post', 'tick', 'tick', 'come', 'drop', 'turn', 'republish'] as const;
const steps = fc.array(fc.tuple(fc.constantFrom(...STEPS), fc.nat({ max: 3 })), LENGTH);

let chat: Chat;
let rooms = 0;
beforeAll(async () => {
  chat = await Chat.start();
});
afterAll(() => chat.stop());

const newRoom = () => `room-${++rooms}`;
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/**
 * Posts, readers that join and leave, and new revisions, all at once. Returns the received events and the number of
 * posts.
 */
async function play(transport: Transport, all: readonly (readonly [(typeof STEPS)[number], number])[]) {
  const room = newRoom();
  const after = await chat.cursor(room);
  const readers = [0, 1, 2, 3].map(() => new Reader(transport, chat.origin, room, after));
  const pending: Promise<unknown>[] = [];
  let posts = 0;
  const does: Readonly<Record<(typeof STEPS)[number], (reader: Reader) => unknown>> = {
    post: () => pending.push(chat.post(room, `post ${++posts}`)),
    tick: () => new Promise(setImmediate),
    turn: () => chat.cursor(room),
    come: reader => reader.come(),
    drop: reader => reader.drop(),
    republish: () => pending.push(chat.republish()),
  };
  for (const [step, which] of all) await does[step](readers[which]!);
  await Promise.all(pending);
  for (const reader of readers) reader.come();
  await chat.post(room, `post ${++posts}, the last one`);
  const heard = () => readers.map(reader => reader.heard);
  await until(() => heard().every(({ length }) => length >= posts), heard);
  for (const reader of readers) reader.drop();
  return { heard: heard(), posts };
}

describe.each(TRANSPORTS)('$name', transport => {
  it('tells every message once and in order, whenever its readers break off, and the graph is exchanged', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async all => {
        const { heard, posts } = await play(transport, all);
        for (const one of heard) expect(one).toEqual(upTo(posts));
      }),
      { numRuns: COURSES, endOnFailure: true },
    );
  }, 120_000);

  it.each([
    ['another history', () => 'elsewhere:2'],
    ['what never was', (epoch: string) => `${epoch}:99`],
  ])('tells of a gap, then what there is, where a cursor is of %s', async (_, after) => {
    const room = newRoom();
    const [epoch] = (await chat.cursor(room)).split(':');
    for (let i = 0; i < 3; i++) await chat.post(room, 'hi');
    const reader = new Reader(transport, chat.origin, room, after(epoch!));
    reader.come();
    await until(() => reader.told.length >= 4);
    expect(reader.heard).toEqual(['gap 0', 1, 2, 3]);
    await chat.post(room, 'and on');
    await until(() => reader.told.length >= 5);
    expect(reader.heard).toEqual(['gap 0', 1, 2, 3, 4]);
    reader.drop();
  });

  it.each(['garbage', 'a:b', ':1', 'a:-1', 'a:1:2', 'a b:1', '\u0661:\u0662', 'a:1e3', `a:${'9'.repeat(16)}`])(
    'refuses the cursor %j',
    async after => {
      expect(await transport.refused(chat.origin, newRoom(), after)).toBe(422);
    },
  );

  it(`drops no connection through ${REVISIONS} revisions`, async () => {
    const room = newRoom();
    const reader = new Reader(transport, chat.origin, room, await chat.cursor(room));
    reader.come();
    for (let i = 1; i <= REVISIONS; i++) {
      const posted = chat.post(room, 'before, meanwhile or after');
      await chat.republish();
      await posted;
      await until(() => reader.told.length >= i);
      expect(reader.isThere).toBe(true);
    }
    expect(reader.heard).toEqual(upTo(REVISIONS));
    reader.drop();
  });
});

const CHANGES = [
  'post',
  'post',
  'edit',
  'edit',
  'remove',
  'react',
  'react',
  'unreact',
  'tick',
  'come',
  'drop',
  'republish',
] as const;
const changes = fc.array(fc.tuple(fc.constantFrom(...CHANGES), fc.nat({ max: 99 })), LENGTH);

/** Edits or removes a message; whether it is still there is the server's to say. */
async function change(room: string, method: 'PATCH' | 'DELETE', id: string, text: string): Promise<void> {
  const body = method === 'PATCH' ? { body: JSON.stringify({ text }) } : {};
  const headers = { 'Owner-Key': 'all of one', 'Content-Type': 'application/json' };
  const { status } = await fetch(`${chat.origin}/api/rooms/${room}/messages/${id}`, { method, headers, ...body });
  expect([200, 409]).toContain(status);
}

/** Adds a reaction to a message, or takes it back, as one of three. */
async function react(room: string, method: 'PUT' | 'DELETE', id: string, which: number): Promise<void> {
  const path = `/api/rooms/${room}/messages/${id}/reactions/${encodeURIComponent(which % 2 ? '👍' : '🎉')}`;
  const { status } = await fetch(`${chat.origin}${path}`, {
    method,
    headers: { 'Owner-Key': `somebody ${which % 3}` },
  });
  expect([200, 409]).toContain(status);
}

/** Posts, edits, removals and reactions at the same time. Returns the messages as they are in the end, and the readers. */
async function playChanges(all: readonly (readonly [(typeof CHANGES)[number], number])[]) {
  const room = newRoom();
  const after = await chat.cursor(room);
  const readers = LOG_TRANSPORTS.map(transport => new Reader(transport, chat.origin, room, after));
  const ids: string[] = [];
  const pending: Promise<unknown>[] = [];
  const post = async (text: string) => ids.push((await chat.post(room, text, { owner: 'all of one' })).id);
  await post('the first one');
  const does: Readonly<Record<(typeof CHANGES)[number], (which: number) => unknown>> = {
    post: which => pending.push(post(`post ${which}`)),
    edit: which => pending.push(change(room, 'PATCH', ids[which % ids.length]!, `edited ${which}`)),
    remove: which => pending.push(change(room, 'DELETE', ids[which % ids.length]!, '')),
    react: which => pending.push(react(room, 'PUT', ids[which % ids.length]!, which)),
    unreact: which => pending.push(react(room, 'DELETE', ids[which % ids.length]!, which)),
    tick: () => new Promise(setImmediate),
    come: which => readers[which % readers.length]!.come(),
    drop: which => readers[which % readers.length]!.drop(),
    republish: () => pending.push(chat.republish()),
  };
  for (const [step, which] of all) await does[step](which);
  await Promise.all(pending);
  for (const reader of readers) reader.come();
  await post('the last one');
  const page = await (await fetch(`${chat.origin}/api/rooms/${room}/messages?limit=200`)).json();
  const { cursor, messages } = page as { cursor: string; messages: HeardMessage[] };
  await until(
    () => readers.every(reader => reader.cursor === cursor),
    () => readers.map(reader => reader.heard),
  );
  for (const reader of readers) reader.drop();
  return { last: Number(cursor.split(':')[1]), messages, readers };
}

describe('the log of a room', () => {
  it('makes the same messages of whoever hears it, each entry once, whatever is edited, removed, reacted to and broken off', async () => {
    await fc.assert(
      fc.asyncProperty(changes, async all => {
        const { last, messages, readers } = await playChanges(all);
        for (const { heard, told } of readers) {
          expect(heard).toEqual(upTo(last));
          const fold = new Map(told.map(({ message }) => [message!.id, message!]));
          expect([...fold.values()].sort((one, other) => one.seq - other.seq)).toEqual(messages);
          // What was removed by the time at which somebody reads it, is not told.
          for (const { kind, message } of told) if (kind === 'remove') expect(message).not.toHaveProperty('text');
        }
      }),
      { numRuns: COURSES, endOnFailure: true },
    );
  }, 120_000);
});

describe.each(TRANSPORTS)('$name, where old messages are forgotten', transport => {
  it('tells of a gap, then what is left', async () => {
    const room = newRoom();
    await chat.republish({ STORE: `memory:${transport.name.replace(' ', '-')}?keep=3` });
    const after = await chat.cursor(room);
    for (let i = 0; i < 5; i++) await chat.post(room, 'hi');
    const reader = new Reader(transport, chat.origin, room, after);
    reader.come();
    await until(() => reader.told.length >= 4);
    expect(reader.heard).toEqual(['gap 2', 3, 4, 5]);
    reader.drop();
  });

  it('tells of a gap where another history takes the place of the one that is heard', async () => {
    const room = newRoom();
    await chat.republish({ STORE: 'memory:before' });
    const reader = new Reader(transport, chat.origin, room, await chat.cursor(room));
    reader.come();
    await chat.post(room, 'before');
    await until(() => reader.told.length >= 1);
    await chat.republish({ STORE: 'memory:then' });
    await chat.post(room, 'then');
    await until(() => reader.told.length >= 3);
    expect(reader.told.map(({ kind, seq }) => seq ?? kind)).toEqual([1, 'gap', 1]);
    expect(reader.isThere).toBe(true);
    reader.drop();
  });
});
