import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { About } from '../../src/model/chat.ts';
import { until } from '../support/chat.ts';
import { Load } from '../support/load.ts';
import { freePort } from '../support/machine.ts';
import { PostgresServer } from '../support/postgres.ts';
import { Phoenix } from '../support/process.ts';
import { TRANSPORTS } from '../support/transports.ts';

// `npm run test:cluster` has all faults.
const FAULTS = Number(process.env.FAULTS ?? 3);
/** Posts that are acknowledged before and after each fault. */
const POSTS = 30;
/** Milliseconds that something is frozen: longer than a heartbeat takes. */
const FROZEN_MS = 4000;

let primary: PostgresServer;
let standby: PostgresServer | undefined;
let processes: readonly Phoenix[] = [];
let load: Load | undefined;

beforeAll(async () => {
  primary = await PostgresServer.start('fsync=on');
  if (FAULTS > 3) standby = await primary.standby();
  const hosts = [primary, ...(standby ? [standby] : [])].map(({ port }) => `127.0.0.1:${port}`).join(',');
  const env = { DATABASE_URL: `postgres://flowchat@${hosts}/postgres` };
  const STORE = 'postgres:cluster?standby=sync';
  const ports = [await freePort(), await freePort(), await freePort()];
  processes = ports.map(port => new Phoenix(port, { STORE }, env));
  await Promise.all(processes.map(each => each.rise()));
});
afterAll(async () => {
  await load?.stop();
  for (const each of processes) {
    await each.kill();
    each.remove();
  }
  await standby?.stop();
  await primary.stop();
});

const faults: readonly (readonly [name: string, fault: () => Promise<void>])[] = [
  [
    'one of the processes is killed and started again',
    async () => {
      await processes[1]!.kill();
      await processes[1]!.rise();
    },
  ],
  ['a backend of PostgreSQL is killed', () => primary.killBackend()],
  [
    'PostgreSQL is killed and started again',
    async () => {
      await primary.kill();
      await primary.run();
    },
  ],
  ['PostgreSQL is restarted in order', () => primary.restart()],
  [
    'PostgreSQL is frozen',
    async () => {
      primary.signal('SIGSTOP');
      await sleep(FROZEN_MS);
      primary.signal('SIGCONT');
    },
  ],
  [
    'one of the processes is frozen',
    async () => {
      processes[2]!.signal('SIGSTOP');
      await sleep(FROZEN_MS);
      processes[2]!.signal('SIGCONT');
    },
  ],
  [
    'PostgreSQL is killed and its synchronous standby promoted',
    async () => {
      await primary.kill();
      await standby!.ask('SELECT pg_promote()');
    },
  ],
];

it(
  'three processes are one chat: what was acknowledged is stored once, by its number, and all hear the same, whatever fails',
  async () => {
    const origins = processes.map(({ origin }) => origin);
    const transports = TRANSPORTS.filter(({ name }) => name === 'SSE' || name === 'WebSocket');
    load = await Load.begin({ origins, room: 'cluster', posters: 1, readers: 1, transports });
    const { acknowledged } = load;
    const posted = (more: number) => {
      const enough = acknowledged.length + more;
      return until(
        () => acknowledged.length >= enough,
        () => `${acknowledged.length} posts, ${enough} wanted`,
      );
    };
    const pauses: string[] = [];
    await posted(POSTS);
    const who = async (origin: string) => ((await (await fetch(`${origin}/api/about`)).json()) as About).who;
    expect(new Set((await Promise.all(origins.map(who))).map(found => found?.id)).size).toBe(1);
    for (const [name, fault] of faults.slice(0, FAULTS)) {
      load.longestPause();
      await fault();
      await posted(POSTS);
      pauses.push(`${name}: ${(load.longestPause() / 1000).toFixed(1)} s`);
    }
    await load.settle();
    await load.check();
    for (const { origin } of processes) expect((await fetch(`${origin}/readyz`)).status).toBe(200);
    if (FAULTS > 3) console.log(['The longest pause of all when', ...pauses].join('\n'));
  },
  60_000 + FAULTS * 30_000,
);
