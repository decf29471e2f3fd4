import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from '@jest/globals';
import { getComponent, lister, listRooms } from '../../components/Rooms.ts';
import type { RoomList } from '../../src/model/packets.ts';
import { open, setDataFolder } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { flaws, NodeHarness, question } from '../support/node.ts';

describe('Rooms', () => {
  it('lists the rooms that have messages, by name, each with its newest cursor', async () => {
    const store = open('memory:rooms-list');
    for (const room of ['tea', 'constructor', 'tea']) await store.append({ room, author: 'ann', text: 'hi' });
    expect(await listRooms(store, question())).toEqual({
      id: 'q1',
      etag: expect.stringMatching(/^"[\w-]{22}"$/),
      rooms: [
        { room: 'constructor', cursor: `${await store.epoch()}:1`, newest: 1 },
        { room: 'tea', cursor: `${await store.epoch()}:2`, newest: 2 },
      ],
    });
    await store.close();
  });

  describe('in parts', () => {
    const filled = async (name: string) => {
      const store = open(`memory:${name}`);
      for (const room of ['b', 'a', 'd', 'c', 'a-b']) await store.append({ room, author: 'ann', text: 'hi' });
      return store;
    };
    const part = async (store: Store, query: Readonly<Record<string, string>>) => {
      const found = await listRooms(store, question({ query }));
      return 'rooms' in found
        ? [found.rooms.map(({ room }) => room).join(' '), found.next]
        : [found.status, found.detail];
    };

    it('gives so many behind a name, and where the next part begins', async () => {
      const store = await filled('parts');
      expect(await part(store, { limit: '2' })).toEqual(['a a-b', 'a-b']);
      expect(await part(store, { limit: '2', after: 'a-b' })).toEqual(['b c', 'c']);
      expect(await part(store, { limit: '2', after: 'c' })).toEqual(['d', undefined]);
      expect(await part(store, { limit: '1', after: 'd' })).toEqual(['', undefined]);
      expect(await part(store, { after: 'a-a' })).toEqual(['a-b b c d', undefined]);
      expect(await part(store, { limit: '5' })).toEqual(['a a-b b c d', undefined]);
    });

    it.each([{ limit: '0' }, { limit: '201' }, { limit: '-1' }, { limit: 'x' }, { limit: '' }, { limit: '1e1' }])(
      'refuses %j',
      async query => {
        expect(await part(await filled('odd'), query)).toEqual([422, 'limit must be a number from 1 to 200']);
      },
    );

    it.each(['', 'A', '!', 'a'.repeat(65), '-'])('refuses to go on behind %j', async after => {
      expect(await part(await filled('odd'), { after })).toEqual([422, expect.stringMatching(/^after is no room; /)]);
    });

    it('goes through all of very many, each once', async () => {
      const store = open('memory:many?keep=1');
      for (let i = 0; i < 1000; i++)
        await store.append({ room: `room-${(i * 7919) % 1000}`, author: 'ann', text: 'hi' });
      const seen: string[] = [];
      for (let query: Record<string, string> | undefined = { limit: '200' }; query; ) {
        const found = (await listRooms(store, question({ query }))) as RoomList;
        seen.push(...found.rooms.map(({ room }) => room));
        query = found.next === undefined ? undefined : { after: found.next, limit: '200' };
      }
      expect(seen).toEqual((await store.rooms()).map(({ room }) => room));
      expect(new Set(seen).size).toBe(1000);
      expect(seen).toEqual([...seen].sort());
    });
  });

  it('gives the same list under the same tag until something changes', async () => {
    const store = open('memory:tags');
    const listed = lister();
    const tagged = async (query = {}) => (await listRooms(store, question({ query }), listed)) as RoomList;
    await store.append({ room: 'tea', author: 'ann', text: 'hi' });
    const [one, two] = [await tagged(), await tagged()];
    expect(two.rooms).toBe(one.rooms);
    expect(two.etag).toBe(one.etag);
    expect((await tagged({ limit: '9' })).etag).toBe((await tagged({ limit: '9' })).etag);
    await store.append({ room: 'tea', author: 'ann', text: 'hi' });
    expect((await tagged()).etag).not.toBe(one.etag);
  });

  it('asks the store that STORE names', async () => {
    const store = open('memory:rooms-named');
    await store.append({ room: 'tea', author: 'ann', text: 'hi' });
    const node = await NodeHarness.start(getComponent(), { store: 'memory:rooms-named' });
    expect(await node.ask('in', question())).toEqual(await listRooms(store, question()));
    await Promise.all([node.stop(), store.close()]);
  });

  it('does not start with a STORE that is none', async () => {
    await expect(NodeHarness.start(getComponent(), { store: 'nonsense' })).rejects.toThrow('nonsense names no store');
  });

  it('refuses with 503 while the store does not answer', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'flowchat-rooms-'));
    setDataFolder(folder);
    const file = join(folder, 'chat.db');
    const store = open('sqlite:chat.db');
    await store.opened();
    const other = new DatabaseSync(file);
    other.exec('DROP TABLE message');
    other.close();
    const node = await NodeHarness.start(getComponent(), { store: 'sqlite:chat.db' });
    const refused = await node.ask('in', question(), 'refused');
    expect(refused).toMatchObject({
      id: 'q1',
      status: 503,
      code: 'store-failed',
      detail: expect.stringContaining(file),
    });
    expect(flaws(refused)).toEqual([]);
    await Promise.all([node.stop(), store.close()]);
    await rm(folder, { recursive: true });
  });

  it('lets only packets out', async () => {
    const store = open('memory:rooms-packets');
    await store.append({ room: 'tea', author: 'ann', text: 'hi' });
    const node = await NodeHarness.start(getComponent(), { store: 'memory:rooms-packets' });
    expect(flaws(await node.ask('in', question()))).toEqual([]);
    await Promise.all([node.stop(), store.close()]);
  });
});
