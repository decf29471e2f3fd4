import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Milliseconds for which files of earlier builds are kept for pages that are open: 30 days. */
const KEEP_MS = 30 * 86_400_000;
/** Says of files of earlier builds since when they are no part of the page any more. */
const EARLIER = 'earlier.json';

/** Takes over the assets of earlier builds, which pages that are open may still want. */
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

/** Puts a folder in the place of another one: whoever starts meanwhile finds the one or the other, whole. */
export function exchange(folder: string, made: string): void {
  const old = `${made}.old`;
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(made, folder);
  rmSync(old, { recursive: true, force: true });
}
