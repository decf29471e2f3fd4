import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { Builder } from '../support/builder.ts';
import { type Guest, join as joined } from '../support/editor-live.ts';
import { openEditor, SECRET } from '../support/editor-page.ts';
import { CHAT, LAYOUT } from '../support/graphs.ts';
import { isLong, long } from '../support/long.ts';
import { post, say, shows, texts, type Window } from '../support/page.ts';
import { folder, type Server, start } from '../support/server.ts';

// Behaviours that people ask of a chat, built in the editor alone, published, and seen in a page that stays open. `npm run
// test:behaviours` builds them all.

/**
 * The steps that the same takes in Node-RED 5.0.7, counted in its editor as docs/node-red.md says: the fewest that we found,
 * with JavaScript in a function node where that is shorter.
 */
const STEPS_OF_NODE_RED = {
  'an endpoint': 11,
  'a word filter': 8,
  'a read-only room': 8,
  'a webhook out': 7,
  'a bot that answers !time': 5,
  'a slash command': 5,
  'a welcome': 5,
  'a template': 5,
  'a JSON webhook in': 12,
  'slow mode in one room': 8,
  announcements: 9,
  'a second limit': 8,
} as const;
type Behaviour = keyof typeof STEPS_OF_NODE_RED;

const TOKEN = 'sesame';

const { path, remove } = folder();
let server: Server;
let editor: Window;
let builder: Builder;
let ann: Guest;
/** What other servers were told. */
const told: string[] = [];
const other = createServer((request, response) => {
  let body = '';
  request.on('data', part => {
    body += part;
  });
  request.on('end', () => {
    told.push(body);
    response.end();
  });
});

beforeAll(async () => {
  const GRAPH = join(path, 'chat.fbp');
  writeFileSync(GRAPH, CHAT);
  writeFileSync(join(path, 'chat.layout'), LAYOUT);
  const others = { OUTBOUND: '127.0.0.1', SECRET_HOOK_TOKEN: TOKEN };
  server = await start(join(path, 'data'), { GRAPH, EDITOR_SECRET: SECRET, ...others });
  editor = await openEditor(server.origin, { viewport: { width: 1440, height: 900 } });
  builder = new Builder(editor.page);
  ann = await joined(server.origin, 'Ann', 'lobby');
});
afterAll(async () => {
  other.close();
  await server?.stop();
  remove();
  if (isLong) process.stdout.write(`${JSON.stringify(counted, undefined, 1)}\n`);
});

const counted: Partial<Record<Behaviour, number>> = {};

/** Builds a behaviour from the picture alone until it is live, in no more steps than in Node-RED. */
async function build(behaviour: Behaviour, work: () => Promise<void>): Promise<void> {
  builder.taken();
  await work();
  await builder.publish();
  const steps = builder.taken();
  counted[behaviour] = steps.length;
  if (steps.length > STEPS_OF_NODE_RED[behaviour])
    throw new Error(
      `${behaviour} takes ${STEPS_OF_NODE_RED[behaviour]} steps in Node-RED, and here: ${steps.join(', ')}`,
    );
}

/** Takes the last edits out of what is live. */
async function takeBack(edits: number): Promise<void> {
  await builder.undo(edits);
  await builder.publish();
}

const refused = (page: Page, sentence: string) => page.getByText(sentence).first().waitFor();
const hears = (text: RegExp | string, page = ann.page) =>
  shows(
    async () => (await texts(page)).some(each => (typeof text === 'string' ? each === text : text.test(each))),
    true,
  );

describe('a behaviour built of bricks, by mouse', () => {
  long('a word filter with an answer of its own', async () => {
    await build('a word filter', async () => {
      await builder.library();
      await builder.splice('Words', 'check OUT → IN limit');
      await builder.set('Words', 'ghastly');
      await builder.splice('Refuse', 'words FOUND → IN limit');
      await builder.set('Answer', 'we do not say {{words}} here');
    });
    await post(ann.page, 'ghastly weather');
    await refused(ann.page, 'we do not say ghastly here');
    await post(ann.page, 'fine weather');
    await hears('fine weather');
  });

  long('an endpoint', async () => {
    await build('an endpoint', async () => {
      await builder.library();
      await builder.splice('Route', 'admit OUT → IN router');
      await builder.set('Patterns', 'GET /api/hello');
      await builder.splice('Answer', 'route MATCH → IN router');
      await builder.set('Answer', '{"hello": "{{query.name}}"}');
    });
    const response = await fetch(`${server.origin}/api/hello?name=ann`);
    expect([response.status, await response.json()]).toEqual([200, { hello: 'ann' }]);
    await post(ann.page, 'still here');
    await hears('still here');
  });

  long('a template', async () => {
    await build('a template', async () => {
      await builder.library();
      await builder.splice('Set', 'sender OUT → IN check');
      await builder.set('Fields', 'text: {{text}} ({{room}})');
    });
    await post(ann.page, 'hello');
    await hears('hello (lobby)');
    await takeBack(2);
  });

  long('a read-only room', async () => {
    await build('a read-only room', async () => {
      await builder.library();
      await builder.splice('Select', 'sender OUT → IN check');
      await builder.set('Values', 'lobby');
      await builder.splice('Refuse', 'select MATCH → IN check');
      await builder.set('Answer', '#{{room}} is for reading only');
    });
    await post(ann.page, 'may I');
    await refused(ann.page, '#lobby is for reading only');
    await takeBack(4);
  });

  long('a second limit', async () => {
    await build('a second limit', async () => {
      await builder.library();
      await builder.splice('LimitRate', 'limit OUT → POST storage');
      await builder.set('Limit', '30 posts in 1 h');
    });
    for (let count = 1; count <= 30; count++) await say(server.origin, 'lobby', `post ${count}`, 'Zed');
    await hears('post 30');
    expect(await write('Zed', 'post 31')).toMatchObject({ status: 429 });
    await takeBack(2);
  });
});

/** What comes back for a post by the API. */
async function write(author: string, text: string): Promise<unknown> {
  const response = await fetch(`${server.origin}/api/rooms/lobby/messages`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ author, text }),
  });
  return response.json();
}

describe('a behaviour built of a recipe, by mouse', () => {
  it('a bot that answers !time', async () => {
    await build('a bot that answers !time', async () => {
      await builder.library();
      await builder.insert('!time');
    });
    await post(ann.page, '!time');
    await hears(/^Ann, it is 20/);
  });

  long('posts that wait for a moderator', async () => {
    await builder.library();
    await builder.insert('Moderated chat');
    await builder.set('Words', 'dreadful');
    await builder.publish();
    await post(ann.page, 'a dreadful day');
    await refused(ann.page, 'Your message waits for a moderator: it has the word dreadful');
    await post(ann.page, 'a fine day');
    await hears('a fine day');
  });

  long('a welcome', async () => {
    await build('a welcome', async () => {
      await builder.library();
      await builder.insert('Welcome');
    });
    const bob = await joined(server.origin, 'Bob', 'lobby');
    await post(bob.page, 'hi all');
    await hears('Welcome, Bob! Write !help to see what there is.');
    await bob.page.context().close();
  });

  long('a webhook out', async () => {
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
    await build('a webhook out', async () => {
      await builder.library();
      await builder.insert('Webhook out');
      await builder.set('Values', 'lobby', 'listed');
      await builder.set('URL', `http://127.0.0.1:${(other.address() as AddressInfo).port}/told`, 'hook');
    });
    await post(ann.page, 'tell them');
    await hears('tell them');
    await shows(async () => told.map(each => JSON.parse(each).data.message.text), ['tell them']);
  });

  long('a JSON webhook in', async () => {
    await build('a JSON webhook in', async () => {
      await builder.library();
      await builder.insert('Slack-compatible hook');
      await builder.set('Text', '{{body.project}} is {{body.state}}', 'messenger');
    });
    const response = await fetch(`${server.origin}/hooks/${TOKEN}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ project: 'chat', state: 'green' }),
    });
    expect([response.status, await response.text()]).toEqual([200, 'ok']);
    await hears('chat is green');
  });

  long('announcements', async () => {
    await build('announcements', async () => {
      await builder.library();
      await builder.insert('Announcement');
      await builder.set('Cron', '* * * * * *', 'morning');
    });
    await hears('Good morning!');
    await takeBack(2);
  });

  long('slow mode in one room', async () => {
    await build('slow mode in one room', async () => {
      await builder.library();
      await builder.insert('Slow mode');
      await builder.set('Values', 'lobby', 'slowed');
    });
    await say(server.origin, 'lobby', 'one', 'Yan');
    await hears('one');
    const detail = expect.stringMatching(/^slow mode: write again in/);
    expect(await write('Yan', 'two')).toMatchObject({ status: 429, detail });
    await takeBack(1);
  });
});

describe('a behaviour built by keyboard alone', () => {
  it('a slash command', async () => {
    const { page } = editor;
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    builder.taken();
    await builder.tabTo(page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: 'Library' }));
    await builder.press('Enter');
    await builder.tabTo(page.getByRole('searchbox', { name: 'Find a component' }));
    await builder.type('/roll');
    await builder.press('ArrowDown', 'Enter');
    await page.getByRole('complementary', { name: 'Selection' }).waitFor();
    await builder.tabTo(button('Publish'));
    await builder.press('Enter');
    await builder.tabTo(button('Publish the draft'));
    await builder.press('Enter');
    await builder.isLive();
    const steps = builder.taken();
    counted['a slash command'] = steps.length;
    expect(steps.length).toBeLessThanOrEqual(STEPS_OF_NODE_RED['a slash command']);
    await post(ann.page, '/roll 6');
    await hears(/^Ann rolls [1-6]$/);
    expect([editor.faults, ann.faults, ann.again]).toEqual([[], [], []]);
  });
});
