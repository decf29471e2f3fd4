import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { until } from './chat.ts';
import { byHttp, bySocket, pause, type Write } from './posters.ts';
import { Reader } from './reader.ts';
import { type HeardMessage, LOG_TRANSPORTS, TRANSPORTS } from './transports.ts';

/** An acknowledged message, with its state after all acknowledged changes. */
interface Acknowledged {
  readonly author: string;
  readonly seq: number;
  readonly tries: number;
  text: string;
  isRemoved: boolean;
  emoji: readonly string[];
}

interface Kept {
  readonly seq: number;
  readonly id: string;
  readonly author: string;
  readonly text?: string;
  readonly removed?: true;
  readonly reactions?: Readonly<Record<string, readonly unknown[]>>;
}

/** Milliseconds from one message of a poster to the next. Some others always wait for their answers then, which is what matters. */
const PAUSE = 25;

/** All messages of a room, read page by page, and its cursor. */
async function history(at: string): Promise<{ all: readonly Kept[]; cursor: string }> {
  const all: Kept[] = [];
  let { cursor } = await page(at, 'limit=1');
  for (cursor = cursor.replace(/\d+$/, '0'); ; ) {
    const read = await page(at, `limit=200&after=${cursor}`);
    cursor = read.cursor;
    if (read.messages.length === 0) return { all, cursor };
    all.push(...read.messages);
  }
}

async function page(at: string, query: string): Promise<{ messages: readonly Kept[]; cursor: string }> {
  return (await (await fetch(`${at}?${query}`)).json()) as never;
}

/** The id of the message with a number, asked for until the server answers. */
async function idOf(at: string, seq: number): Promise<string> {
  for (;;) {
    const cursor = await page(at, 'limit=1').catch(() => undefined);
    const before = cursor?.cursor?.replace(/\d+$/, String(seq + 1));
    const found = before && (await page(at, `limit=1&before=${before}`).catch(() => undefined));
    if (found && found.messages?.[0]?.seq === seq) return found.messages[0].id;
    await pause();
  }
}

interface LoadSize {
  readonly origins: readonly string[];
  readonly room: string;
  /** How many post at each server, over HTTP, and as many over sockets. */
  readonly posters: number;
  /** How many listen at each, over each of these transports. */
  readonly readers: number;
  readonly transports?: typeof TRANSPORTS;
}

/** Posts, changes and receives messages in a room during a test, at one server or several that share their history. */
export class Load {
  readonly acknowledged: Acknowledged[] = [];
  readonly readers: readonly Reader[];
  readonly #at: readonly string[];
  readonly #write: Write;
  readonly #over = new AbortController();
  #acknowledgedAt = performance.now();
  #longestPause = 0;
  readonly #posting: Promise<unknown>;
  readonly #hearing: Promise<unknown>;
  #posts = true;

  private constructor({ origins, room, posters, readers, transports = TRANSPORTS }: LoadSize, after: string) {
    this.#at = origins.map(origin => `${origin}/api/rooms/${room}/messages`);
    this.#write = byHttp(origins[0]!, room, this.#over.signal);
    this.readers = origins.flatMap(origin =>
      transports.flatMap(transport =>
        Array.from({ length: readers }, () => new Reader(transport, origin, room, after)),
      ),
    );
    const ways = origins.flatMap((origin, index) =>
      [byHttp, bySocket].flatMap(way =>
        Array.from({ length: posters }, () => [this.#at[index]!, way(origin, room, this.#over.signal)] as const),
      ),
    );
    this.#posting = Promise.all(ways.map(([at, way], i) => this.#post(`poster-${i}`, at, way)));
    this.#hearing = Promise.all(this.readers.map(reader => this.#hear(reader)));
    // It is asked for in the end; until then nobody looks.
    this.#posting.catch(() => {});
  }

  static async begin(size: LoadSize): Promise<Load> {
    const { cursor } = await page(`${size.origins[0]}/api/rooms/${size.room}/messages`, 'limit=1');
    return new Load(size, cursor);
  }

  /** The longest time in milliseconds without an acknowledgement since the last call. */
  longestPause(): number {
    const longest = Math.max(this.#longestPause, performance.now() - this.#acknowledgedAt);
    this.#longestPause = 0;
    return longest;
  }

  async #post(name: string, at: string, write: Write): Promise<void> {
    const owner = `the key of ${name}`;
    for (let i = 0; this.#posts; i++, await sleep(PAUSE)) {
      const author = `${name}-${i}`;
      const posted = await write({ type: 'send', key: author, author, text: author, owner });
      const message: Acknowledged = { author, ...posted, text: author, isRemoved: false, emoji: [] };
      this.acknowledged.push(message);
      this.#longestPause = Math.max(this.#longestPause, performance.now() - this.#acknowledgedAt);
      this.#acknowledgedAt = performance.now();
      const courses = ['none', 'edit', 'react', 'unreact', 'remove'] as const;
      const course = courses[Math.floor(Math.random() * courses.length)]!;
      if (course === 'none') continue;
      const id = await idOf(at, posted.seq);
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
      await pause();
    }
    reader.drop();
  }

  /** Waits until everything is acknowledged and received. */
  async settle(): Promise<void> {
    this.#posts = false;
    await this.#posting;
    const last = { key: 'last', author: 'last', text: 'last' };
    const posted = await this.#write({ type: 'send', ...last });
    this.acknowledged.push({ ...last, ...posted, isRemoved: false, emoji: [] });
    const { cursor } = await page(this.#at[0]!, 'limit=1');
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

  /** Checks that everything is as acknowledged, and that all readers received the same in the same order. */
  async check(): Promise<void> {
    const { all, cursor } = await history(this.#at[0]!);
    const kept = new Map(all.map(message => [message.author, message]));
    expect(kept.size).toBe(all.length);
    expect(this.acknowledged).toHaveLength(all.length);
    for (const { author, seq, text, isRemoved, emoji } of this.acknowledged) {
      const { reactions = {}, ...message } = kept.get(author)!;
      expect(message).toMatchObject(isRemoved ? { seq, removed: true } : { seq, text });
      if (isRemoved) expect(message).not.toHaveProperty('text');
      expect(Object.keys(reactions)).toEqual(isRemoved ? [] : emoji);
      for (const those of Object.values(reactions)) expect(those).toHaveLength(1);
    }
    const entries = Array.from({ length: Number(cursor.split(':')[1]) }, (_, i) => i + 1);
    const isOfLog = new Set(LOG_TRANSPORTS.map(({ name }) => name));
    for (const { name, heard, told } of this.readers) {
      expect(heard).toEqual(isOfLog.has(name) ? entries : all.map(({ seq }) => seq));
      if (!isOfLog.has(name)) continue;
      const fold = new Map<string, HeardMessage>(told.map(({ message }) => [message!.id, message!]));
      expect([...fold.values()].sort((one, other) => one.seq - other.seq)).toEqual(all);
    }
    for (const at of this.#at.slice(1)) expect(await history(at)).toEqual({ all, cursor });
  }
}
