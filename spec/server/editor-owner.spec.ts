import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { AccountClient } from '../support/account-client.ts';
import { until } from '../support/chat.ts';
import { Editor } from '../support/endpoint.ts';
import { folder, graph } from '../support/server.ts';
import { Line } from '../support/wire.ts';

const { path: data, remove } = folder();
const PASSWORD = 'correct horse battery';
const SECRET = 'the editor may edit';
const FRIEND = 'https://editor.example';
let running: Awaited<ReturnType<typeof serve>>;
let owner: AccountClient;
let member: AccountClient;
let room = '';
const editors: Editor[] = [];

beforeAll(async () => {
  const GRAPH = graph(join(data, 'graphs'), { STORE: 'memory:owner' });
  const settings = { EDITOR_SECRET: SECRET, EDITOR_ORIGINS: FRIEND, ACCOUNTS: 'on', TRUST_PROXY: 'on' };
  running = await serve(readSettings({ PORT: '0', DATA: data, GRAPH, ...settings }, []), () => {});
  owner = new AccountClient(running.url);
  const code = readFileSync(join(data, 'setup-code'), 'utf8').trim();
  await owner.ask('POST', '/api/setup', { code, name: 'Ann', password: PASSWORD });
  const { body } = await owner.ask('POST', '/api/invites', { uses: 9 });
  member = new AccountClient(running.url);
  await member.ask('POST', '/api/join', { code: body.code, name: 'Bob', password: PASSWORD });
  room = (await member.ask('POST', '/api/rooms', { name: 'board', kind: 'private', title: 'Board' })).body.room;
});
afterAll(async () => {
  await running.stop();
  remove();
});
afterEach(() => {
  for (const editor of editors.splice(0)) editor.socket.terminate();
});

/** Connects an editor with these headers. */
function connect(headers: Readonly<Record<string, string>>): Editor {
  const editor = new Editor(`${running.url.replace('http', 'ws')}runtime`, ['noflo'], headers);
  editors.push(editor);
  return editor;
}

/** All that jest could fake, but the time of day. */
const NO_CLOCKS = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

let requests = 0;
const said = (protocol: string, command: string, payload: object = {}, secret?: string) => ({
  protocol,
  command,
  payload,
  requestId: `${++requests}`,
  ...(secret !== undefined && { secret }),
});

/** What a message is answered with, whatever else is told meanwhile. */
async function ask(editor: Editor, ...asked: Parameters<typeof said>) {
  await until(() => editor.socket.readyState > 0);
  const request = said(...asked);
  editor.say(request);
  for (;;) {
    const { command, payload, responseTo } = await editor.next();
    if (responseTo === request.requestId && command === 'error') throw new Error(String(payload.message));
    // biome-ignore lint/suspicious/noExplicitAny: whatever the server tells
    if (responseTo === request.requestId) return payload as any;
  }
}

async function rightsOf(headers: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return (await ask(connect(headers), 'runtime', 'getruntime')).capabilities;
}

describe("the editor's door", () => {
  it('lets an owner edit by the cookie of a page of ours, and bring in no code', async () => {
    const rights = await rightsOf(owner.headers);
    expect(rights).toEqual(expect.arrayContaining(['network:data', 'protocol:graph']));
    expect(rights).not.toContain('component:setsource');
    expect((await owner.ask('GET', '/api/about')).body.editor).toBe(true);
    expect((await member.ask('GET', '/api/about')).body.editor).toBeUndefined();
  });

  it('lets nobody else in so: no member, no page of another origin, no program, no token', async () => {
    const { body } = await owner.ask('POST', '/api/tokens', { name: 'Robot', role: 'owner' });
    for (const headers of [
      member.headers,
      {},
      { Cookie: owner.cookie },
      { Cookie: owner.cookie, Origin: FRIEND },
      { Cookie: owner.cookie, Origin: 'https://noflojs.org' },
      { Cookie: owner.cookie, Origin: 'http://localhost:1' },
      { Authorization: `Bearer ${body.token}`, Origin: owner.origin },
      { Cookie: 'flowchat.session_token=guessed.guessed', Origin: owner.origin },
    ])
      expect(await rightsOf(headers)).toEqual([]);
    expect((await ask(connect({ Origin: FRIEND }), 'runtime', 'getruntime', {}, SECRET)).capabilities).toContain(
      'protocol:graph',
    );
  });

  it('asks an owner to sign in again whose session another one has let in later, nor may that add a passkey', async () => {
    const [old, phone] = [new AccountClient(running.url), new AccountClient(running.url)];
    const dayAgo = Date.now() - 25 * 3_600_000;
    jest.useFakeTimers({ now: dayAgo, doNotFake: [...NO_CLOCKS] });
    await old.ask('POST', '/api/sign-in', { name: 'Ann', password: PASSWORD });
    jest.useRealTimers();
    const { id, code } = (await old.ask('POST', '/api/devices')).body;
    const { ticket } = (await phone.ask('POST', '/api/sign-in/device', { code })).body;
    await old.ask('POST', `/api/devices/${id}`, { confirm: true });
    expect((await phone.ask('POST', '/api/sign-in/device', { ticket })).body.who.role).toBe('owner');
    for (const each of [old, phone]) {
      expect((await each.ask('GET', '/api/about')).body).toMatchObject({ who: { name: 'Ann' }, editor: true });
      expect(await rightsOf(each.headers)).toEqual([]);
      const { status, body } = await each.ask('POST', '/api/passkeys/options');
      expect([status, body.detail]).toEqual([401, expect.stringContaining('sign out and in again first')]);
    }
  });

  it('asks an owner to sign in again after a quarter of an hour', async () => {
    const later = Date.now() + 16 * 60_000;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => later);
    try {
      expect(await rightsOf(owner.headers)).toEqual([]);
    } finally {
      clock.mockRestore();
    }
  });

  it('closes behind who is no owner any more, or has signed out', async () => {
    const me = (await member.ask('GET', '/api/me')).body.who.id;
    await owner.ask('PATCH', `/api/people/${me}`, { role: 'owner' });
    const [editor, other] = [connect(member.headers), connect(owner.headers)];
    for (const each of [editor, other]) await ask(each, 'runtime', 'getruntime');
    await owner.ask('PATCH', `/api/people/${me}`, { role: 'member' });
    expect(await editor.closed).toMatchObject({ code: 1008, reason: expect.stringContaining('only owners') });
    const again = new AccountClient(running.url);
    await again.ask('POST', '/api/sign-in', { name: 'Ann', password: PASSWORD });
    const leaving = connect(again.headers);
    await ask(leaving, 'runtime', 'getruntime');
    await again.ask('POST', '/api/sign-out', {});
    await leaving.closed;
    expect((await ask(other, 'runtime', 'getruntime')).capabilities).toContain('protocol:graph');
  });
});

describe('a session', () => {
  it('lasts thirty days from the last day on which the chat was opened', async () => {
    const browser = new AccountClient(running.url);
    jest.useFakeTimers({ now: Date.now() - 2 * 86_400_000, doNotFake: [...NO_CLOCKS] });
    await browser.ask('POST', '/api/sign-in', { name: 'Ann', password: PASSWORD });
    jest.useRealTimers();
    const renewed = async () => (await browser.ask('GET', '/api/me')).headers.getSetCookie();
    expect(await renewed()).toEqual([expect.stringMatching(/session_token=[^;]+; Max-Age=2592000;/)]);
    expect(await renewed()).toEqual([]);
  });
});

describe('rules that are changed in the editor', () => {
  it('act on who is connected, stand in the record of people as well, and lock nobody out for good', async () => {
    const rules = readFileSync(join(data, 'graphs/chat.fbp'), 'utf8').match(/^'(.*)' -> RULES/m)![1]!;
    const editor = connect(owner.headers);
    const { graph } = await ask(editor, 'runtime', 'getruntime');
    await ask(editor, 'flowchat', 'open', { hold: true });
    const publish = async (data: string, was: string, isRisky = false) => {
      const at = { node: 'admit', port: 'rules' };
      const change = (command: string, data: string) => ({ command, payload: { graph, src: { data }, tgt: at } });
      await ask(editor, 'flowchat', 'edit', { changes: [change('removeinitial', was), change('addinitial', data)] });
      if (isRisky) {
        const sentence = 'admit: not even an owner may list, post, edit, remove';
        await expect(ask(editor, 'flowchat', 'publish', {})).rejects.toThrow(sentence);
      }
      await ask(editor, 'flowchat', 'publish', { force: isRisky });
    };
    const [line, other] = [await Line.open(owner.origin, member.headers), await Line.open(owner.origin, owner.headers)];
    for (const each of [line, other]) await each.ask({ type: 'subscribe', room: 'lobby' });

    await publish('read: owner', rules, true);
    expect(await line.next()).toMatchObject({ code: 'not-allowed' });
    expect(await member.says('GET', '/api/rooms')).toBe('403 not-allowed');
    const { status, body } = await owner.ask('POST', '/api/rooms/lobby/messages', { text: 'hi' });
    expect([status, body.detail]).toEqual([
      403,
      'nobody may post a message (here: lobby); you are an owner, so change RULES in the flow editor, or take those before by npm run revisions on the server',
    ]);
    await publish(rules, 'read: owner');
    expect(await owner.says('POST', '/api/rooms/lobby/messages', { text: 'back' })).toBe('201');
    expect(await other.next()).toMatchObject({ type: 'message', text: 'back' });
    for (const each of [line, other]) each.socket.terminate();

    const { id } = (await owner.ask('GET', '/api/me')).body.who;
    const deeds = (await owner.ask('GET', '/api/audit?what=rules')).body.audit;
    expect(deeds).toEqual([
      expect.objectContaining({ by: id, detail: `admit: RULES is ${rules}, was read: owner` }),
      expect.objectContaining({ by: id, detail: `admit: RULES is read: owner, was ${rules}` }),
    ]);
    const revisions = (await owner.ask('GET', '/api/audit?what=revision')).body.audit;
    expect(revisions.map(({ detail }: { detail: string }) => detail)).toEqual(['{"revision":3}', '{"revision":2}']);
  });
});

describe('what is written in a private room', () => {
  const EDGE = [{ src: { node: 'admit', port: 'out' }, tgt: { node: 'router', port: 'in' } }];
  const post = (text: string, where = room) => member.ask('POST', `/api/rooms/${where}/messages`, { text });

  /** Everything that an editor is told from an action on. */
  async function toldOf(
    editor: Editor,
    act: () => Promise<unknown>,
    isThere: (told: string) => boolean,
  ): Promise<string> {
    const from = editor.frames.length;
    await act();
    const told = () => editor.frames.slice(from).join('\n');
    await until(() => isThere(told()));
    return told();
  }

  it('is shown to editors as how long it is: on wires, in traces, in what is found, and in what is recorded', async () => {
    const editor = connect({});
    const { graph } = await ask(editor, 'runtime', 'getruntime', {}, SECRET);
    await ask(editor, 'flowchat', 'open', {});
    await ask(editor, 'network', 'edges', { graph, edges: EDGE });
    await ask(editor, 'trace', 'start', { graph });
    await ask(editor, 'flowchat', 'ways', { on: true });
    const told = await toldOf(
      editor,
      async () => {
        await post('the board is secret');
        await post('everybody may know', 'lobby');
        await member.ask('GET', `/api/rooms/${room}/messages`);
      },
      told => /"command":"data".*everybody may know/.test(told) && (told.match(/"command":"way"/g)?.length ?? 0) >= 3,
    );
    expect(told).toContain('(19 characters)');
    expect(told).not.toContain('board is secret');
    const { flowtrace } = await ask(editor, 'trace', 'dump', { graph, type: 'flowtrace.json' });
    expect(flowtrace).toContain('everybody may know');
    expect(flowtrace).toContain('(19 characters)');
    expect(flowtrace).not.toContain('board is secret');
    expect((await ask(editor, 'flowchat', 'find', { text: 'board is secret' })).ways).toEqual([]);
    expect((await ask(editor, 'flowchat', 'find', { text: 'everybody may know' })).ways.length).toBeGreaterThan(0);
    // As whoever that is: what was recorded is asked again, and no component is tested.
    const tested = JSON.stringify(await ask(editor, 'flowchat', 'test', { who: { kind: 'person', role: 'member' } }));
    expect(tested).toContain('everybody may know');
    expect(tested).not.toContain('board is secret');
  });

  it('is shown to an editor who asks for it, which is written down, and told to everybody while it lasts', async () => {
    const editor = connect({});
    const { graph } = await ask(editor, 'runtime', 'getruntime', {}, SECRET);
    await ask(editor, 'flowchat', 'open', {});
    await ask(editor, 'network', 'edges', { graph, edges: EDGE });
    expect((await member.ask('GET', '/api/about')).body.watched).toBeUndefined();
    await ask(editor, 'flowchat', 'look', { on: true });
    expect((await member.ask('GET', '/api/about')).body.watched).toBe(true);
    await toldOf(
      editor,
      () => post('now they see it'),
      told => told.includes('now they see it'),
    );
    expect((await owner.ask('GET', '/api/audit?limit=1')).body.audit).toEqual([
      expect.objectContaining({ what: 'private look', by: 'editor' }),
    ]);
    expect(readFileSync(join(data, 'audit.log'), 'utf8')).toMatch(/"command":"look","what":"\{\\"on\\":true\}"/);
    editor.socket.terminate();
    await until(async () => (await member.ask('GET', '/api/about')).body.watched === undefined);
  });
});
