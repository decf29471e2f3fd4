import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import type { About } from '../../src/model/chat.ts';
import type { Message } from '../../src/model/packets.ts';
import { until } from '../support/chat.ts';
import { Editor, SECRET } from '../support/editor.ts';
import { Load } from '../support/load.ts';
import { isLong } from '../support/long.ts';
import { freePort, machine } from '../support/machine.ts';
import { PostgresServer, pooled } from '../support/postgres.ts';
import { RestartableServer } from '../support/restartable-server.ts';
import { ROOT } from '../support/source.ts';
import { TRANSPORTS } from '../support/transports.ts';

// `npm run test:cluster` has all faults.
const FAULTS = Number(process.env.FAULTS ?? (isLong ? 3 : 2));
/** Posts that are acknowledged before and after each fault. */
const POSTS = isLong ? 30 : 15;
/** Milliseconds that something is frozen: longer than a heartbeat takes. */
const FROZEN_MS = 4000;

let primary: PostgresServer;
let standby: PostgresServer | undefined;
let processes: readonly RestartableServer[] = [];
let load: Load | undefined;

beforeAll(async () => {
  primary = await PostgresServer.start('fsync=on');
  if (FAULTS > 3) standby = await primary.standby();
  const hosts = [primary, ...(standby ? [standby] : [])].map(({ port }) => `127.0.0.1:${port}`).join(',');
  const env = { DATABASE_URL: `postgres://flowchat@${hosts}/postgres`, EDITOR_SECRET: SECRET };
  const STORE = 'postgres:cluster?standby=sync';
  const ports = [await freePort(), await freePort(), await freePort()];
  // The clock of one of them is an hour ahead.
  const ahead = { NODE_OPTIONS: `-r ${join(ROOT, 'spec/support/clock-ahead.cjs')}` };
  processes = ports.map((port, i) => new RestartableServer(port, { STORE }, i === 1 ? { ...env, ...ahead } : env));
  await Promise.all(processes.map(each => each.start()));
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
      await processes[1]!.start();
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

const about = async (origin: string) => (await (await fetch(`${origin}/api/about`)).json()) as About;

/** Why an editor may not connect; undefined if it may. */
async function refused(origin: string): Promise<string | undefined> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/runtime`, ['noflo']);
  socket.on('error', () => {});
  const opened = once(socket, 'open').then(() => undefined);
  const answered = once(socket, 'unexpected-response').then(async ([, response]) => {
    const body = JSON.parse(Buffer.concat(await response.toArray()).toString());
    return `${body.code}: ${body.detail}`;
  });
  return Promise.race([opened, answered]).finally(() => socket.terminate());
}

/** Of the processes, the one at which the graph is edited. */
async function leading(): Promise<RestartableServer> {
  const found: RestartableServer[] = [];
  await until(async () => {
    const said = await Promise.all(processes.map(({ origin }) => refused(origin).catch(String)));
    found.splice(0, 9, ...processes.filter((_, index) => said[index] === undefined));
    return found.length === 1;
  });
  return found[0]!;
}

/** Changes the graph; tried by one process, whatever happens to it, it goes to all. */
async function edited(): Promise<void> {
  const leader = await leading();
  const { revision } = await about(leader.origin);
  leader.edit("'50' -> MAXLEN", "'60' -> MAXLEN");
  await until(async () => (await about(leader.origin)).revision > revision);
}

/** Waits until all processes run one graph after a revision, whose texts are limited to this. */
async function allRun(text: number, after: number): Promise<void> {
  const now = () => Promise.all(processes.map(({ origin }) => about(origin)));
  await until(async () => {
    const all = await now();
    return all.every(
      ({ limits, revision }) => limits.text === text && revision > after && revision === all[0]!.revision,
    );
  });
}

it('three processes have one graph, which is edited at one of them, and at another once that is gone', async () => {
  const leader = await leading();
  const others = processes.filter(each => each !== leader);
  const place = `${hostname()}:${new URL(leader.origin).port}`;
  for (const { origin } of others)
    expect(await refused(origin)).toBe(`editor-elsewhere: the graph is edited at ${place} at the moment; ask there`);
  const before = (await about(others[0]!.origin)).revision;
  others[0]!.edit("'4000' -> MAXTEXT", "'1000' -> MAXTEXT");
  const editor = await Editor.connect(leader.origin);
  await editor.ask('graph', 'removeinitial', { graph: 'chat/chat', tgt: { node: 'check', port: 'maxtext' } });
  await editor.ask('graph', 'addinitial', {
    graph: 'chat/chat',
    src: { data: '2000' },
    tgt: { node: 'check', port: 'maxtext' },
  });
  await allRun(2000, before);
  const { revision } = await about(others[0]!.origin);
  const numbers = await primary.ask(
    `SELECT number, state FROM cluster.revision WHERE number > ${before} ORDER BY number`,
  );
  expect(numbers.at(-1)).toEqual({ number: String(revision), state: 'proven' });
  const audited = await primary.ask(`SELECT line FROM cluster.audit`);
  expect(audited.map(({ line }) => String(line)).join('')).toMatch(/"command":"addinitial"/);
  editor.leave();
  await leader.kill();
  const next = others.map(({ origin }) => origin);
  await until(async () => (await Promise.all(next.map(refused))).includes(undefined));
  await leader.start();
  expect((await about(leader.origin)).limits.text).toBe(2000);
  // The old setting would return with the next change of the file after that process becomes the leader.
  others[0]!.edit("'1000' -> MAXTEXT", "'2000' -> MAXTEXT");
}, 90_000);

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
    const whos = await Promise.all(origins.map(async origin => (await about(origin)).who?.id));
    expect(new Set(whos).size).toBe(1);
    const { revision } = await about(origins[0]!);
    if (FAULTS > 3) await edited();
    for (const [name, fault] of faults.slice(0, FAULTS)) {
      load.longestPause();
      await fault();
      await posted(POSTS);
      pauses.push(`${name}: ${(load.longestPause() / 1000).toFixed(1)} s`);
    }
    // What is tried needs requests to prove good.
    if (FAULTS > 3) await allRun(2000, revision);
    await load.settle();
    await load.check();
    for (const origin of origins) {
      const { messages } = (await (await fetch(`${origin}/api/rooms/cluster/messages?limit=200`)).json()) as {
        messages: readonly Message[];
      };
      for (const { at } of messages) expect(Math.abs(Date.now() - Date.parse(at))).toBeLessThan(1_800_000);
    }
    for (const { origin } of processes) expect((await fetch(`${origin}/readyz`)).status).toBe(200);
    if (FAULTS > 3) console.log(['The longest pause of all when', ...pauses].join('\n'));
  },
  60_000 + FAULTS * 30_000,
);

if (FAULTS > 3)
  it('what a standby that was not synchronous lacks is lost with the primary, and clients are told of a gap', async () => {
    const server = await PostgresServer.start();
    const copy = await server.standby(false);
    const hosts = `127.0.0.1:${server.port},127.0.0.1:${copy.port}`;
    const DATABASE_URL = `postgres://flowchat@${hosts}/postgres`;
    const process = new RestartableServer(await freePort(), { STORE: 'postgres:lossy' }, { DATABASE_URL });
    const at = `${process.origin}/api/rooms/a/messages`;
    const post = async (text: string) => {
      const body = JSON.stringify({ author: 'ann', text });
      const answer = await fetch(at, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      return answer.status === 201 ? ((await answer.json()) as Message).seq : answer.status;
    };
    type Page = { readonly messages: readonly Message[]; readonly cursor: string; readonly gap: boolean };
    const read = async (query = '') => (await (await fetch(`${at}?${query}`)).json()) as Page;
    try {
      await process.start();
      expect(await post('kept')).toBe(1);
      await until(async () => (await copy.ask('SELECT FROM lossy.message').catch(() => [])).length === 1);
      await copy.set('primary_conninfo', '');
      await until(async () => (await server.ask('SELECT FROM pg_stat_replication')).length === 0);
      expect(await post('lost')).toBe(2);
      const before = await read();
      expect(before.messages.map(({ text }) => text)).toEqual(['kept', 'lost']);
      await server.kill();
      await copy.ask('SELECT pg_promote()');
      await until(async () => (await fetch(`${process.origin}/readyz`)).status === 200);
      const after = await read(`after=${before.cursor}`);
      expect([after.gap, after.messages.map(({ text }) => text)]).toEqual([true, ['kept']]);
      expect(await post('new')).toBe(2);
      expect((await read()).messages.map(({ text }) => text)).toEqual(['kept', 'new']);
    } finally {
      await process.kill();
      process.remove();
      await copy.stop();
      await server.stop();
    }
  }, 120_000);

if (FAULTS > 3)
  it('a pooler that gives each transaction another connection is refused at the start, with the cure', async () => {
    const server = await PostgresServer.start();
    const pooler = await pooled(server, 'transaction');
    const process = new RestartableServer(await freePort(), { STORE: 'postgres:pooled' }, { DATABASE_URL: pooler.url });
    try {
      await expect(process.start()).rejects.toThrow(/notifications do not arrive; .* PgBouncer with pool_mode=session/);
    } finally {
      process.remove();
      pooler.stop();
      await server.stop();
    }
  }, 120_000);

if (FAULTS > 3 && machine.root)
  it('a full disk there is told, and what comes once there is room has the next number', async () => {
    const server = await PostgresServer.start();
    const small = mkdtempSync(join(tmpdir(), 'flowchat-small-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=777', 'tmpfs', small]);
    const process = new RestartableServer(await freePort(), { STORE: 'postgres:full' }, { DATABASE_URL: server.url });
    const post = (text: string) =>
      fetch(`${process.origin}/api/rooms/a/messages`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ author: 'ann', text }),
      });
    try {
      execFileSync('chown', ['postgres', small]);
      await server.ask(`CREATE TABLESPACE small LOCATION '${small}'`);
      await server.ask('ALTER DATABASE postgres SET default_tablespace = small');
      const ballast = join(small, 'ballast');
      writeFileSync(ballast, Buffer.alloc(700_000));
      await process.start();
      let kept = 0;
      let answer = await post('hi');
      for (; answer.status === 201; answer = await post(randomBytes(1500).toString('hex'))) kept++;
      expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
        503,
        expect.stringMatching(/has no room on its disk any more; make room there/),
      ]);
      const ready = async () => (await fetch(`${process.origin}/readyz`)).status;
      expect(await ready()).toBe(503);
      rmSync(ballast);
      await until(async () => (await ready()) === 200);
      await until(async () => {
        answer = await post('room');
        return answer.status === 201;
      });
      expect(((await answer.json()) as { seq: number }).seq).toBe(kept + 1);
    } finally {
      await process.kill();
      process.remove();
      await server.stop();
      execFileSync('umount', [small]);
      rmSync(small, { recursive: true });
    }
  }, 120_000);
