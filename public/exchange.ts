import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How long assets of earlier builds are kept for pages that are still open: 30 days, in milliseconds. */
const KEEP_MS = 30 * 86_400_000;
/** File that records since when each asset of an earlier build is no longer part of the page. */
const EARLIER = 'earlier.json';

/** Copies the assets of earlier builds into a new build, because pages that are still open may load them. */
export function retainEarlier(before: string, folder: string): void {
  if (!existsSync(join(before, 'assets'))) return;
  const known: Record<string, number> = existsSync(join(before, EARLIER))
    ? JSON.parse(readFileSync(join(before, EARLIER), 'utf8'))
    : {};
  const earlier: Record<string, number> = {};
  for (const name of readdirSync(join(before, 'assets'))) {
    const since = known[name] ?? Date.now();
    if (existsSync(join(folder, 'assets', name)) || Date.now() - since > KEEP_MS) continue;
    cpSync(join(before, 'assets', name), join(folder, 'assets', name), { preserveTimestamps: true });
    earlier[name] = since;
  }
  writeFileSync(join(folder, EARLIER), JSON.stringify(earlier));
}

/** Replaces a folder by renaming. A server that starts meanwhile finds either the old or the new one, complete. */
export function exchange(folder: string, made: string): void {
  const old = `${made}.old`;
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(made, folder);
  rmSync(old, { recursive: true, force: true });
}
