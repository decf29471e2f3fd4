import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { until } from '../support/chat.ts';
import { byHttp, bySocket, type Post } from '../support/posters.ts';
import { freePort, Phoenix } from '../support/process.ts';
import { Reader } from '../support/reader.ts';
import { TRANSPORTS } from '../support/transports.ts';

// `npm run test:kill` kills more often.
const KILLS = Number(process.env.KILLS ?? 2);
/** The most posts that are acknowledged between two kills. */
const MOST_POSTS = 80;
const ROOM = 'kill';

interface Acknowledged {
  readonly text: string;
  readonly seq: number;
  readonly tries: number;
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

/** All messages of the room, read page by page. */
async function history(): Promise<{ seq: number; text: string }[]> {
  const all: { seq: number; text: string }[] = [];
  let { cursor } = await page('limit=1');
  for (cursor = cursor.replace(/\d+$/, '0'); ; ) {
    const read = await page(`limit=200&after=${cursor}`);
    if (read.messages.length === 0) return all;
    all.push(...read.messages);
    cursor = read.cursor;
  }
}

async function page(query: string): Promise<{ messages: { seq: number; text: string }[]; cursor: string }> {
  return (await (await fetch(`${server.origin}/api/rooms/${ROOM}/messages?${query}`)).json()) as never;
}

/** Posts and hears while somebody else kills. */
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

  async #post(author: string, post: Post): Promise<void> {
    for (let i = 0; this.#posts; i++) {
      const key = `${author}-${i}`;
      this.acknowledged.push({ text: key, ...(await post({ key, author, text: key })) });
    }
  }

  async #hear(reader: Reader): Promise<void> {
    while (!this.#over.signal.aborted) {
      reader.come();
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    reader.drop();
  }

  /** Lets every post be acknowledged, and everybody hear of it. */
  async settle(last: () => Promise<number>): Promise<void> {
    this.#posts = false;
    await this.#posting;
    const seq = await last();
    await until(
      () => this.readers.every(({ heard }) => heard.length >= seq),
      () => [seq, ...this.readers.map(({ heard }) => heard.length)],
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
    await load.settle(async () => (await history()).length);

    const kept = await history();
    expect(kept.map(({ seq }) => seq)).toEqual(kept.map((_, i) => i + 1));
    const places = new Map(kept.map(({ text, seq }) => [text, seq]));
    expect(places.size).toBe(kept.length);
    expect(acknowledged.filter(({ text, seq }) => places.get(text) !== seq)).toEqual([]);
    expect(acknowledged).toHaveLength(kept.length);
    for (const { heard } of readers) expect(heard).toEqual(kept.map(({ seq }) => seq));
    // Without these, nothing was put to the test.
    expect(acknowledged.some(({ tries }) => tries > 1)).toBe(true);
  },
  20_000 + KILLS * 20_000,
);
