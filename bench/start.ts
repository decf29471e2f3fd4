import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { judged, median, type Row } from './support/table.ts';

export const title =
  'how long the server takes from its start until it is ready, and its resident memory a while later, against a program that only loads Koa, NoFlo and SQLite and has as many threads; the fastest start counts, as others take turns on a busy machine';

const STARTS = 10;
/** Milliseconds after which the server has nothing left to do. */
const IDLE_MS = 2000;
/** Milliseconds, and MB. */
const GOALS = { 'fastest, ms': 600, 'idle, MB': 80 };

interface Start {
  readonly ms: number;
  readonly megabytes: number;
}

/** Milliseconds until the program says that it is ready. */
async function ready(child: ChildProcess, since: number): Promise<number> {
  let said = '';
  for await (const text of child.stdout!.setEncoding('utf8')) {
    said += text;
    if (/\bready\b/.test(said)) return performance.now() - since;
  }
  throw new Error(`the program ended before it was ready: ${said}`);
}

/** Resident memory in MB, as Linux counts it: with the parts of Node's own file that are in use. */
function resident({ pid }: ChildProcess): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

async function start(script: string, graph: string): Promise<Start> {
  const DATA = mkdtempSync(join(tmpdir(), 'flowchat-bench-'));
  const since = performance.now();
  const child = spawn(process.execPath, ['-r', './src/node24.cjs', script], {
    cwd: join(import.meta.dirname, '..'),
    env: { ...process.env, PORT: '0', GRAPH: graph, DATA },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  try {
    const ms = await ready(child, since);
    await sleep(IDLE_MS);
    return { ms, megabytes: resident(child) };
  } finally {
    child.kill('SIGTERM');
    await exit;
    rmSync(DATA, { recursive: true });
  }
}

export async function run(): Promise<readonly Row[]> {
  const peers = [
    { what: 'nothing but Koa, NoFlo, SQLite', script: 'bench/peers/idle.ts', graph: 'graphs/chat.fbp' },
    { what: 'graphs/chat.fbp', script: 'src/main.ts', graph: 'graphs/chat.fbp' },
    { what: 'graphs/gochat.fbp', script: 'src/main.ts', graph: 'graphs/gochat.fbp' },
  ];
  const starts = peers.map((): Start[] => []);
  for (let round = 0; round < STARTS; round += 1)
    for (const [at, { script, graph }] of peers.entries()) starts[at]!.push(await start(script, graph));
  return peers.map(({ what, script }, at) => {
    const times = starts[at]!.map(({ ms }) => ms);
    const row = {
      what,
      'fastest, ms': Math.round(Math.min(...times)),
      'median, ms': Math.round(median(times)),
      'idle, MB': Math.round(median(starts[at]!.map(({ megabytes }) => megabytes))),
    };
    return script === 'src/main.ts' ? judged(row, { most: GOALS }) : row;
  });
}
