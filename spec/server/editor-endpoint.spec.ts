import { describe, expect, it } from '@jest/globals';
import { guestsOnly } from '../../src/accounts/accounts.ts';
import type { ProtocolMessage, Right } from '../../src/editor/message.ts';
import { displacedByGuest, EditorEndpoint, Origins } from '../../src/editor/server/endpoint.ts';
import { Secrets } from '../../src/editor/server/secrets.ts';
import type { Gate } from '../../src/gate/gate.ts';
import { createFront, type Front } from '../../src/http/front.ts';
import { Advice } from '../../src/http/origins.ts';
import { until } from '../support/chat.ts';
import { building, Editor, listen, refusal, SECRET, VIEW_SECRET } from '../support/endpoint.ts';

const STATUS = { protocol: 'network', command: 'getstatus', payload: { graph: 'chat/chat' } };
const ADD = { protocol: 'graph', command: 'addnode', payload: { graph: 'chat/chat', id: 'a', component: 'core/Drop' } };

describe('Door', () => {
  it('speaks the subprotocol noflo to who offers it, and none to others', async () => {
    const { url } = await building();
    for (const [offered, spoken] of [
      [['noflo'], 'noflo'],
      [['other', 'noflo'], 'noflo'],
      [[], ''],
    ] as const) {
      const editor = new Editor(url, offered);
      await new Promise(resolve => editor.socket.once('open', resolve));
      expect(editor.socket.protocol).toBe(spoken);
      editor.socket.terminate();
    }
  });

  it('answers one command after the other, in the order in which they came', async () => {
    const { enter, release } = await building();
    const editor = await enter(SECRET);
    editor.say({ protocol: 'network', command: 'wait', payload: { graph: 'first' } });
    editor.say(STATUS);
    editor.say('no JSON');
    const other = await enter(SECRET);
    expect((await other.ask(STATUS)).command).toBe('status');
    release();
    expect([await editor.next(), await editor.next(), await editor.next()]).toEqual([
      { protocol: 'network', command: 'waited', payload: { graph: 'first' } },
      { protocol: 'network', command: 'status', payload: { graph: 'chat/chat', running: true } },
      { protocol: 'runtime', command: 'error', payload: { message: expect.stringContaining('no JSON') } },
    ]);
  });

  it("puts the request's id on every reply, errors too", async () => {
    const { enter } = await building();
    const editor = await enter(SECRET);
    editor.say({ protocol: 'component', command: 'list', payload: {}, requestId: 'r-1' });
    for (const command of ['component', 'component', 'componentsready']) {
      expect(await editor.next()).toMatchObject({ protocol: 'component', command, responseTo: 'r-1' });
    }
    expect(await editor.ask({ ...STATUS, command: 'shout', requestId: 'r-2' })).toMatchObject({ responseTo: 'r-2' });
    expect(await editor.ask({ ...STATUS, protocol: 7, requestId: 'r-3' })).toMatchObject({ responseTo: 'r-3' });
    for (const requestId of [undefined, 7, null, {}, 'x'.repeat(201)]) {
      expect(await editor.ask({ ...STATUS, requestId })).not.toHaveProperty('responseTo');
    }
  });

  it('lets only those do something whose secret brings the capability', async () => {
    const { enter } = await building();
    const source = { protocol: 'component', command: 'source', payload: { name: 'A', code: '' } };
    const stranger = await enter();
    const viewer = await enter(VIEW_SECRET);
    const editor = await enter(SECRET);
    const denied = (protocol: string, message: string) => ({ protocol, command: 'error', payload: { message } });
    expect(await stranger.ask(ADD)).toEqual(
      denied('graph', 'graph:addnode needs the capability protocol:graph; connect with a secret that may edit'),
    );
    expect(await stranger.ask(STATUS)).toEqual({
      protocol: 'network',
      command: 'error',
      payload: {
        message: 'network:getstatus needs the capability network:status; connect with a secret that may watch',
        graph: 'chat/chat',
      },
    });
    expect((await viewer.ask(STATUS)).command).toBe('status');
    expect((await viewer.ask(ADD)).command).toBe('error');
    expect(await editor.ask(ADD)).toEqual(ADD);
    expect((await editor.ask(source)).payload.message).toMatch(/component:setsource; .*EDITOR_CODE=on$/);
  });

  it('tells sub-protocols when a client has left, and not before its last command is done', async () => {
    const { endpoint, enter, release, left } = await building();
    const [first] = [await enter(SECRET), await enter(SECRET)];
    const id = [...endpoint.clients][0]?.id;
    first.say({ protocol: 'network', command: 'wait', payload: {} });
    first.say(ADD);
    first.socket.terminate();
    await until(() => [...endpoint.clients].length === 1);
    expect(left).toEqual([]);
    release();
    await until(() => left.length > 0);
    expect(left).toEqual([id]);
  });

  it('answers what throws with a sentence that tells nothing, and goes on', async () => {
    const { enter, failures } = await building();
    const editor = await enter(SECRET);
    const broken = { message: 'this failed; the log says why' };
    expect((await editor.ask({ ...STATUS, command: 'break' })).payload).toEqual({ ...broken, graph: 'chat/chat' });
    expect((await editor.ask({ ...STATUS, command: 'circle' })).payload).toEqual({ ...broken, graph: 'chat/chat' });
    expect((await editor.ask({ ...STATUS, command: 'refuse' })).payload.message).toMatch(/no such graph/);
    expect((await editor.ask(STATUS)).command).toBe('status');
    expect(failures.map(({ name }) => name)).toEqual(['TypeError', 'TypeError']);
  });

  it('says goodbye when the server stops', async () => {
    const { endpoint, enter } = await building();
    const editor = await enter(SECRET);
    endpoint.close();
    expect(await editor.closed).toEqual({ code: 1001, reason: 'the server stops; come back' });
  });
});

describe('a place', () => {
  const FULL = '32 editors and viewers are connected already; close one';

  it('of a viewer is taken by an editor, by no other viewer, and by nobody from an editor', async () => {
    const { enter, refused } = await building();
    const viewers: Editor[] = [];
    for (let index = 0; index < 32; index += 1) viewers.push(await enter(VIEW_SECRET));
    const late = await enter();
    expect((await late.ask({ ...STATUS, secret: VIEW_SECRET })).payload.message).toBe(FULL);
    expect(await late.closed).toEqual({ code: 1013, reason: FULL });
    const editors: Editor[] = [];
    for (const viewer of viewers) {
      editors.push(await enter(SECRET));
      const reason = 'an editor takes the place of this viewer; come back later';
      expect(await viewer.closed).toEqual({ code: 1013, reason });
    }
    for (const editor of editors) expect((await editor.ask(STATUS)).command).toBe('status');
    const detail = '32 editors are connected already; close one';
    expect(await refused()).toEqual({ status: 503, code: 'editors-limit', detail });
  });

  it('stays with who gets more rights by another secret', async () => {
    const { enter } = await building({ limits: { clients: 2 } });
    const [editor, other] = [await enter(VIEW_SECRET), await enter(VIEW_SECRET)];
    await editor.show(SECRET);
    for (const each of [editor, other]) expect((await each.ask(STATUS)).command).toBe('status');
  });

  it('is there for everybody with the right secret while others of the same address come back without one', async () => {
    const { enter, url } = await building();
    let storms = true;
    const storm = Array.from({ length: 60 }, async () => {
      while (storms) {
        const { socket, closed } = new Editor(url);
        socket.once('open', () => setTimeout(() => socket.terminate(), 5));
        await closed;
      }
    });
    const editors = await Promise.all(Array.from({ length: 25 }, () => enter(SECRET)));
    for (const editor of editors) expect((await editor.ask(STATUS)).command).toBe('status');
    storms = false;
    await Promise.all(storm);
  });

  const limits = { clients: 2, nameless: 6, share: 2, grace: 2000 };
  const guest = (from: string, since: number, ...rights: Right[]) => ({ from, since, rights: new Set(rights) });
  const strangers = (...all: [from: string, since: number][]) => all.map(([from, since]) => guest(from, since));
  const BUSY = '6 connections have yet to show a good secret; try again';

  it.each([
    ['takes none while there is room', strangers(['b', 0], ['a', 0]), []],
    ['takes that of one of the same address who had time enough', strangers(['b', 0], ['a', 0], ['a', 1]), [1]],
    ['takes none of the same address who had no time yet', strangers(['a', 9000], ['a', 9000], ['a', 9000]), []],
  ])('%s', (_, guests, leaving) => {
    expect(displacedByGuest(guests, 'a', limits, 10_000)).toEqual(leaving.map(index => guests[index]));
  });

  it('is taken from an address that has more than its share, when there is no other', () => {
    const guests = strangers(['b', 9000], ['c', 9001], ['c', 9002], ['c', 9003], ['d', 9004], ['d', 9005]);
    expect(displacedByGuest(guests, 'a', limits, 10_000)).toEqual([guests[1]]);
    expect(displacedByGuest(guests, 'c', limits, 10_000)).toBe(BUSY);
    expect(displacedByGuest(guests, 'c', limits, 11_001)).toEqual([guests[1]]);
  });

  it('is taken from who had time enough where all addresses have the same', () => {
    const guests = strangers(['b', 1], ['b', 2], ['c', 3], ['c', 4], ['d', 5], ['d', 6]);
    expect(displacedByGuest(guests, 'a', limits, 1000)).toBe(BUSY);
    expect(displacedByGuest(guests, 'a', limits, 2001)).toEqual([guests[0]]);
  });
});

describe('a broadcast', () => {
  const told = (protocol: string, command: string): ProtocolMessage => ({
    protocol,
    command,
    payload: { graph: 'chat/chat' },
  });

  /** What is told to a client of each kind, when everything is told to everybody. */
  async function heard(messages: readonly ProtocolMessage[]): Promise<Record<string, readonly string[]>> {
    const { endpoint, enter } = await building();
    const editors = {
      stranger: await enter(''),
      viewer: await enter(VIEW_SECRET),
      editor: await enter(SECRET),
      extended: await enter(SECRET),
    };
    await editors.extended.ask({ protocol: 'flowchat', command: 'open', payload: {} });
    for (const message of messages) endpoint.broadcast(message);
    const heard = Object.entries(editors).map(async ([name, editor]) => [name, await untilMark(editor)] as const);
    return Object.fromEntries(await Promise.all(heard));
  }

  /** What comes before the answer to a question, whichever that is. */
  async function untilMark(editor: Editor): Promise<readonly string[]> {
    editor.say({ ...STATUS, requestId: 'mark' });
    const names: string[] = [];
    for (;;) {
      const { protocol, command, responseTo } = await editor.next();
      if (responseTo === 'mark') return names;
      names.push(`${protocol}:${command}`);
    }
  }

  it('goes to all whose capabilities cover it', async () => {
    const everybody = ['graph:addnode', 'network:data', 'network:processerror', 'network:started', 'network:error'];
    const messages = [
      ...everybody.map(name => told(...(name.split(':') as [string, string]))),
      told('runtime', 'ports'),
      told('flowchat', 'state'),
    ];
    expect(await heard(messages)).toEqual({
      stranger: [],
      viewer: everybody,
      editor: [...everybody, 'runtime:ports'],
      extended: [...everybody, 'runtime:ports', 'flowchat:state'],
    });
  });

  it('is never what an editor would take for an answer or fails at', async () => {
    const messages = [
      told('graph', 'error'),
      told('component', 'error'),
      told('runtime', 'error'),
      told('trace', 'error'),
      told('graph', 'shout'),
      told('constructor', 'name'),
    ];
    expect(await heard(messages)).toEqual({ stranger: [], viewer: [], editor: [], extended: [] });
  });

  it('leaves out the client whose doing it is', async () => {
    const { endpoint, enter } = await building();
    const first = await enter(SECRET);
    const second = await enter(SECRET);
    const [client] = [...endpoint.clients];
    endpoint.broadcast(told('graph', 'addnode'), client);
    client?.push(told('graph', 'removenode'));
    client?.push(told('flowchat', 'state'));
    expect((await first.next()).command).toBe('removenode');
    expect((await first.ask(STATUS)).command).toBe('status');
    expect((await second.next()).command).toBe('addnode');
  });

  it('that is no JSON goes to nobody', async () => {
    const { endpoint, enter, failures } = await building();
    const editor = await enter(SECRET);
    endpoint.broadcast({ protocol: 'network', command: 'data', payload: { data: 1n } });
    for (const client of endpoint.clients) client.push({ protocol: 'network', command: 'data', payload: { data: 1n } });
    expect((await editor.ask(STATUS)).command).toBe('status');
    expect(failures).toHaveLength(2);
  });
});

describe('a page', () => {
  const open = {
    trustProxy: false,
    editorOrigins: ['https://friend.example'],
    editorUi: 'https://ui.example:8443/noflo',
  };
  const fault = (origin: string | undefined, host: string, given = {}) =>
    new Origins({ host: '127.0.0.1', ...open, ...given }).fault(origin, host);

  it.each([
    [undefined, 'anything'],
    ['http://127.0.0.1:9090', '127.0.0.1:9090'],
    ['http://localhost:5173', '127.0.0.1:9090'],
    ['https://localhost', '127.0.0.1:9090'],
    ['http://127.8.9.10', '127.0.0.1:9090'],
    ['http://[::1]:3000', '127.0.0.1:9090'],
    ['http://chat.localhost:9090', 'chat.localhost:9090'],
    ['https://app.flowhub.io', '127.0.0.1:9090'],
    ['https://flowhub.io', '127.0.0.1:9090'],
    ['https://noflojs.org', '127.0.0.1:9090'],
    ['https://ui.example:8443', '127.0.0.1:9090'],
    ['https://friend.example', '127.0.0.1:9090'],
    ['http://192.0.2.7:9090', '192.0.2.7:9090'],
  ])('may connect: %s, to %s', (origin, host) => {
    expect(fault(origin, host)).toBeUndefined();
  });

  it.each([
    ['https://evil.example', '127.0.0.1:9090'],
    ['http://app.flowhub.io', '127.0.0.1:9090'],
    ['http://noflojs.org', '127.0.0.1:9090'],
    ['https://evil.noflojs.org', '127.0.0.1:9090'],
    ['https://app.flowhub.io.evil.example', '127.0.0.1:9090'],
    ['https://ui.example', '127.0.0.1:9090'],
    ['http://localhost.evil.example', '127.0.0.1:9090'],
    ['http://127.0.0.1.evil.example', '127.0.0.1:9090'],
    ['http://192.0.2.7', '192.0.2.7:9090'],
    // Its name has been pointed at this machine after its page was loaded.
    ['http://evil.example:9090', 'evil.example:9090'],
  ])('of a stranger may not connect: %s, to %s', (origin, host) => {
    expect(fault(origin, host)).toBe(`pages of ${origin} may not edit; allow them with EDITOR_ORIGINS`);
  });

  it.each(['', 'null', 'file://', 'http://localhost/', 'http://localhost@evil.example', 'http://a, http://b', 'x\r\n'])(
    'of no proper origin may not connect: %j',
    origin => {
      expect(fault(origin, '127.0.0.1:9090')).toMatch(/^pages of .* may not edit; allow them with EDITOR_ORIGINS$/);
    },
  );

  it('of our own may connect under the name by which others reach us', () => {
    expect(fault('https://chat.example', 'chat.example', { trustProxy: true })).toBeUndefined();
    expect(fault('http://chat.example:9090', 'chat.example:9090', { host: '0.0.0.0' })).toBeUndefined();
    expect(fault('http://evil.example:9090', 'chat.example:9090', { host: '0.0.0.0' })).toMatch(/evil\.example/);
  });

  it('of a stranger is told so before it is let in', async () => {
    const { refused } = await building();
    const detail = 'pages of https://evil.example may not edit; allow them with EDITOR_ORIGINS';
    expect(await refused({ Origin: 'https://evil.example' })).toEqual({ status: 403, code: 'origin-refused', detail });
  });

  it('of a stranger is told to the owner, once for all, with the name that it asked for and the cure', async () => {
    const told: string[] = [];
    const advice = new Advice(sentence => told.push(sentence));
    const { refused } = await building({ advise: sentence => advice.give('editor origin', sentence) });
    for (const Origin of ['https://evil.example', 'https://other.example'])
      await refused({ Origin, Host: 'backend:9090' });
    expect(told).toEqual([
      'pages of https://evil.example may not edit; allow them with EDITOR_ORIGINS; they asked backend:9090. If it is the ' +
        'same site, a proxy has changed its Host; in nginx, proxy_set_header Host $http_host keeps it (said once)',
    ]);
  });
});

describe('/runtime', () => {
  const house = () => ({
    protocols: new Map(),
    secrets: new Secrets({ secret: SECRET, viewSecret: undefined, code: false }),
    origins: new Origins({ host: '127.0.0.1', trustProxy: false, editorOrigins: [], editorUi: 'https://ui.example' }),
    audited() {},
    failed() {},
  });

  /** Runs with the front end, at its address with no path. */
  async function fronted(given: Partial<Front>, run: (url: string) => Promise<void>): Promise<void> {
    const endpoint = new EditorEndpoint(house());
    // What is no WebSocket of ours is a request like any other.
    const asked = { status: 404, detail: 'there is nothing here' };
    const gate = { ask: async () => ({ answer: { id: '1', ...asked }, spans: [] }) } as unknown as Gate;
    const guarding = { host: '127.0.0.1', trustProxy: false, corsOrigins: [] };
    const said = { failed() {}, unreadable() {}, warn() {} };
    const known = { accounts: guestsOnly, addressKey: () => Buffer.from('test') };
    const front = { ...guarding, ...said, ...known, basePath: '', pages: [], endpoint, gate };
    const server = createFront({ ...front, ...given } as unknown as Front);
    try {
      await run((await listen(server)).replace('/runtime', ''));
    } finally {
      endpoint.close();
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    }
  }

  async function opens(url: string): Promise<boolean> {
    const { socket } = new Editor(url);
    const isOpen = new Promise<boolean>(resolve =>
      socket.once('open', () => resolve(true)).once('close', () => resolve(false)),
    );
    return isOpen.finally(() => socket.terminate());
  }

  it('is there, below BASE_PATH, and nowhere else', async () => {
    await fronted({ basePath: '/chat' }, async url => {
      expect(await opens(`${url}/chat/runtime`)).toBe(true);
      expect(await opens(`${url}/chat/runtime/?x=1`)).toBe(true);
      expect(await opens(`${url}/runtime`)).toBe(true);
      expect((await refusal(`${url}/chat/runtimes`)).status).toBe(404);
      expect((await refusal(`${url}/runtime/x`)).status).toBe(404);
    });
  });

  it('tells who asks with plain HTTP to use a WebSocket', async () => {
    await fronted({}, async url => {
      const response = await fetch(`${url.replace('ws', 'http')}/runtime`);
      expect([response.status, response.headers.get('Upgrade')]).toEqual([426, 'websocket']);
    });
  });

  it('is not there where the editor is off, and no query is repeated', async () => {
    await fronted({ endpoint: undefined }, async url => {
      const answer = { status: 404, code: 'refused', detail: 'there is nothing here' };
      expect(await refusal(`${url}/runtime?secret=${SECRET}`)).toEqual(answer);
    });
  });
});
