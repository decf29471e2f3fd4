import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { beside } from './support/graphs.ts';
import { type Launched, ready, sweep } from './support/launch.ts';
import { component, Project } from './support/project.ts';

jest.setTimeout(90_000);

const project = new Project();
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
const data = mkdtempSync(join(tmpdir(), 'flowchat-data-'));

afterEach(sweep);
afterAll(() => {
  project.remove();
  rmSync(data, { recursive: true });
});

const start = (seconds: number) =>
  ready(['--graph', graph, '--data', data, '--watchdog', String(seconds)], {}, project.root);

/** Makes its event loop stuck, and waits for its end. */
async function stick({ url, end }: Launched & { url: URL }, how: string) {
  await fetch(new URL(`stuck?how=${encodeURIComponent(how)}`, url)).catch(() => {});
  return end;
}

describe('a server whose event loop is stuck', () => {
  it.each(['at once', 'later'])('ends, names the node, and leaves word for the next start: %s', async how => {
    const { code, err } = await stick(await start(2), how);
    expect(code).toBe(70);
    expect(err).toMatch(/stuck has held the event loop for 2 s, at .*components\/Stuck\.ts:\d+:\d+/);
    const told = JSON.parse(readFileSync(join(data, 'stuck.json'), 'utf8'));
    expect(told).toEqual({ revision: expect.any(Number), node: 'stuck', at: expect.stringMatching(/^\d{4}-.*Z$/) });
    rmSync(join(data, 'stuck.json'));
  });

  it('is not one that was paused, and is asked to end as before', async () => {
    const { child, url, end } = await start(3);
    child.kill('SIGSTOP');
    await sleep(4500);
    child.kill('SIGCONT');
    await sleep(3500);
    expect((await fetch(new URL('stuck', url))).status).toBe(200);
    child.kill('SIGTERM');
    expect((await end).code).toBe(0);
    expect(existsSync(join(data, 'stuck.json'))).toBe(false);
  });
});
