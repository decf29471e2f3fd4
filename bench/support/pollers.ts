import { setTimeout as sleep } from 'node:timers/promises';

/**
 * People who poll gochat's API for new messages every `every` milliseconds, evenly spread, for `ms` milliseconds.
 * Resolves to the number of messages that all of them received.
 */
export async function poll(port: number, people: number, every: number, ms: number): Promise<number> {
  const start = performance.now();
  const heard = await Promise.all(
    Array.from({ length: people }, (_, i) => one(port, every, start + (i * every) / people, start + ms)),
  );
  return heard.reduce((sum, count) => sum + count, 0);
}

async function one(port: number, every: number, first: number, end: number): Promise<number> {
  let since = Date.now() / 1000;
  let heard = 0;
  for (let next = first; next < end; next += every) {
    await sleep(Math.max(0, next - performance.now()));
    const response = await fetch(`http://127.0.0.1:${port}/chat?since=${since}`);
    const said = (await response.json()) as { Time: number }[];
    heard += said.length;
    since = said.at(-1)?.Time ?? since;
  }
  return heard;
}
