import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { until } from './support/chat.ts';
import { byHttp, bySocket, type Post } from './support/posters.ts';
import { freePort, Phoenix } from './support/process.ts';
import { Reader } from './support/reader.ts';
import { TRANSPORTS } from './support/transports.ts';

// `npm run test:kill` kills more often.
const KILLS = Number(process.env.KILLS ?? 5);
/** The most posts that are acknowledged between two kills. */
const MOST_POSTS = 150;
const ROOM = 'kill';

interface Acknowledged {
  readonly text: string;
  readonly seq: number;
  readonly tries: number;
}

let server: Phoenix;
beforeAll(async () => {
  server = new Phoenix(await freePort());
  await server.rise();
});
afterAll(async () => {
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
  readonly #posting: Promise<unknown>;
  readonly #hearing: Promise<unknown>;
  #posts = true;
  #hears = true;

  constructor(origin: string, after: string) {
    this.readers = TRANSPORTS.flatMap(transport => [0, 1].map(() => new Reader(transport, origin, ROOM, after)));
    const posters = [byHttp, bySocket].flatMap(way =>
      [0, 1, 2, 3].map(i => this.#post(`${way.name}-${i}`, way(origin, ROOM))),
    );
    this.#posting = Promise.all(posters);
    this.#hearing = Promise.all(this.readers.map(reader => this.#hear(reader)));
  }

  async #post(author: string, post: Post): Promise<void> {
    for (let i = 0; this.#posts; i++) {
      const key = `${author}-${i}`;
      this.acknowledged.push({ text: key, ...(await post({ key, author, text: key })) });
    }
  }

  async #hear(reader: Reader): Promise<void> {
    while (this.#hears) {
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
    this.#hears = false;
    await this.#hearing;
  }
}

it(
  `nothing that was acknowledged is lost or doubled when the server is killed ${KILLS} times`,
  async () => {
    const load = new Load(server.origin, (await page('limit=1')).cursor);
    for (let kill = 0; kill < KILLS; kill++) {
      const enough = load.acknowledged.length + Math.floor(Math.random() * MOST_POSTS);
      await until(
        () => load.acknowledged.length >= enough,
        () => `${load.acknowledged.length} posts, ${enough} wanted`,
      );
      await server.kill();
      await server.rise();
    }
    await load.settle(async () => (await history()).length);

    const kept = await history();
    expect(kept.map(({ seq }) => seq)).toEqual(kept.map((_, i) => i + 1));
    const places = new Map(kept.map(({ text, seq }) => [text, seq]));
    expect(places.size).toBe(kept.length);
    expect(load.acknowledged.filter(({ text, seq }) => places.get(text) !== seq)).toEqual([]);
    expect(load.acknowledged).toHaveLength(kept.length);
    for (const { heard } of load.readers) expect(heard).toEqual(kept.map(({ seq }) => seq));
    // Without these, nothing was put to the test.
    expect(load.acknowledged.some(({ tries }) => tries > 1)).toBe(true);
  },
  20_000 + KILLS * 20_000,
);
