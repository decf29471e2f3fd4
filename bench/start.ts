import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const title = 'how long the server takes from its start until it is ready, in ms (goal: less than 1000)';

const STARTS = 10;

/** Milliseconds until the program says that it is ready. */
async function ready(child: ChildProcess, since: number): Promise<number> {
  let said = '';
  for await (const text of child.stdout!.setEncoding('utf8')) {
    said += text;
    if (said.includes('flowchat is ready')) return performance.now() - since;
  }
  throw new Error(`the server ended before it was ready: ${said}`);
}

async function start(graph: string): Promise<number> {
  const DATA = mkdtempSync(join(tmpdir(), 'flowchat-bench-'));
  const since = performance.now();
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: join(import.meta.dirname, '..'),
    env: { ...process.env, PORT: '0', GRAPH: graph, DATA },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  try {
    return await ready(child, since);
  } finally {
    child.kill('SIGTERM');
    await exit;
    rmSync(DATA, { recursive: true });
  }
}

export async function run(): Promise<readonly Readonly<Record<string, string | number>>[]> {
  const rows = [];
  for (const graph of ['graphs/chat.fbp', 'graphs/gochat.fbp']) {
    const took: number[] = [];
    while (took.length < STARTS) took.push(Math.round(await start(graph)));
    took.sort((a, b) => a - b);
    rows.push({ graph, median: took[STARTS >> 1]!, fastest: took[0]!, slowest: took.at(-1)! });
  }
  return rows;
}
