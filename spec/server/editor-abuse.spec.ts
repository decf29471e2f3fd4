import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { SECRET, Sender, Target } from '../support/fuzz-server.ts';

jest.setTimeout(60_000);

type Edge = readonly [from: string, to: string];

describe('an editor who may not bring in code', () => {
  let target: Target;
  let editor: Sender;

  beforeAll(async () => {
    target = await Target.start();
    editor = await new Sender(target.url).open();
    await editor.done(SECRET);
  });

  afterEach(async () => {
    expect(target.isAlive).toBe(true);
    expect(await statuses()).toEqual([200, 201]);
  });

  afterAll(() => target?.stop());

  const statuses = async () => {
    const body = JSON.stringify({ author: 'ann', text: 'hello' });
    const headers = { 'Content-Type': 'application/json' };
    const url = `${target.url}/api/rooms/abuse/messages`;
    const read = await fetch(url, { signal: AbortSignal.timeout(5000) });
    const posted = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(5000) });
    return [read.status, posted.status];
  };

  const told = (words: RegExp) => editor.frames.some(frame => words.test(frame));

  const wired = async (graph: string, nodes: readonly string[], component: string, edges: readonly Edge[]) => {
    for (const id of nodes) await editor.ask('graph', 'addnode', { graph, id, component });
    for (const [from, to] of edges) {
      await editor.ask('graph', 'addedge', { graph, src: { node: from, port: 'out' }, tgt: { node: to, port: 'in' } });
    }
  };

  const sketch = async (id: string, nodes: readonly string[], component: string, edges: readonly Edge[]) => {
    await editor.ask('graph', 'clear', { id });
    await wired(id, nodes, component, edges);
    await editor.ask('graph', 'addinitial', { graph: id, src: { data: 1 }, tgt: { node: nodes[0], port: 'in' } });
    return editor.ask('network', 'start', { graph: id });
  };

  const CIRCLE: readonly Edge[] = [
    ['a', 'b'],
    ['b', 'a'],
  ];
  const MORE: readonly Edge[] = [...CIRCLE, ['a', 'c'], ['c', 'a']];

  it.each([
    ['round', ['a', 'b'], CIRCLE],
    ['round and become more', ['a', 'b', 'c'], MORE],
  ])('is told where packets of a sketch go %s', async (_, nodes, edges) => {
    await expect(sketch('circle', nodes, 'core/Repeat', edges)).rejects.toThrow(/packets go round/);
  });

  it('can start a sketch whose packets become ever more, until they are too many', async () => {
    await sketch('avalanche', ['a', 'b', 'c'], 'core/RepeatAsync', MORE);
    while (!told(/processerror.*packets (a second|at once)/)) await editor.done();
    expect(await editor.ask('network', 'stop', { graph: 'avalanche' })).toMatchObject({ started: false });
  });

  it.each(['sqlite:../../out.db', 'sqlite:/tmp/out.db', 'sqlite:a/../../out.db', ['sqlite:../out.db']])(
    'can name no database outside the folder: %j',
    async data => {
      const outside = /it lies in DATA|named by a text/;
      const tgt = { node: 'storage', port: 'store' };
      await editor.ask('graph', 'clear', { id: 'shelf' });
      await editor.ask('graph', 'addnode', { graph: 'shelf', id: 'storage', component: 'chat/Storage' });
      for (const graph of ['chat/chat', 'shelf']) {
        await expect(editor.ask('graph', 'addinitial', { graph, src: { data }, tgt })).rejects.toThrow(outside);
      }
      const packet = { graph: 'shelf', port: 'store', event: 'data', payload: data };
      await expect(editor.ask('runtime', 'packet', packet)).rejects.toThrow(outside);
    },
  );

  it('can make live what goes round, and it is rolled back', async () => {
    await wired('chat/chat', ['left', 'right'], 'core/Repeat', [
      ['responder', 'left'],
      ['responder', 'right'],
      ['left', 'responder'],
      ['right', 'responder'],
    ]);
    await editor.ask('flowchat', 'publish', {});
    while (!told(/rolled back/)) await statuses();
    await editor.ask('flowchat', 'discard', {});
  });
});
