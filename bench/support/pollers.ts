import { setTimeout as sleep } from 'node:timers/promises';

/**
 * So many people who ask gochat's API every `every` milliseconds for what is new, spread over the time, for `ms`
 * milliseconds. Resolves with the number of messages that they heard, all together.
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
