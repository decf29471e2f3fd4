import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GraphDocument } from '../../src/fbp/document.ts';
import { type Running, serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { CHAT, set } from '../support/graphs.ts';
import { isLong } from '../support/long.ts';

jest.setTimeout(120_000);

// `npm run test:swaps` has more of both.
const SWAPS = Number(process.env.SWAPS ?? (isLong ? 12 : 6));
const CALLERS = Number(process.env.CALLERS ?? (isLong ? 24 : 12));
/** Requests that are answered between two swaps, at least. */
const BETWEEN = 16;

interface Message {
  readonly seq: number;
  readonly author: string;
  readonly text: string;
}

interface Page {
  readonly messages: readonly Message[];
  readonly cursor: string;
}

let folder: string;
let running: Running;
let url: string;

/** The whole server without its limit of posts a second, with its messages in a store, and with one setting or another. */
const graph = (store: string, most: number) =>
  set(CHAT, { STORE: store, BURST: '1000000', RATE: '1000000', MAXTEXT: String(most) });

async function start(text: string): Promise<void> {
  const file = join(folder, 'chat.fbp');
  writeFileSync(file, text);
  running = await serve(readSettings({ GRAPH: file, DATA: folder, PORT: '0', DEADLINE: '60' }, []), () => {});
  url = `${running.url}api/rooms/lobby/messages`;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flowchat-swaps-'));
});
afterEach(async () => {
  await running.stop();
  rmSync(folder, { recursive: true });
});

/** Sends posts and reads in turn until it is told to stop. What it sent and was acknowledged, in its order. */
async function call(author: string, going: () => boolean, answered: (status: number) => void): Promise<Message[]> {
  const acknowledged: Message[] = [];
  while (going()) {
    const body = JSON.stringify({ author, text: `${author} ${acknowledged.length}` });
    const posted = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    answered(posted.status);
    if (posted.status !== 201) continue;
    const { seq, text } = (await posted.json()) as Message;
    acknowledged.push({ seq, author, text });
    const read = await fetch(url);
    answered(read.status);
    const { messages } = (await read.json()) as Page;
    // What is acknowledged is there for whoever asks next, whichever revision answers.
    if (messages.at(-1)!.seq < seq) throw new Error(`${author} read up to ${messages.at(-1)!.seq} after ${seq}`);
  }
  return acknowledged;
}

/** All that is kept, from the first to the last. */
async function all(): Promise<Message[]> {
  const found: Message[] = [];
  const { cursor } = (await (await fetch(url)).json()) as Page;
  let after = cursor.replace(/\d+$/, '0');
  for (;;) {
    const page = (await (await fetch(`${url}?limit=200&after=${after}`)).json()) as Page & { gap: boolean };
    expect(page.gap).toBe(false);
    if (page.messages.length === 0) return found;
    found.push(...page.messages.map(({ seq, author, text }) => ({ seq, author, text })));
    after = page.cursor;
  }
}

describe(`${SWAPS} swaps under ${CALLERS} callers`, () => {
  it.each(['sqlite:swaps.db', 'memory:swaps?keep=1000000'])(
    'fail no request, and keep each acknowledged post once and in order: %s',
    async store => {
      await start(graph(store, 4000));
      const statuses: number[] = [];
      let going = true;
      const calls = Array.from({ length: CALLERS }, (_, i) =>
        call(
          `caller-${i}`,
          () => going,
          status => statuses.push(status),
        ),
      );
      const called = Promise.all(calls).finally(() => {
        going = false;
      });
      const revisions: number[] = [];
      for (let i = 1; i <= SWAPS && going; i++) {
        const { number } = await running.runtime.publish(new GraphDocument('chat.fbp', graph(store, 4000 - i)));
        revisions.push(number);
        for (const enough = statuses.length + BETWEEN; statuses.length < enough && going; ) await turn();
      }
      going = false;
      const acknowledged = (await called).flat().sort((a, b) => a.seq - b.seq);

      expect(new Set(revisions).size).toBe(SWAPS);
      expect(statuses.filter(status => status !== 200 && status !== 201)).toEqual([]);
      expect(acknowledged.map(({ seq }) => seq)).toEqual(acknowledged.map((_, i) => i + 1));
      expect(await all()).toEqual(acknowledged);
      for (let i = 0; i < CALLERS; i++) {
        const own = acknowledged.filter(({ author }) => author === `caller-${i}`);
        expect(own.map(({ text }) => text)).toEqual(own.map((_, n) => `caller-${i} ${n}`));
      }
      expect(running.gate.counts).toMatchObject({ waiting: 0, expired: 0, rejected: 0, aborted: 0, orphaned: 0 });
    },
  );
});
