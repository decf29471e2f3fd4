import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { getComponent } from '../../components/Keep.ts';
import { BehaviourDatabase, closeBehaviourDatabase, setBehaviourDatabase } from '../../src/behaviour/database.ts';
import { KeptValues } from '../../src/behaviour/kept.ts';
import { IsolatedStores, open } from '../../src/store/open.ts';
import { flaws, frozen, NodeHarness, post } from '../support/node.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'keep-'));
  setBehaviourDatabase(data, () => {});
});
afterEach(() => {
  closeBehaviourDatabase();
  rmSync(data, { recursive: true });
});

const start = (settings: object = {}, id = 'muted') => NodeHarness.start(getComponent(), { ...settings }, { id });
const keptOf = async (node: NodeHarness, packet = post(), to = 'out') =>
  ((await node.ask('get', packet, to)) as { kept?: unknown }).kept;

describe('Keep', () => {
  it('remembers by one key what it is asked for by another', async () => {
    const node = await start({ putkey: '{{params.name}}', value: 'muted by {{author}}' });
    const put = await node.ask('put', frozen({ ...post({ author: 'mo' }), params: { name: 'ann' } }));
    expect(put).toMatchObject({ author: 'mo', kept: 'muted by mo' });
    expect(await keptOf(node)).toBe('muted by mo');
    expect(await node.ask('get', post({ author: 'bob' }), 'none')).toEqual(post({ author: 'bob' }));
    await node.stop();
  });

  it('sends on packets only', async () => {
    const node = await start({ value: '{"by": ["{{author}}"]}' });
    expect(flaws(await node.ask('put', post()))).toEqual([]);
    expect(flaws(await node.ask('get', post()))).toEqual([]);
    await node.stop();
  });

  it('goes on with its values after the server has ended, under the same name', async () => {
    for (const id of ['a', 'b']) {
      const node = await start({ store: 'mutes', value: id }, id);
      if (id === 'a') await node.ask('put', post());
      else expect(await keptOf(node)).toBe('a');
      await node.stop();
      closeBehaviourDatabase();
    }
    const other = await start({}, 'other');
    expect(await keptOf(other, post(), 'none')).toBeUndefined();
    await other.stop();
  });

  it('passes what is in memory on to the next revision, and forgets it with the last', async () => {
    const memory = { store: 'memory:mutes', value: 'x' };
    const first = await start(memory);
    await first.ask('put', post());
    const second = await start(memory);
    await first.stop();
    expect(await keptOf(second)).toBe('x');
    await second.stop();
    const third = await start(memory);
    expect(await keptOf(third, post(), 'none')).toBeUndefined();
    await third.stop();
  });

  it('leaves nothing behind of a test or a try', async () => {
    await new IsolatedStores().run(async () => {
      const tried = await start({ value: 'tried' });
      await tried.ask('put', post());
      await tried.stop();
    });
    const node = await start({});
    expect(await keptOf(node, post(), 'none')).toBeUndefined();
    await node.stop();
  });

  it('keeps for a time', async () => {
    const node = await start({ for: '20 ms', value: 'x' });
    await node.ask('put', post());
    await new Promise(resolve => setTimeout(resolve, 25));
    expect(await keptOf(node, post(), 'none')).toBeUndefined();
    await node.stop();
  });

  it('keeps for as long as a packet says, for 400 days at most', async () => {
    const node = await start({ for: '{{params.minutes}} min', value: 'x' });
    const put = (minutes: string) => node.ask('put', frozen({ ...post(), params: { minutes } }));
    await put('0.0003');
    await new Promise(resolve => setTimeout(resolve, 25));
    expect(await keptOf(node, post(), 'none')).toBeUndefined();
    await put('9'.repeat(30));
    expect(await keptOf(node)).toBe('x');
    expect(() => node.send('put', frozen({ ...post(), params: { minutes: 'many' } }))).toThrow(
      'FOR must be a time such as "30 s", "5 min", "2 h" or "1 d", not "many min"',
    );
    expect(await keptOf(node)).toBe('x');
    await node.stop();
  });

  it('forgets what is kept of a message that is removed', async () => {
    const store = open('memory:kept');
    const { message } = await store.append({ room: 'lobby', author: 'ann', text: 'oh', from: 'x' } as never);
    const node = await start({ key: 'pin', value: '{{message.text}}' });
    await node.ask('put', frozen({ message }));
    expect(await keptOf(node)).toBe('oh');
    await store.change({ room: 'lobby', kind: 'remove', about: message.id, text: '', bypassesOwnership: true });
    expect(await keptOf(node, post(), 'none')).toBeUndefined();
    await node.stop();
    await store.close();
  });

  it.each([
    ['key', '{{#a}}', 'template'],
    ['for', 'soon', 'FOR must be a time'],
    ['for', '500 d', 'FOR is 400 d at most'],
    ['store', '../x y', 'STORE is a name such as mutes'],
    ['value', '{{#a}}', 'template'],
  ])('does not start with %s %j', async (port, value, sentence) => {
    await expect(start({ [port]: value })).rejects.toThrow(sentence);
  });
});

describe('KeptValues', () => {
  const warned: string[] = [];
  const keeping = (database = new BehaviourDatabase()) =>
    new KeptValues(database, 'mutes', sentence => warned.push(sentence));

  it('forgets those that were kept first when there are too many, and says so once', () => {
    const database = new BehaviourDatabase();
    // All but the last 4,000 at once, as 103,000 calls of `put` take seconds.
    database.db.exec(`
      WITH RECURSIVE number (at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM number WHERE at < 98999)
      INSERT INTO kept (node, name, value, at) SELECT 'mutes', 'key ' || at, '""', at FROM number`);
    const values = keeping(database);
    for (let at = 99_000; at < 103_000; at++) values.put(`key ${at}`, { value: '' }, at);
    expect([values.get('key 102999', 0), values.get('key 5000', 0)]).toEqual(['', '']);
    expect(values.get('key 10', 0)).toBeUndefined();
    expect(warned).toEqual([
      expect.stringMatching(
        /^mutes had 100,001 values in 1 MiB, and forgets those that were kept first: 1,000 up to now;/,
      ),
    ]);
  });

  it('has a bounded size, and refuses a value that is too large', () => {
    const values = keeping();
    for (let at = 0; at < 2200; at++) values.put(`key ${at}`, { value: 'x'.repeat(16_000) }, at);
    expect([values.get('key 0', 0), values.get('key 2199', 0)]).toEqual([undefined, 'x'.repeat(16_000)]);
    expect(() => values.put('a', { value: 'ä'.repeat(9000) }, 0)).toThrow('VALUE made more than 16 KiB; keep less');
  });

  it('takes keys of any length', () => {
    const values = keeping();
    const [one, other] = ['1', '2'].map(end => 'x'.repeat(9999) + end) as [string, string];
    values.put(one, { value: 1 }, 0);
    expect([values.get(one, 0), values.get(other, 0)]).toEqual([1, undefined]);
    values.drop(one);
    expect(values.get(one, 0)).toBeUndefined();
  });
});
