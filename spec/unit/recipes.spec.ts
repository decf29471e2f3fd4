import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { applyAll, inverseAll } from '../../public/editor/model/draft.ts';
import type { Components } from '../../public/editor/model/fits.ts';
import { type EditorGraph, edgeName } from '../../public/editor/model/graph.ts';
import { graphOf } from '../../public/editor/model/json.ts';
import { intoFault, wireOfLine } from '../../public/editor/model/paste.ts';
import { closeBehaviourDatabase, setBehaviourDatabase } from '../../src/behaviour/database.ts';
import { setOutbound } from '../../src/behaviour/outbound.ts';
import { closeOutbox } from '../../src/behaviour/outbox.ts';
import { setSecrets } from '../../src/behaviour/secrets.ts';
import { signedBody } from '../../src/behaviour/signature.ts';
import { graphJson } from '../../src/editor/protocol/component.ts';
import { readGraph } from '../../src/fbp/read.ts';
import type { Request } from '../../src/gate/gate.ts';
import type { Message } from '../../src/model/packets.ts';
import type { Who } from '../../src/model/who.ts';
import { until } from '../support/chat.ts';
import { Flowing } from '../support/flowing.ts';
import { CHAT, GOCHAT, set } from '../support/graphs.ts';
import {
  chatGraph,
  chatText,
  insertion,
  pageComponents,
  RECIPES,
  recipeGraph,
  withRecipes,
} from '../support/recipes.ts';
import { ROOT } from '../support/source.ts';

// Recipes as the editor inserts them into chat.fbp, and what the graph does then.

let components: Components;
let flowing: Flowing;
beforeAll(async () => {
  components = await pageComponents();
});
beforeEach(() => {
  flowing = new Flowing(ROOT);
});
afterEach(async () => {
  jest.useRealTimers();
  await flowing.runtime.stop();
});

const inserted = (...names: readonly string[]) => chatText(withRecipes(components, names));

/** What comes back for a post. */
async function post(
  text: string,
  { room = 'lobby', author = 'ann', ...given }: Partial<Request> & { room?: string; author?: string } = {},
) {
  const request = { method: 'POST', body: { author, text }, ...given };
  const { answer } = await flowing.ask(`/api/rooms/${room}/messages`, request);
  return 'detail' in answer ? `${answer.status}: ${answer.detail}` : answer.status;
}

/** What a room has, as `author: text`. */
async function read(room = 'lobby'): Promise<readonly string[]> {
  const { answer } = await flowing.ask(`/api/rooms/${room}/messages`);
  const { messages } = JSON.parse('body' in answer ? answer.body : '{}') as { messages: readonly Message[] };
  return messages.map(({ author, text }) => `${author}: ${text}`);
}

const heard = (count: number) =>
  until(
    () => flowing.pushed.length >= count,
    () => flowing.pushed,
  );

const staff: Who = { kind: 'person', id: 'p1', name: 'mo', role: 'moderator' };

describe('every recipe', () => {
  it.each(RECIPES.map(({ name }) => name))(
    'has a title and two sentences, and no faults in the chat: %s',
    async name => {
      const { title, about, fault } = RECIPES.find(each => each.name === name)!;
      expect([title, fault]).toEqual([expect.stringMatching(/\w/), undefined]);
      expect(about.match(/[.!?](?= [A-Z]|$)/g)).toHaveLength(2);
      await flowing.publish(inserted(name));
      expect(flowing.runtime.live?.warnings).toEqual([]);
      if (name !== 'night') expect(await post('hello', { from: name })).toBe(201);
      expect(flowing.failures).toEqual([]);
    },
  );

  it('can be inserted beside all others, and each edit can be taken back', async () => {
    const names = RECIPES.map(({ name }) => name);
    const all = withRecipes(components, names);
    await flowing.publish(chatText(all));
    expect(flowing.runtime.live?.warnings).toEqual([]);
    for (const name of names) {
      const { changes } = insertion(all, name, components);
      const wires = ({ edges, inports }: EditorGraph) => [[...edges.keys()].sort(), [...inports.values()]];
      expect(wires(applyAll(applyAll(all, changes), inverseAll(all, changes)))).toEqual(wires(all));
    }
  });
});

describe('a recipe', () => {
  it('goes into the wire that packets take, behind what was inserted there before', () => {
    const twice = withRecipes(components, ['slow-mode', 'night']);
    const names = [...twice.edges.values()].map(edgeName);
    expect(names).toEqual(
      expect.arrayContaining(['sender OUT → IN night', 'night NO → IN slowed', 'slowed ELSE → IN check']),
    );
    expect(names.filter(each => each.startsWith('sender OUT'))).toEqual(['sender OUT → IN night']);
  });

  it('goes into a wire only by one way through it that fits, also in a graph where its neighbours have other names', () => {
    const fault = (recipe: string, name: string, graph = chatGraph()) => {
      const wires = [
        ...graph.edges.values(),
        ...[...graph.inports.values()].map(outer => wireOfLine({ side: 'inports', outer })!),
      ];
      const wire = wires.find(each => (each.from.node ? edgeName(each) : each.from.port) === name);
      return intoFault(graph, recipeGraph(recipe), components, wire!);
    };
    expect(fault('slow-mode', 'limit OUT → POST storage')).toBeUndefined();
    expect(fault('hello', 'request')).toBeUndefined();
    expect(fault('time', 'limit OUT → POST storage')).toBe('it lets no packet through to where the wire leads');
    expect(fault('slow-mode', 'router SHOW → IN controller')).toBe(
      'router SHOW → IN controller carries chat/question, and not chat/post',
    );
    const other = graphOf(graphJson(readGraph('graphs/chat.fbp', CHAT.replaceAll('sender', 'author')).graph));
    expect(fault('slow-mode', 'author OUT → IN check', other)).toBeUndefined();
    const quiet = graphOf(graphJson(readGraph('graphs/chat.fbp', CHAT.replaceAll('responder', 'voice')).graph));
    expect(fault('slow-mode', 'sender OUT → IN check', quiet)).toBe(
      'it leads to responder, and there is no such node here',
    );
  });

  it('goes into a chosen wire that carries what it takes, and into its own where that one does not', () => {
    const graph = chatGraph();
    const wire = (name: string) => [...graph.edges.values()].find(edge => edgeName(edge) === name)!;
    const into = (name: string) =>
      [...applyAll(graph, insertion(graph, 'night', components, wire(name)).changes).edges.values()].map(edgeName);
    expect(into('limit OUT → POST storage')).toEqual(
      expect.arrayContaining(['limit OUT → IN night', 'night NO → POST storage']),
    );
    expect(into('limit OUT → POST storage')).not.toContain('limit OUT → POST storage');
    expect(into('router SHOW → IN controller')).toEqual(
      expect.arrayContaining(['sender OUT → IN night', 'router SHOW → IN controller']),
    );
  });

  it('that hangs at another one is a branch of its own', () => {
    const names = [...withRecipes(components, ['time', 'help']).edges.values()].map(edgeName);
    expect(names).toEqual(
      expect.arrayContaining([
        'storage ADDED → IN asked',
        'storage ADDED → IN lost',
        'clock OUT → IN check',
        'helper OUT → IN check',
      ]),
    );
  });

  it('says which node the graph lacks', () => {
    const { graph } = readGraph('graphs/gochat.fbp', GOCHAT);
    expect(() => insertion(graphOf(graphJson(graph)), 'time', components)).toThrow(
      'it leads to check, and there is no such node here',
    );
  });
});

describe('what a recipe says', () => {
  it('word-filter', async () => {
    await flowing.publish(inserted('word-filter'));
    expect(await post('d4rn it')).toBe('403: we do not say darn here');
    expect(await post('fine')).toBe(201);
    const { answer } = await flowing.ask('/api/rooms/lobby/messages/x', { method: 'PATCH', body: { text: 'blasted' } });
    expect(answer).toMatchObject({ status: 403 });
    await heard(3);
    expect(await read('moderators')).toEqual([
      'filter: in #lobby ann wrote: d4rn it',
      'filter: in #lobby  wrote: blasted',
    ]);
  });

  it('read-only-room', async () => {
    await flowing.publish(inserted('read-only-room'));
    expect(await post('hi', { room: 'news' })).toBe('403: #news is for reading only');
    expect(await post('hi', { room: 'news', who: staff })).toBe(201);
    expect([await post('hi'), await read('news')]).toEqual([201, ['mo: hi']]);
  });

  it('slow-mode', async () => {
    await flowing.publish(inserted('slow-mode'));
    const from = 'slow';
    expect([
      await post('1', { from }),
      await post('2', { from, room: 'other' }),
      await post('3', { from, room: 'other' }),
    ]).toEqual([201, 201, 201]);
    expect(await post('4', { from })).toMatch(/^429: slow mode: write again in (30|29) s$/);
  });

  it.each([
    ['time', '!TIME', /^clock: ann, it is 20\d\d-/],
    ['help', '!help', /^helper: Be kind/],
    ['faq', 'how do I get a Refund?', /^faq: ann: refunds take five days/],
  ])('%s', async (name, asks, answer) => {
    await flowing.publish(inserted(name));
    await post('hello', { room: name });
    await post(asks, { room: name });
    await heard(3);
    expect(await read(name)).toEqual(['ann: hello', `ann: ${asks}`, expect.stringMatching(answer)]);
    expect(flowing.failures).toEqual([]);
  });

  it('welcome', async () => {
    await flowing.publish(inserted('welcome'));
    await post('hello', { author: 'zed', room: 'hall' });
    await heard(2);
    await post('again', { author: 'zed', room: 'hall' });
    await post('first', { author: 'yan', room: 'hall' });
    await heard(5);
    expect((await read('hall')).filter(each => each.startsWith('greeter'))).toEqual([
      'greeter: Welcome, zed! Write !help to see what there is.',
      'greeter: Welcome, yan! Write !help to see what there is.',
    ]);
  });

  it.each([
    ['2026-07-01T21:59:00Z', 201],
    ['2026-07-01T22:00:00Z', '403: the chat is closed until 6:00 UTC'],
    ['2026-07-02T05:59:00Z', '403: the chat is closed until 6:00 UTC'],
    ['2026-07-02T06:00:00Z', 201],
  ])('night, at %s', async (now, answer) => {
    await flowing.publish(inserted('night'));
    jest.useFakeTimers({
      now: new Date(now),
      doNotFake: [
        'setTimeout',
        'setImmediate',
        'setInterval',
        'nextTick',
        'performance',
        'queueMicrotask',
        'clearTimeout',
        'clearImmediate',
        'clearInterval',
        'hrtime',
      ],
    });
    expect(await post('hello', { from: now })).toBe(answer);
  });

  it('auto-mute', async () => {
    await flowing.publish(inserted('auto-mute'));
    const from = 'rude';
    const warning = '403: mind your words, or you are muted: darn';
    expect([await post('darn', { from }), await post('d4rn', { from })]).toEqual([warning, warning]);
    const muted = '403: you are muted for ten minutes, because of: darn';
    expect([await post('darn', { from }), await post('sorry', { from })]).toEqual([muted, muted]);
    expect([await post('sorry', { from: 'kind' }), await read()]).toEqual([201, ['ann: sorry']]);
  });

  it('mute', async () => {
    await flowing.publish(
      inserted('mute').replace("'10 min' -> FOR muted", "'10 min' -> FOR muted\n'memory:mutes' -> STORE muted"),
    );
    expect(await post('/mute ann')).toBe(201);
    expect(await post('/mute ann', { who: staff })).toBe('403: ann is muted for ten minutes');
    expect([await post('hi'), await post('hi', { author: 'bob' })]).toEqual(['403: ann is muted for ten minutes', 201]);
  });

  it('moderated', async () => {
    await flowing.publish(inserted('moderated'));
    const held = (why: string) => `403: your message waits for a moderator: it ${why}; you need not send it again`;
    const link = 'see https://spam.example';
    const from = 'new';
    const who = { kind: 'guest', id: from, name: '', role: 'guest' } as const;
    expect(await post('d4rn', { from, who })).toBe(held('has the word darn'));
    expect(await post(link, { from, who })).toBe(held('has a link, and is by somebody new'));
    expect(await post(link, { who: staff })).toBe(201);
    for (const text of ['1', '2', '3']) expect(await post(text, { from, who })).toBe(201);
    expect(await post(link, { from, who })).toBe(201);
    for (const answer of [201, 201, held('was written several times')])
      expect(await post('buy it', { from, who, author: 'bob' })).toBe(answer);

    const ask = async (path: string, method = 'GET', body = {}) => {
      const { answer } = await flowing.ask(path, { who: staff, method, body });
      return 'body' in answer && answer.body !== '' ? JSON.parse(answer.body) : answer.status;
    };
    const { held: waiting } = await ask('/api/held');
    expect(waiting.map(({ text }: { text: string }) => text)).toEqual(['d4rn', link, 'buy it']);
    const told = flowing.pushed.length;
    expect(await ask(`/api/held/${waiting[0].id}`, 'POST')).toMatchObject({ author: 'ann', text: 'd4rn' });
    expect(await ask(`/api/held/${waiting[2].id}`, 'DELETE')).toBe(204);
    await heard(told + 1);
    expect(flowing.pushed.at(-1)).toMatchObject({ event: 'message', data: { text: 'd4rn' } });
    expect((await ask('/api/held')).held).toHaveLength(1);

    const { messages } = await ask('/api/rooms/lobby/messages');
    const reports = `/api/rooms/lobby/messages/${messages[0].id}/reports`;
    expect(await ask(reports, 'POST', { reason: 'no link, please' })).toBe(204);
    expect((await ask('/api/reports')).reports).toMatchObject([{ message: { text: link } }]);
    for (let i = 0; i < 9; i++) await ask(reports, 'POST', { reason: 'again' });
    expect(await ask(reports, 'POST', { reason: 'again' })).toBe(429);
    expect(flowing.failures).toEqual([]);
  });

  it('roll', async () => {
    await flowing.publish(inserted('roll'));
    await post('/roll six', { room: 'dice' });
    await post('/roll 6', { room: 'dice' });
    await heard(3);
    const all = ['ann: /roll six', 'ann: /roll 6', expect.stringMatching(/^dice: ann rolls [1-6]$/)];
    expect(await read('dice')).toEqual(all);
  });

  it('hello', async () => {
    await flowing.publish(inserted('hello', 'hello'));
    const { answer } = await flowing.ask('/api/hello', { query: { name: 'ann' } });
    expect(answer).toMatchObject({ status: 200, body: '{"hello":"ann"}' });
    expect(await post('hi')).toBe(201);
  });

  it('webhook-out', async () => {
    const [folder, got] = [mkdtempSync(join(tmpdir(), 'hooks-')), [] as string[]];
    setBehaviourDatabase(folder, () => {});
    setOutbound(['127.0.0.1']);
    const other = createServer(async (request, response) => {
      for await (const part of request) got.push(JSON.parse(String(part)).data.message.text);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/told`;
    await flowing.publish(inserted('webhook-out').replace('https://hooks.example/flowchat', url));
    await post('not this', { room: 'lobby' });
    await post('but this', { room: 'news' });
    await until(
      () => got.length > 0,
      () => got,
    );
    expect(got).toEqual(['but this']);
    other.close();
    await closeOutbox(0);
    closeBehaviourDatabase();
    setOutbound([]);
    rmSync(folder, { recursive: true });
  });

  it('slack', async () => {
    setSecrets('', { 'hook-token': 'sesame', 'github-hook': 'x' });
    await flowing.publish(inserted('slack'));
    const tell = async (token: string) => {
      const signed = signedBody('', {}, token);
      const body = { text: 'deployed', username: 'ci' };
      return (await flowing.ask('/hooks/*', { method: 'POST', body, signed })).answer.status;
    };
    expect([await tell('sesame'), await tell('another')]).toEqual([200, 401]);
    await heard(1);
    expect(await read()).toEqual(['ci: deployed']);
  });

  it('announcement', async () => {
    await flowing.publish(set(inserted('announcement'), { CRON: '* * * * * *' }));
    await heard(1);
    expect((await read())[0]).toBe('crier: Good morning!');
  });
});
