import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from '@jest/globals';
import { getComponent, list } from '../components/Rooms.ts';
import { locate, open } from '../src/store/open.ts';
import { flaws, Node, question } from './support/node.ts';

describe('Rooms', () => {
  it('lists the rooms that have messages, by name, each with its newest cursor', async () => {
    const store = open('memory:rooms-list');
    for (const room of ['tea', 'constructor', 'tea']) await store.append({ room, author: 'ann', text: 'hi' });
    expect(await list(store, 'q1')).toEqual({
      id: 'q1',
      rooms: [
        { room: 'constructor', cursor: `${await store.epoch()}:1` },
        { room: 'tea', cursor: `${await store.epoch()}:2` },
      ],
    });
    await store.close();
  });

  it('asks the store that STORE names', async () => {
    const store = open('memory:rooms-named');
    await store.append({ room: 'tea', author: 'ann', text: 'hi' });
    const node = await Node.start(getComponent(), { store: 'memory:rooms-named' });
    expect(await node.ask('in', question())).toEqual(await list(store, 'q1'));
    await Promise.all([node.stop(), store.close()]);
  });

  it('does not start with a STORE that is none', async () => {
    await expect(Node.start(getComponent(), { store: 'nonsense' })).rejects.toThrow('nonsense names no store');
  });

  it('refuses with 503 while the store does not answer', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'flowchat-rooms-'));
    locate(folder);
    const file = join(folder, 'chat.db');
    const store = open('sqlite:chat.db');
    await store.opened();
    const other = new DatabaseSync(file);
    other.exec('DROP TABLE message');
    other.close();
    const node = await Node.start(getComponent(), { store: 'sqlite:chat.db' });
    const refused = await node.ask('in', question(), 'refused');
    expect(refused).toMatchObject({ id: 'q1', status: 503, detail: expect.stringContaining(file) });
    expect(flaws(refused)).toEqual([]);
    await Promise.all([node.stop(), store.close()]);
    await rm(folder, { recursive: true });
  });

  it('lets only packets out', async () => {
    const store = open('memory:rooms-packets');
    await store.append({ room: 'tea', author: 'ann', text: 'hi' });
    const node = await Node.start(getComponent(), { store: 'memory:rooms-packets' });
    expect(flaws(await node.ask('in', question()))).toEqual([]);
    await Promise.all([node.stop(), store.close()]);
  });
});
