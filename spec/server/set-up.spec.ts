import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ACCESS_RULES } from '../../src/model/rules.ts';
import { serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { AccountClient } from '../support/account-client.ts';
import { until } from '../support/chat.ts';
import { Editor } from '../support/endpoint.ts';
import { folder, graph } from '../support/server.ts';

// Who sets the place up says who may read and write.

const SECRET = 'the editor may edit';
const { path: data, remove } = folder();
let running: Awaited<ReturnType<typeof serve>>;
let editor: Editor | undefined;

afterEach(async () => {
  editor?.socket.terminate();
  await running.stop();
  remove();
});

/** Starts with chat.fbp, changed, in an empty folder. Returns the graph's file. */
async function begin(change = (text: string) => text): Promise<string> {
  const GRAPH = graph(join(data, 'graphs'), { STORE: 'memory:setup' });
  writeFileSync(GRAPH, change(readFileSync(GRAPH, 'utf8')));
  const settings = { PORT: '0', DATA: data, GRAPH, EDITOR_SECRET: SECRET, ACCOUNTS: 'on', TRUST_PROXY: 'on' };
  running = await serve(readSettings(settings, []), () => {});
  return GRAPH;
}

async function setUp(access?: unknown) {
  const owner = new AccountClient(running.url);
  const code = readFileSync(join(data, 'setup-code'), 'utf8').trim();
  const { status, body } = await owner.ask('POST', '/api/setup', { code, name: 'Ann', access });
  return { owner, status, body };
}

let requests = 0;

/** What the editor is answered, whatever else it is told meanwhile. */
async function ask(protocol: string, command: string, payload: object = {}) {
  const requestId = `${++requests}`;
  editor!.say({ protocol, command, payload, requestId, secret: SECRET });
  for (;;) {
    const { command: told, payload, responseTo } = await editor!.next();
    if (responseTo !== requestId) continue;
    if (told === 'error') throw new Error(String(payload.message));
    // biome-ignore lint/suspicious/noExplicitAny: whatever the server tells
    return payload as any;
  }
}

const rulesIn = (text: string) => /^'(.*)' -> RULES/m.exec(text)?.[1];

describe('who sets the place up', () => {
  it('makes the rules live that they choose, alone, and takes nobody’s draft along', async () => {
    await begin();
    expect((await new AccountClient(running.url).ask('GET', '/api/setup')).body).toEqual({ access: 'everybody' });
    editor = new Editor(`${running.url.replace('http', 'ws')}runtime`);
    await until(() => editor!.socket.readyState > 0);
    const { graph } = await ask('runtime', 'getruntime');
    await ask('flowchat', 'open', { hold: true });
    const payload = { graph, id: 'odd', component: 'core/Drop', metadata: {} };
    await ask('flowchat', 'edit', { changes: [{ command: 'addnode', payload }] });

    const { owner, status, body } = await setUp('members');
    expect([status, body.notice]).toEqual([201, undefined]);
    const guest = new AccountClient(running.url);
    expect(await guest.says('GET', '/api/rooms/lobby/messages')).toBe('401 sign-in');
    expect(await owner.says('POST', '/api/rooms/lobby/messages', { text: 'hi' })).toBe('201');
    expect(await guest.says('GET', '/api/setup')).toBe('404 link-invalid');

    const { revisions } = await ask('flowchat', 'revisions');
    expect(revisions[0]).toMatchObject({
      number: 2,
      by: 'set-up',
      note: 'who may read and post, as chosen at the set-up',
    });
    const { items, before, after } = await ask('flowchat', 'difference');
    expect(items).toMatchObject([{ nodes: ['odd'] }]);
    expect([before, after].map(rulesIn)).toEqual([ACCESS_RULES.members, ACCESS_RULES.members]);
    await ask('flowchat', 'rollback', { to: 1 });
    expect(await guest.says('GET', '/api/rooms/lobby/messages')).toBe('200');
  });

  it('leaves the graph as it is where they choose what it has, or nothing', async () => {
    const file = await begin(text => text.replace(ACCESS_RULES.everybody, 'post : member\n*:guest  # all'));
    expect((await new AccountClient(running.url).ask('GET', '/api/setup')).body).toEqual({ access: 'other' });
    expect((await setUp('anybody')).body.code).toBe('field-invalid');
    expect(await setUp()).toMatchObject({ status: 201 });
    expect(running.runtime.live?.number).toBe(1);
    expect(readFileSync(file, 'utf8')).toContain('post : member');
  });

  it.each([
    [
      'have no node for them',
      (text: string) => text.replace('admit.IN:', 'router.IN:').replace(/^(?!INPORT).*\badmit\b.*\n/gm, ''),
    ],
    [
      'come from elsewhere',
      (text: string) =>
        text.replace(/^'.*' -> RULES admit$/m, "'*: guest' -> IN texts(core/Repeat) OUT -> RULES admit"),
    ],
  ])('is not asked where the rules %s, and the place is set up all the same', async (_, change) => {
    await begin(change);
    expect((await new AccountClient(running.url).ask('GET', '/api/setup')).body).toEqual({});
    const { owner, status, body } = await setUp('members');
    expect([status, body.notice]).toEqual([
      201,
      'who may read and post stays as it was, as the graph has no rules that can be set; change that in the flow editor, at the node that has RULES',
    ]);
    expect((await owner.ask('GET', '/api/me')).body.who.role).toBe('owner');
  });
});
