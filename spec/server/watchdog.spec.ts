import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { beside } from '../support/graphs.ts';
import { type Launched, launchServer, sweep } from '../support/launch.ts';
import { some } from '../support/long.ts';
import { component, Project } from '../support/project.ts';

jest.setTimeout(90_000);

const project = new Project({ startable: true });
// Whoever asks it says how it is to get stuck.
project.component(
  'Stuck',
  component(
    `process(input, output) {
      if (!input.hasData('in')) return;
      const { id, query } = input.getData('in');
      const loop = () => { for (;;) ; };
      if (query.how === 'at once') loop();
      if (query.how === 'later') return void setTimeout(loop);
      output.sendDone({ out: { id, status: 200, body: 'good' } });
    }`,
  ),
);
const graph = project.write('graphs/stuck.fbp', beside({ stuck: 'chat/Stuck' }));
const place = mkdtempSync(join(tmpdir(), 'flowchat-data-'));
const dataOf = (how: string) => join(place, how);

afterAll(() => {
  sweep();
  project.remove();
  rmSync(place, { recursive: true });
});

const start = (how: string, seconds: number) =>
  launchServer(['--graph', graph, '--data', dataOf(how), '--watchdog', String(seconds)], {}, project.root);

/** Makes its event loop stuck, and waits for its end. */
async function stick({ url, end }: Launched & { url: URL }, how: string) {
  await fetch(new URL(`stuck?how=${encodeURIComponent(how)}`, url)).catch(() => {});
  return end;
}

/** A server that was paused for longer than it may be stuck, asked for something later, and to end. */
async function paused() {
  const { child, url, end } = await start('paused', 3);
  child.kill('SIGSTOP');
  await sleep(4500);
  child.kill('SIGCONT');
  await sleep(3500);
  const { status } = await fetch(new URL('stuck', url));
  child.kill('SIGTERM');
  return { status, code: (await end).code };
}

describe('a server whose event loop is stuck', () => {
  // It does nothing in the meantime.
  let pausing: ReturnType<typeof paused>;
  beforeAll(() => {
    pausing = paused();
    pausing.catch(() => {});
  });

  it.each(some(['later', 'at once'], 1))('ends, names the node, and leaves word for the next start: %s', async how => {
    const { code, err } = await stick(await start(how, 2), how);
    expect(code).toBe(70);
    expect(err).toMatch(/stuck has held the event loop for 2 s, at .*components\/Stuck\.ts:\d+:\d+/);
    const told = JSON.parse(readFileSync(join(dataOf(how), 'stuck.json'), 'utf8'));
    expect(told).toEqual({ revision: expect.any(Number), node: 'stuck', at: expect.stringMatching(/^\d{4}-.*Z$/) });
  });

  it('is not one that was paused, and is asked to end as before', async () => {
    expect(await pausing).toEqual({ status: 200, code: 0 });
    expect(existsSync(join(dataOf('paused'), 'stuck.json'))).toBe(false);
  });
});
