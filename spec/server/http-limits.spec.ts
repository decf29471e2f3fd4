import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { fresh, graph, post, type Server, texts } from '../support/server.ts';

const { serving, data } = fresh();

describe('the limits of a message', () => {
  it.each([
    ['author', 64, 'x'],
    ['author', 64, '😀'],
    ['text', 4000, 'x'],
    ['text', 4000, '😀'],
  ])(
    'let an %s of %i characters pass and no longer one, counted in code points: %s',
    async (field, most, character) => {
      const server = await serving();
      const fields = { author: 'ann', text: 'hi', [field]: ` ${character.repeat(most)} ` };
      expect((await server.ask('/chat', post(fields))).status).toBe(201);
      const refused = await server.ask('/chat', post({ ...fields, [field]: character.repeat(most + 1) }));
      expect(refused.status).toBe(422);
      expect(await refused.json()).toMatchObject({ node: 'check', detail: expect.stringMatching(`${field}.*${most}`) });
      expect(await texts(server.ask('/chat'))).toHaveLength(1);
    },
  );

  it('let a body of 64 KiB pass and no larger one', async () => {
    const server = await serving();
    const sized = (bytes: number) => `text=hi&rest=${'x'.repeat(bytes - 13)}`;
    const sent = (bytes: number) => server.ask('/chat', { ...post({}), body: new URLSearchParams(sized(bytes)) });
    expect(sized(100)).toHaveLength(100);
    expect((await sent(65_536)).status).toBe(201);
    expect((await sent(65_537)).status).toBe(413);
    expect(await texts(server.ask('/chat'))).toEqual(['hi']);
  });

  it('can be set lower in the graph', async () => {
    const server = await serving({ GRAPH: graph(join(data, 'graphs'), { MAXTEXT: '5' }) });
    expect((await server.ask('/chat', post({ text: '12345' }))).status).toBe(201);
    expect((await server.ask('/chat', post({ text: '123456' }))).status).toBe(422);
  });
});

describe('the rate limit', () => {
  // So slow that a slow test gets no second chance.
  const slow = () => graph(join(data, 'graphs'), { RATE: '0.001' });
  const all = (server: Server, count: number, author: string, headers?: (i: number) => Record<string, string>) =>
    Promise.all(
      Array.from({ length: count }, (_, i) => server.ask('/chat', post({ author, text: `${i}` }, headers?.(i)))),
    );
  const statuses = (answers: readonly Response[]) => answers.map(({ status }) => status);

  it('lets 100 at once pass of each author, then says when to try again', async () => {
    const server = await serving({ GRAPH: slow() });
    expect(new Set(statuses(await all(server, 100, 'ann')))).toEqual(new Set([201]));
    const refused = await server.ask('/chat', post({ author: 'ann', text: 'more' }));
    expect(refused.status).toBe(429);
    expect(refused.headers.get('Retry-After')).toMatch(/^[1-9]\d*$/);
    expect(await refused.json()).toMatchObject({ status: 429, node: 'limit' });
    expect((await server.ask('/chat', post({ author: 'bob', text: 'hi' }))).status).toBe(201);
    expect(await texts(server.ask('/chat'))).not.toContain('more');
    expect((await server.ask('/chat')).status).toBe(200);
  });

  it('believes nobody who says that a post comes from elsewhere, with TRUST_PROXY off', async () => {
    const server = await serving({ GRAPH: slow(), TRUST_PROXY: 'off' });
    const answers = await all(server, 101, 'ann', i => ({ 'X-Forwarded-For': `192.0.2.${i}` }));
    expect(statuses(answers).filter(status => status === 429)).toHaveLength(1);
  });

  it('counts for each address that the proxy names, with TRUST_PROXY on', async () => {
    const server = await serving({ GRAPH: slow(), TRUST_PROXY: 'on' });
    const by = (address: string) => () => ({ 'X-Forwarded-For': address });
    expect(new Set(statuses(await all(server, 100, 'ann', by('192.0.2.1'))))).toEqual(new Set([201]));
    expect(statuses(await all(server, 1, 'ann', by('192.0.2.1')))).toEqual([429]);
    expect(statuses(await all(server, 1, 'ann', by('192.0.2.2')))).toEqual([201]);
    // What a caller puts there itself stands before what the proxy adds.
    expect(statuses(await all(server, 1, 'ann', by('198.51.100.7, 192.0.2.1')))).toEqual([429]);
  });
});
