import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The project's folder. */
export const ROOT = resolve(import.meta.dirname, '..');

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string;
};

/** This package's version, such as `0.1.0`. */
export const VERSION = version;

/**
 * The version with a fingerprint of the built pages in these folders, such as `0.1.0+3f2a9c1b`: a page that sees it
 * change is outdated. Without built pages it is the package's version.
 */
export function buildVersion(folders: readonly string[]): string {
  const builds = folders.flatMap(folder => {
    try {
      return [readFileSync(join(folder, 'index.html'))];
    } catch {
      return [];
    }
  });
  if (builds.length === 0) return VERSION;
  const hash = createHash('sha256');
  for (const build of builds) hash.update(build);
  return `${VERSION}+${hash.digest('hex').slice(0, 8)}`;
}
