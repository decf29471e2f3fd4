import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { type Edited, edit, editing, isLive } from '../support/edited.ts';
import type { Editor } from '../support/editor.ts';

// A node is put into the way of posts, step by step and by hand, while people post.

jest.setTimeout(120_000);

const { serving } = editing();
const MESSAGES = '/api/rooms/lobby/messages';
/** Milliseconds from one step to the next, of somebody who knows what to do. */
const STEP = 400;

const LIMIT = { node: 'limit', port: 'out' };
const STORAGE = { node: 'storage', port: 'post' };
const [IN, OUT] = [
  { node: 'more', port: 'in' },
  { node: 'more', port: 'out' },
];

type Step = (editor: Editor) => Promise<unknown>;
const add: Step = editor => edit(editor, 'addnode', { id: 'more', component: 'core/Repeat', metadata: {} });
const wireIn: Step = editor => edit(editor, 'addedge', { src: LIMIT, tgt: IN });
const wireOut: Step = editor => edit(editor, 'addedge', { src: OUT, tgt: STORAGE });
const cut: Step = editor => edit(editor, 'removeedge', { src: LIMIT, tgt: STORAGE });

/** Posts one message after the other until it is told to stop: the texts that were acknowledged, and other statuses. */
function posting(server: Edited) {
  let isOver = false;
  const acknowledged: string[] = [];
  const failed: number[] = [];
  const work = (async () => {
    for (let count = 0; !isOver; count += 1) {
      const status = await server.post(`message ${count}`);
      if (status === 201) acknowledged.push(`message ${count}`);
      else failed.push(status);
      await sleep(60);
    }
  })();
  return async () => {
    isOver = true;
    await work;
    return { acknowledged, failed };
  };
}

describe('a node that is put into the way of posts', () => {
  it.each<[order: string, steps: readonly Step[]]>([
    ['the new node, the wire out of it, the wire into it, the old wire', [add, wireOut, wireIn, cut]],
    ['the new node, the wire into it, the wire out of it, the old wire', [add, wireIn, wireOut, cut]],
    ['the old wire, the new node, the wire into it, the wire out of it', [cut, add, wireIn, wireOut]],
    ['the new node, the old wire, the wire out of it, the wire into it', [add, cut, wireOut, wireIn]],
    ['the new node, the wire into it, the old wire, the wire out of it', [add, wireIn, cut, wireOut]],
  ])('loses no post, and doubles and fails none: %s', async (_, steps) => {
    const server = await serving();
    const [editor, plain] = [await server.editor(), await server.plainEditor()];
    const stop = posting(server);
    for (const step of steps) {
      await step(plain);
      await sleep(STEP);
    }
    const { revision } = (await editor.sees(({ draft }) => draft.changes === 0)).live;
    await isLive(editor, revision);
    const { acknowledged, failed } = await stop();
    const { text } = await editor.ask('flowchat', 'text');
    expect(text).toMatch(/limit OUT -> IN more|more\(core\/Repeat\)/);
    expect(failed).toEqual([]);
    const { messages } = (await (await fetch(`${server.origin}${MESSAGES}?limit=200`)).json()) as {
      messages: { text: string }[];
    };
    expect(messages.map(({ text }) => text)).toEqual(acknowledged);
    expect(server.log.filter(line => /rolled back|failed/.test(line))).toEqual([]);
  });
});
