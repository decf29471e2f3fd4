import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { until } from '../support/chat.ts';
import { freePort } from '../support/machine.ts';
import { byHttp, bySocket, type Write } from '../support/posters.ts';
import { Phoenix } from '../support/process.ts';
import { Reader } from '../support/reader.ts';
import { type HeardMessage, LOG_TRANSPORTS, TRANSPORTS } from '../support/transports.ts';

// `npm run test:kill` kills more often.
const KILLS = Number(process.env.KILLS ?? 2);
/** The most posts that are acknowledged between two kills. */
const MOST_POSTS = 80;
const ROOM = 'kill';

/** A message that was acknowledged, and what it has to be after all that was acknowledged since. */
interface Acknowledged {
  readonly author: string;
  readonly seq: number;
  readonly tries: number;
  text: string;
  isRemoved: boolean;
  emoji: readonly string[];
}

let server: Phoenix;
let load: Load | undefined;
beforeAll(async () => {
  server = new Phoenix(await freePort());
  await server.rise();
});
afterAll(async () => {
  await load?.stop();
  await server.kill();
  server.remove();
});

interface Kept {
  readonly seq: number;
  readonly id: string;
  readonly author: string;
  readonly text?: string;
  readonly removed?: true;
  readonly reactions?: Readonly<Record<string, readonly unknown[]>>;
}

/** All messages of the room, read page by page, and its cursor. */
async function history(): Promise<{ all: readonly Kept[]; cursor: string }> {
  const all: Kept[] = [];
  let { cursor } = await page('limit=1');
  for (cursor = cursor.replace(/\d+$/, '0'); ; ) {
    const read = await page(`limit=200&after=${cursor}`);
    cursor = read.cursor;
    if (read.messages.length === 0) return { all, cursor };
    all.push(...read.messages);
  }
}

async function page(query: string): Promise<{ messages: readonly Kept[]; cursor: string }> {
  return (await (await fetch(`${server.origin}/api/rooms/${ROOM}/messages?${query}`)).json()) as never;
}

/** The id of the message with a number, asked for until the server answers. */
async function idOf(seq: number): Promise<string> {
  for (;;) {
    const cursor = await page('limit=1').catch(() => undefined);
    const before = cursor?.cursor?.replace(/\d+$/, String(seq + 1));
    const found = before && (await page(`limit=1&before=${before}`).catch(() => undefined));
    if (found && found.messages?.[0]?.seq === seq) return found.messages[0].id;
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

/** Posts, changes what it has posted, and hears of it, while somebody else kills. */
class Load {
  readonly acknowledged: Acknowledged[] = [];
  readonly readers: readonly Reader[];
  readonly #over = new AbortController();
  readonly #posting: Promise<unknown>;
  readonly #hearing: Promise<unknown>;
  #posts = true;

  constructor(origin: string, after: string) {
    this.readers = TRANSPORTS.flatMap(transport => [0, 1].map(() => new Reader(transport, origin, ROOM, after)));
    const ways = [byHttp, bySocket].flatMap(way =>
      Array.from({ length: 4 }, () => way(origin, ROOM, this.#over.signal)),
    );
    this.#posting = Promise.all(ways.map((way, i) => this.#post(`poster-${i}`, way)));
    this.#hearing = Promise.all(this.readers.map(reader => this.#hear(reader)));
    // It is asked for in the end; until then nobody looks.
    this.#posting.catch(() => {});
  }

  async #post(name: string, write: Write): Promise<void> {
    const owner = `the key of ${name}`;
    for (let i = 0; this.#posts; i++) {
      const author = `${name}-${i}`;
      const posted = await write({ type: 'send', key: author, author, text: author, owner });
      const message: Acknowledged = { author, ...posted, text: author, isRemoved: false, emoji: [] };
      this.acknowledged.push(message);
      const courses = ['none', 'edit', 'react', 'unreact', 'remove'] as const;
      const course = courses[Math.floor(Math.random() * courses.length)]!;
      if (course === 'none') continue;
      const id = await idOf(posted.seq);
      const change = (key: string) => ({ key: `${author}-${key}`, id, owner });
      if (course === 'edit' || course === 'remove') {
        await write({ type: 'edit', ...change('edit'), text: `${author} edited` });
        message.text = `${author} edited`;
      }
      if (course !== 'edit') {
        for (const emoji of ['👍', '🎉']) await write({ type: 'react', ...change(emoji), author, emoji });
        message.emoji = ['👍', '🎉'];
      }
      if (course === 'unreact') {
        await write({ type: 'unreact', ...change('unreact'), author, emoji: '👍' });
        message.emoji = ['🎉'];
      }
      if (course === 'remove') {
        await write({ type: 'remove', ...change('remove') });
        message.isRemoved = true;
      }
    }
  }

  async #hear(reader: Reader): Promise<void> {
    while (!this.#over.signal.aborted) {
      reader.come();
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    reader.drop();
  }

  /** Lets everything be acknowledged, and everybody hear of it. */
  async settle(): Promise<void> {
    this.#posts = false;
    await this.#posting;
    const last = { key: 'last', author: 'last', text: 'last' };
    const posted = await byHttp(server.origin, ROOM, this.#over.signal)({ type: 'send', ...last });
    this.acknowledged.push({ ...last, ...posted, isRemoved: false, emoji: [] });
    const { cursor } = await page('limit=1');
    await until(
      () => this.readers.every(reader => reader.cursor === cursor),
      () => [cursor, ...this.readers.map(reader => reader.cursor)],
    );
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#hearing;
    await Promise.allSettled([this.#posting]);
  }
}

it(
  `nothing that was acknowledged is lost or doubled when the server is killed ${KILLS} times`,
  async () => {
    load = new Load(server.origin, (await page('limit=1')).cursor);
    const { acknowledged, readers } = load;
    for (let kill = 0; kill < KILLS; kill++) {
      const enough = acknowledged.length + Math.floor(Math.random() * MOST_POSTS);
      await until(
        () => acknowledged.length >= enough,
        () => `${acknowledged.length} posts, ${enough} wanted`,
      );
      await server.kill();
      await server.rise();
    }
    await load.settle();

    const { all, cursor } = await history();
    const kept = new Map(all.map(message => [message.author, message]));
    expect(kept.size).toBe(all.length);
    expect(acknowledged).toHaveLength(all.length);
    for (const { author, seq, text, isRemoved, emoji } of acknowledged) {
      const { reactions = {}, ...message } = kept.get(author)!;
      expect(message).toMatchObject(isRemoved ? { seq, removed: true } : { seq, text });
      if (isRemoved) expect(message).not.toHaveProperty('text');
      expect(Object.keys(reactions)).toEqual(isRemoved ? [] : emoji);
      for (const those of Object.values(reactions)) expect(those).toHaveLength(1);
    }
    const entries = Array.from({ length: Number(cursor.split(':')[1]) }, (_, i) => i + 1);
    const isOfLog = new Set(LOG_TRANSPORTS.map(({ name }) => name));
    for (const { name, heard, told } of readers) {
      expect(heard).toEqual(isOfLog.has(name) ? entries : all.map(({ seq }) => seq));
      if (!isOfLog.has(name)) continue;
      const fold = new Map<string, HeardMessage>(told.map(({ message }) => [message!.id, message!]));
      expect([...fold.values()].sort((one, other) => one.seq - other.seq)).toEqual(all);
    }
    // Without these, nothing was put to the test.
    expect(acknowledged.some(({ tries }) => tries > 1)).toBe(true);
  },
  20_000 + KILLS * 20_000,
);
