import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { edit, editing, isLive, set } from '../support/edited.ts';
import type { Told } from '../support/editor.ts';
import { GOCHAT } from '../support/graphs.ts';
import { long, some } from '../support/long.ts';
import { folder } from '../support/server.ts';

// What happened to questions, how much passes where, and what the draft would do.

jest.setTimeout(120_000);

const { serving } = editing();

const POST = { method: 'POST', path: '/api/rooms/lobby/messages', body: { author: 'ann', text: 'hello there' } };
const nodes = ({ steps }: Told) => steps.map(({ node }: Told) => node);

describe('flowchat:ways', () => {
  it('tells the way of each question through the nodes, and finds it again', async () => {
    const server = await serving();
    const editor = await server.editor();
    await editor.ask('flowchat', 'ways', { on: true });
    await server.post('hello there');
    const way = await editor.hears('flowchat:way');
    expect(way).toMatchObject({ method: 'POST', path: POST.path, status: 201, revision: 1 });
    expect(nodes(way)).toEqual(['admit', 'router', 'sender', 'check', 'limit', 'storage', 'responder', 'publish']);
    expect(way.steps[0]).toMatchObject({ port: 'out', inport: 'request', ms: expect.any(Number) });
    expect(way.steps[6]).toMatchObject({ outport: 'reply' });
    expect(way.steps[7]).toMatchObject({ port: 'out', outport: 'push', ms: expect.any(Number) });
    for (const text of [way.id, 'hello there', 'THERE hello']) {
      expect((await editor.ask('flowchat', 'find', { text })).ways).toMatchObject([{ id: way.id }]);
    }
    expect((await editor.ask('flowchat', 'find', { text: 'never said' })).ways).toEqual([]);
  });

  it('tells one that comes later of those that are kept, the newest first', async () => {
    const server = await serving();
    const first = await server.editor();
    expect((await first.ask('flowchat', 'ways', { on: true })).ways).toEqual([]);
    for (const text of ['one', 'two']) await server.post(text);
    await first.hears('flowchat:way', way => JSON.stringify(way).includes('two'));
    first.leave();
    const later = await server.editor();
    const { ways } = await later.ask('flowchat', 'ways', { on: true });
    expect(ways.map(({ steps }: Told) => steps[0].in.body.text)).toEqual(['two', 'one']);
    expect((await later.ask('flowchat', 'ways', { on: false })).ways).toEqual([]);
  });

  long('tells of no more kept ways than a client can take at once', async () => {
    const server = await serving();
    const editor = await server.editor();
    await editor.ask('flowchat', 'ways', { on: true });
    for (let count = 0; count < 105; count++) await server.status(`/api/rooms/room${count}/messages`);
    const paths = (await editor.ask('flowchat', 'ways', { on: true })).ways.map(({ path }: Told) => path);
    expect(paths).toHaveLength(100);
    expect([paths[0], paths.at(-1)]).toEqual(['/api/rooms/room104/messages', '/api/rooms/room5/messages']);
    for (let count = 0; count < 60; count++) await server.post('x'.repeat(4000));
    const { ways } = await editor.ask('flowchat', 'ways', { on: true });
    expect(ways[0]).toMatchObject({ method: 'POST' });
    expect(JSON.stringify(ways).length).toBeLessThan(1024 * 1024 + ways.length + 2);
  });

  it('names the node that has refused a question', async () => {
    const server = await serving();
    const editor = await server.editor();
    await editor.ask('flowchat', 'ways', { on: true });
    await server.post('x'.repeat(4001));
    const way = await editor.hears('flowchat:way');
    expect(way).toMatchObject({ status: 422, node: 'check', detail: expect.stringContaining('4001') });
    expect(nodes(way)).toEqual(['admit', 'router', 'sender', 'check', 'responder']);
  });
});

describe('flowchat:rates', () => {
  it('tells how much passes each wire, and how long each node takes', async () => {
    const server = await serving();
    const editor = await server.editor();
    await editor.ask('flowchat', 'rates', { on: true });
    for (let i = 0; i < 5; i += 1) await server.post('hi');
    const told = await editor.hears('flowchat:rates', ({ edges }) => edges.length > 0);
    expect(told.edges).toContainEqual(
      expect.objectContaining({
        src: { node: 'check', port: 'out' },
        tgt: { node: 'limit', port: 'in' },
        perSecond: expect.any(Number),
      }),
    );
    for (const node of ['check', 'publish']) {
      expect(told.nodes.find(({ id }: Told) => id === node)).toMatchObject({ errors: 0, ms: expect.any(Number) });
      expect(told.nodes.find(({ id }: Told) => id === node).ms).toBeGreaterThan(0);
    }
  });
});

describe('flowchat:try', () => {
  it('asks the draft, and leaves what is live and its messages alone', async () => {
    const server = await serving({}, 'sqlite:history.db');
    const editor = await server.editor(true);
    await set(editor, 'check', 'maxtext', '4000', '5');
    const { way: refused } = await editor.ask('flowchat', 'try', { request: POST });
    expect(refused).toMatchObject({ status: 422, node: 'check' });
    const short = { ...POST, body: { author: 'ann', text: 'hi' } };
    const { way } = await editor.ask('flowchat', 'try', { request: short });
    expect(way.status).toBe(201);
    const { messages } = (await (await fetch(server.origin + POST.path)).json()) as Told;
    expect(messages).toEqual([]);
    expect(editor.state.live.revision).toBe(1);
  });

  it('asks as at an edge, with a packet that is put there', async () => {
    const server = await serving();
    const editor = await server.editor(true);
    const edge = { src: { node: 'sender', port: 'out' }, tgt: { node: 'check', port: 'in' } };
    const data = { room: 'lobby', form: 'api', author: 'ann', text: 'hello', from: 'x' };
    const { way } = await editor.ask('flowchat', 'try', { edge, data });
    expect(way).toMatchObject({ status: 201, method: 'packet', path: 'at IN of check' });
    expect(way).not.toHaveProperty('revision');
    expect(nodes(way)).toEqual(['check', 'limit', 'storage', 'responder', 'publish']);
  });

  it('follows a packet that gets no answer, until no node is at work any more', async () => {
    const server = await serving();
    const editor = await server.editor(true);
    const tgt = { node: 'publish', port: 'in' };
    const message = { room: 'lobby', seq: 7, author: 'ann', text: 'hello' };
    const data = { seq: 7, kind: 'message', message, cursor: 'x:7' };
    const { way } = await editor.ask('flowchat', 'try', { edge: { tgt }, data });
    expect(way).toMatchObject({ status: 0, steps: [{ node: 'publish', out: { seq: 7 }, outport: 'push' }] });
    expect(way).not.toHaveProperty('detail');
  });

  it('puts any JSON in where a port takes it, and says where a packet has to be an object', async () => {
    const server = await serving();
    const editor = await server.editor(true);
    const put = (node: string, port: string, data: unknown) =>
      editor.ask('flowchat', 'try', { edge: { tgt: { node, port } }, data });
    await expect(put('check', 'in', 'just text')).rejects.toThrow(
      `a packet at IN of check is an object, not a string, for it carries the question's id; write {"key": "value"}`,
    );
    expect((await put('check', 'maxtext', 7)).way).toMatchObject({ status: 0, steps: [{ node: 'check', in: 7 }] });
    await edit(editor, 'addnode', { id: 'again', component: 'core/Repeat', metadata: {} });
    await edit(editor, 'addnode', { id: 'end', component: 'core/Drop', metadata: {} });
    const [src, tgt] = [
      { node: 'again', port: 'out' },
      { node: 'end', port: 'in' },
    ];
    await edit(editor, 'addedge', { src, tgt });
    const { way } = await put('again', 'in', ['just', 'text']);
    expect(way).toMatchObject({ status: 0, steps: [{ node: 'again', out: ['just', 'text'] }, { node: 'end' }] });
  });

  it('asks as a guest, or as whom it is told', async () => {
    const server = await serving();
    const editor = await server.editor(true);
    const edge = { tgt: { node: 'check', port: 'in' } };
    const data = { room: 'lobby', form: 'api', author: 'ann', text: 'hello', from: 'x' };
    const asked = async (payload: Told) => {
      const { way } = await editor.ask('flowchat', 'try', payload);
      expect(way.status).toBe(201);
      return way.steps.map((step: Told) => step.in.who).filter((who: unknown) => who !== undefined);
    };
    const guest = { kind: 'guest', id: expect.stringMatching(/^editor \d+$/), name: '', role: 'guest' };
    for (const who of [undefined, null, {}, { kind: 'guest', name: null }]) {
      for (const packet of await asked({ request: POST, who })) expect(packet).toEqual(guest);
      for (const packet of await asked({ edge, data, who })) expect(packet).toEqual(guest);
    }
    const ann = { kind: 'person', name: 'ann', role: 'moderator' };
    expect(await asked({ request: POST, who: ann })).toEqual(Array(7).fill({ ...guest, ...ann }));
    expect(await asked({ edge, data, who: ann })).toEqual(Array(4).fill({ ...guest, ...ann }));
    for (const who of [7, 'ann', [], { role: 'king' }, { kind: 'robot' }, { name: 7 }, { role: 'owner' }]) {
      await expect(editor.ask('flowchat', 'try', { request: POST, who })).rejects.toThrow(
        /"(who|role|kind|name)" (must be|is)/,
      );
    }
  });

  it('shares neither a store in memory nor a limit with what is live', async () => {
    const server = await serving();
    const editor = await server.editor();
    await set(editor, 'limit', 'burst', '100', '2');
    await isLive(editor, 2);
    for (let i = 0; i < 4; i += 1) await editor.ask('flowchat', 'try', { request: POST });
    expect(await (await fetch(server.origin + POST.path)).json()).toMatchObject({ messages: [] });
    const posted = await fetch(server.origin + POST.path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(POST.body),
    });
    expect(posted.status).toBe(201);
  });

  it('puts nothing in at a component with all rights of the server, and names no database elsewhere', async () => {
    const server = await serving();
    server.write(`${server.text}\n'HOME' -> KEY env(core/ReadEnv) OUT -> IN end(core/Drop)\nenv ERROR -> IN end\n`);
    const editor = await server.editor();
    await isLive(editor, 2);
    const put = (node: string, port: string, data: unknown) =>
      editor.ask('flowchat', 'try', { edge: { tgt: { node, port } }, data });
    await expect(put('env', 'key', 'PATH')).rejects.toThrow(/^core\/ReadEnv has all rights of this server/);
    await expect(put('storage', 'store', 'sqlite:../out.db')).rejects.toThrow(/it lies in DATA/);
  });

  it('says what is wrong with a draft that does not run, and with what is no question', async () => {
    const server = await serving();
    const editor = await server.editor(true);
    for (const request of [null, 7, {}, { path: 'x' }, { path: '/x', query: { a: 1 } }]) {
      await expect(editor.ask('flowchat', 'try', { request })).rejects.toThrow(/question|"path"|"query"/);
    }
    await edit(editor, 'removenode', { id: 'responder' });
    await expect(editor.ask('flowchat', 'try', { request: POST })).rejects.toThrow(/^the draft does not run/);
  });
});

describe('flowchat:test', () => {
  // Few components, as each is tested in a process of its own.
  const checked = GOCHAT.replace(
    '-> POST storage',
    "-> IN check(chat/CheckPost) OUT -> POST storage\n'4000' -> MAXTEXT check\ncheck REFUSED -> IN responder",
  );
  const home = folder();
  const file = join(home.path, 'chat.fbp');
  writeFileSync(file, checked);
  afterAll(() => home.remove());
  const recorded = ({ results }: Told) => results.filter(({ component }: Told) => component === undefined);

  it("runs the components' tests and asks again what was asked, and stands in the way of publishing where that fails", async () => {
    const server = await serving({ GRAPH: file });
    const editor = await server.editor(true);
    await editor.ask('flowchat', 'ways', { on: true });
    for (const text of ['hello there', 'x'.repeat(4001)]) await server.post(text);
    await server.status(`${POST.path}?limit=2`);
    const good = await editor.ask('flowchat', 'test');
    expect(good.failed).toBe(0);
    expect(good.results.some(({ component }: Told) => component === 'chat/CheckPost')).toBe(true);
    expect(recorded(good).map(({ name }: Told) => name)).toEqual([
      `POST ${POST.path} "hello there", 201 before`,
      `POST ${POST.path} "${'x'.repeat(40)}…", 422 before`,
      `GET ${POST.path}?limit=2, 200 before`,
    ]);
    // As somebody else: only what was asked, and no test of the draft.
    const asked = await editor.ask('flowchat', 'test', { who: { kind: 'person', role: 'member' } });
    expect(asked).toMatchObject({ passed: 3, failed: 0, results: recorded(good) });
    await expect(editor.ask('flowchat', 'test', { who: { kind: 'guest', role: 'owner' } })).rejects.toThrow(/guest/);
    await set(editor, 'check', 'maxtext', '4000', '3');
    expect(recorded(await editor.ask('flowchat', 'test'))[0]).toEqual({
      name: `POST ${POST.path} "hello there", 201 before`,
      passed: false,
      node: 'check',
      message: '201 was expected, 422 came: text has 11 characters; 3 is the most',
    });
    await edit(editor, 'changenode', { id: 'check', metadata: { x: 20, y: 20 } });
    await expect(editor.ask('flowchat', 'publish')).rejects.toThrow(/^1 of the draft's tests fail; mend the draft/);
    await set(editor, 'check', 'maxtext', '3', '4');
    await expect(editor.ask('flowchat', 'publish')).rejects.toThrow(
      /^1 of the draft's tests failed before the last change; run them again/,
    );
    expect(await editor.ask('flowchat', 'publish', { force: true })).toEqual({ revision: 2 });
    await set(editor, 'check', 'maxtext', '4', '2');
    expect(await editor.ask('flowchat', 'publish')).toEqual({ revision: 3 });
  });

  it('tells results as they come, holds nobody up, and can be cancelled', async () => {
    const server = await serving();
    const editor = await server.editor(true);
    await editor.ask('flowchat', 'ways', { on: true });
    for (const text of ['one', 'two', 'three']) await server.post(text);
    await expect(editor.ask('flowchat', 'canceltest')).rejects.toThrow('no tests of yours run');
    await edit(editor, 'addnode', { id: 'later', component: 'chat/Delay', metadata: {} });
    await edit(editor, 'addinitial', { src: { data: '3600' }, tgt: { node: 'later', port: 'seconds' } });
    await edit(editor, 'removeedge', { src: { node: 'check', port: 'out' }, tgt: { node: 'limit', port: 'in' } });
    await edit(editor, 'addedge', { src: { node: 'check', port: 'out' }, tgt: { node: 'later', port: 'in' } });
    await edit(editor, 'addedge', { src: { node: 'later', port: 'out' }, tgt: { node: 'limit', port: 'in' } });
    const testing = editor.ask('flowchat', 'test');
    await expect(editor.ask('flowchat', 'test')).rejects.toThrow('your tests run already');
    const first = await editor.hears('flowchat:testing', ({ done }) => done === 1);
    expect(first).toMatchObject({
      total: expect.any(Number),
      results: [{ passed: false, message: expect.stringMatching(/^201 was expected/) }],
    });
    expect(await editor.ask('flowchat', 'canceltest')).toMatchObject({ done: expect.any(Number), results: [] });
    const end = await testing;
    expect(end).toMatchObject({ cancelled: true });
    expect(end.results.length).toBeLessThan(first.total);
    // Half a test stands in nobody's way.
    expect(await editor.ask('flowchat', 'publish')).toEqual({ revision: 2 });
  });
});

describe('flowchat:text and flowchat:parse', () => {
  it('tell a part of a graph as text, and such a text as a graph', async () => {
    const server = await serving();
    const editor = await server.editor();
    const { graph } = await editor.ask('flowchat', 'parse', { text: "a(core/Drop)\n'1' -> IN a" });
    expect(graph).toMatchObject({ processes: { a: { component: 'core/Drop' } } });
    expect((await editor.ask('flowchat', 'text', { graph })).text).toMatch(/^a\(core\/Drop\)\n\s*'1' -> IN a\n$/);
    expect((await editor.ask('flowchat', 'text')).text).toBe(server.text);
    expect((await editor.ask('flowchat', 'parse', { text: 'a -> -> b' })).faults).toHaveLength(1);
  });

  it('hold nobody up, whatever a viewer asks for', async () => {
    const server = await serving({ EDITOR_VIEW_SECRET: 'the viewer may look' });
    const viewer = await server.editor(true, 'the viewer may look');
    const parse = (text: string) => viewer.ask('flowchat', 'parse', { text });
    for (const filler of some(['-', '(', "'", 'a b\n', '-> ', '=', '1', 'a', ' ', '#', '[\n'], 4)) {
      const faults = (await parse(filler.repeat(65_536 / filler.length))).faults as readonly unknown[];
      expect(faults.length).toBeLessThan(22);
    }
    await expect(parse('-'.repeat(65_537))).rejects.toThrow('"text" has more than 65536 characters');
  });
});

describe('who may only watch', () => {
  it('sees the draft and changes nothing, nor the mode', async () => {
    const server = await serving({ EDITOR_VIEW_SECRET: 'the viewer may look' });
    const viewer = await server.editor(true, 'the viewer may look');
    expect(viewer.state).toMatchObject({ mode: 'at once', rights: ['watch'] });
    for (const command of ['publish', 'discard', 'hold', 'rollback', 'try']) {
      await expect(viewer.ask('flowchat', command, { hold: true })).rejects.toThrow(/connect with a secret/);
    }
    await viewer.ask('flowchat', 'difference');
  });
});
