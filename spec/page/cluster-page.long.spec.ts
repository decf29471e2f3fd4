import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { freePort } from '../support/machine.ts';
import { enter, linked, open, post, say, shows, texts, type Window } from '../support/page.ts';
import { PostgresServer } from '../support/postgres.ts';
import { RestartableServer } from '../support/restartable-server.ts';

// `npm run test:cluster` has as many processes as people.
const PROCESSES = Number(process.env.FAULTS ?? 3) > 3 ? 3 : 2;
const NAMES = ['Ann', 'Bob', 'Cleo'].slice(0, PROCESSES);

let database: PostgresServer;
let processes: readonly RestartableServer[] = [];
let proxies: readonly Server[] = [];
const windows: Window[] = [];

/** Leads to the first of these ports that takes a connection, as a proxy in front of several processes does. */
async function proxy(ports: readonly number[]): Promise<Server> {
  const lead = (caller: Socket, [port, ...others]: readonly number[]): void => {
    if (port === undefined) return void caller.destroy();
    const process = connect(port, '127.0.0.1');
    const next = () => lead(caller, others);
    process.once('error', next).once('connect', () => {
      process.off('error', next);
      const end = () => {
        caller.destroy();
        process.destroy();
      };
      for (const side of [caller, process]) side.on('error', end).on('close', end);
      caller.pipe(process).pipe(caller);
    });
  };
  const server = createServer(caller =>
    lead(
      caller.on('error', () => {}),
      ports,
    ),
  );
  const at = await freePort();
  await new Promise<void>(resolve => server.listen(at, '127.0.0.1', resolve));
  return server;
}

beforeAll(async () => {
  database = await PostgresServer.start();
  const ports = await Promise.all(Array.from({ length: PROCESSES }, freePort));
  processes = ports.map(
    port => new RestartableServer(port, { STORE: 'postgres:page' }, { DATABASE_URL: database.url }),
  );
  await Promise.all(processes.map(each => each.start()));
  proxies = await Promise.all(
    NAMES.map((_, i) => proxy([...ports.slice(i % PROCESSES), ...ports.slice(0, i % PROCESSES)])),
  );
});
afterAll(async () => {
  await Promise.all(windows.map(({ page }) => page.context().close()));
  for (const each of proxies) each.close();
  for (const each of processes) {
    await each.kill();
    each.remove();
  }
  await database.stop();
});

async function guest(name: string, server: Server): Promise<Page> {
  const window = await open(`http://127.0.0.1:${(server.address() as { port: number }).port}/#/talk`);
  windows.push(window);
  await enter(window.page, name);
  return window.page;
}

it('people at different processes have one conversation and one list of rooms, and when a process is killed they go on at another', async () => {
  const pages = await Promise.all(NAMES.map((name, i) => guest(name, proxies[i]!)));
  const [ann, bob] = pages as [Page, Page];
  const all: string[] = [];
  /** Somebody says something, and everybody sees all of the conversation. */
  const talk = async (page: Page, text: string) => {
    await post(page, text);
    all.push(text);
    for (const each of pages) await shows(() => texts(each), all);
  };
  for (const [i, page] of pages.entries()) await talk(page, `I am ${NAMES[i]}`);
  await say(processes[0]!.origin, 'garden', 'roses');
  for (const page of pages) await page.locator('.rooms .called', { hasText: 'garden' }).waitFor();

  await processes[1]!.kill();
  await talk(bob, 'where was I?');
  await talk(ann, 'here');
  await linked(bob, 'Live');
  await processes[1]!.start();
  await talk(bob, 'and I am still here');
  const revisions = processes.map(
    async ({ origin }) => ((await (await fetch(`${origin}/api/about`)).json()) as { revision: number }).revision,
  );
  expect(new Set(await Promise.all(revisions)).size).toBe(1);
  expect(windows.flatMap(({ faults }) => faults)).toEqual([]);
});
