import { lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, parse, resolve, sep } from 'node:path';

/** What tells a file or a folder from another one of its name. */
export interface Place {
  readonly dev: number;
  readonly ino: number;
}

/** Links that are followed at most: more go round. */
const MOST_LINKS = 40;

/** Where a path leads; undefined where nothing is. */
export function place(path: string): Place | undefined {
  try {
    const { dev, ino } = statSync(path);
    return { dev, ino };
  } catch {
    return undefined;
  }
}

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/**
 * The folders in which something changes when a path leads elsewhere from now on, or when what it leads to changes: those
 * of the links on its way, the folder that it lies in, and itself where it is one.
 */
export function foldersOnTheWay(path: string): readonly string[] {
  const folders = new Set([dirname(resolve(path))]);
  let links = 0;
  const walk = (way: string): string => {
    const { root } = parse(way);
    let here = root;
    const steps = way.slice(root.length).split(sep).filter(Boolean);
    for (const [i, step] of steps.entries()) {
      const next = join(here, step);
      const target = linkAt(next);
      if (target !== undefined && ++links <= MOST_LINKS) {
        folders.add(here);
        return walk(resolve(here, target, ...steps.slice(i + 1)));
      }
      here = next;
    }
    return here;
  };
  const end = walk(resolve(path));
  folders.add(dirname(end));
  if (isFolder(end)) folders.add(end);
  return [...folders];
}

function linkAt(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** What files are there, as a text that differs when one of them does: files by themselves, and those of folders whose names fit. */
export function snapshot(paths: readonly string[], fits: RegExp): string {
  return paths
    .flatMap(path => {
      try {
        const names = readdirSync(path).filter(name => fits.test(name));
        return [path, ...names.sort().map(name => look(join(path, name)))];
      } catch {
        return [look(path)];
      }
    })
    .join('\n');
}

function look(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${path} ${realpathSync(path)} ${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return `${path} is gone`;
  }
}
