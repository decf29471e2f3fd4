import {
  type FSWatcher,
  lstatSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
  watch as watchFolder,
} from 'node:fs';
import { dirname, join, parse, resolve, sep } from 'node:path';

/** Identifies a file or folder, independent of its name. */
interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** Most links followed: more form a loop. */
const MAX_LINKS = 40;

/** The file that a path leads to; undefined if there is none. */
function place(path: string): FileIdentity | undefined {
  try {
    const { dev, ino } = statSync(path);
    return { dev, ino };
  } catch {
    return undefined;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/**
 * The folders to watch for changes of a file or folder: those of all links on its path, its own, and itself if it is a
 * folder; and the names of all links and folders on the path.
 */
export function wayTo(path: string): { readonly folders: ReadonlySet<string>; readonly names: ReadonlySet<string> } {
  const folders = new Set([dirname(resolve(path))]);
  const names = new Set<string>();
  let links = 0;
  const walk = (link: string): string => {
    const { root } = parse(link);
    let here = root;
    const steps = link.slice(root.length).split(sep).filter(Boolean);
    for (const [i, step] of steps.entries()) {
      const next = join(here, step);
      names.add(step);
      const target = linkAt(next);
      if (target !== undefined && ++links <= MAX_LINKS) {
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
  return { folders, names };
}

function linkAt(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** A text that changes whenever one of the files does: the given ones, and matching ones in the given folders. */
function snapshot(paths: readonly string[], fits: RegExp): string {
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

/** Milliseconds without a change after which a file counts as completely saved. */
const DEBOUNCE_MS = 50;
/** Limit of that wait in milliseconds after the first change. */
const MAX_WAIT_MS = 500;
/** Milliseconds between checks of all files, as many network drives report no changes. */
const POLL_MS = 3000;
/** Files that a revision or its layout depends on. */
const SOURCES = /\.(fbp|layout|json|[cm]?[jt]s)$/;

export interface FileWatch {
  close(): void;
}

export interface WatchOptions {
  /** Called with a sentence when a folder disappears. */
  readonly warn?: (sentence: string) => void;
  readonly pollMs?: number;
}

/**
 * Calls `changed` after a given file, or a graph, sidecar or component in a given folder, has changed and was unchanged
 * for 50 ms, or after 500 ms. Symlinks are resolved each time, and folders may disappear and return. Changes that the
 * system does not report are found within seconds.
 */
export function watchFiles(paths: readonly string[], changed: () => void, options: WatchOptions = {}): FileWatch {
  const watching = new Watcher(paths, changed, options);
  return { close: () => watching.close() };
}

class Watcher {
  readonly #paths: readonly string[];
  readonly #changed: () => void;
  readonly #warn: (sentence: string) => void;
  readonly #poll: NodeJS.Timeout;
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; readonly place: FileIdentity }>();
  readonly #folders: readonly string[];
  /** Names of links and folders on the paths. */
  #names: ReadonlySet<string> = new Set();
  readonly #gone = new Set<string>();
  /** Snapshots: at the last call of `changed`, and at the last check. */
  #announced: string;
  #seen: string;
  #timer: NodeJS.Timeout | undefined;
  #since = 0;
  #look: NodeJS.Timeout | undefined;

  constructor(paths: readonly string[], changed: () => void, { warn = () => {}, pollMs = POLL_MS }: WatchOptions) {
    this.#paths = paths;
    this.#folders = paths.filter(isFolder);
    this.#changed = changed;
    this.#warn = warn;
    this.#seen = this.#announced = this.#snapshot();
    this.#follow();
    this.#poll = setInterval(() => this.#again(), pollMs).unref();
  }

  close(): void {
    clearInterval(this.#poll);
    clearTimeout(this.#timer);
    clearTimeout(this.#look);
    for (const { watcher } of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #snapshot(): string {
    return snapshot(this.#paths, SOURCES);
  }

  #heard(name: string | null): void {
    if (name === null || SOURCES.test(name)) this.#settle();
    // A changed link or folder may refer to other files.
    else if (this.#names.has(name)) this.#look ??= setTimeout(() => this.#lookAgain(), DEBOUNCE_MS);
  }

  #lookAgain(): void {
    this.#look = undefined;
    this.#follow();
    if (this.#snapshot() !== this.#announced) this.#settle();
  }

  #settle(): void {
    const now = performance.now();
    if (this.#timer === undefined) this.#since = now;
    clearTimeout(this.#timer);
    const wait = Math.min(DEBOUNCE_MS, Math.max(0, this.#since + MAX_WAIT_MS - now));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#emit();
    }, wait);
  }

  #emit(): void {
    this.#follow();
    this.#seen = this.#announced = this.#snapshot();
    this.#changed();
  }

  /** Checks all files, and reports a change once two checks in a row agree. */
  #again(): void {
    this.#follow();
    this.#warnGone();
    const before = this.#seen;
    this.#seen = this.#snapshot();
    if (this.#timer === undefined && this.#seen !== this.#announced && this.#seen === before) this.#emit();
  }

  /** Watches exactly the folders that the paths refer to now. */
  #follow(): void {
    const ways = this.#paths.map(wayTo);
    this.#names = new Set(ways.flatMap(({ names }) => [...names]));
    const wanted = new Map(ways.flatMap(({ folders }) => [...folders]).map(folder => [folder, place(folder)]));
    for (const [folder, { watcher, place: known }] of this.#watchers) {
      const now = wanted.get(folder);
      if (now && now.dev === known.dev && now.ino === known.ino) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const [folder, at] of wanted) if (at && !this.#watchers.has(folder)) this.#begin(folder, at);
  }

  #begin(folder: string, at: FileIdentity): void {
    try {
      const watcher = watchFolder(folder, (_, name) => this.#heard(name));
      // If it still exists, the next check watches it again.
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(folder);
      });
      this.#watchers.set(folder, { watcher, place: at });
    } catch {
      // The system's limit of watchers is reached; polling has to do.
    }
  }

  #warnGone(): void {
    for (const folder of this.#folders) {
      if (isFolder(folder)) this.#gone.delete(folder);
      else if (!this.#gone.has(folder)) {
        this.#gone.add(folder);
        this.#warn(`the folder ${folder} is gone; what runs goes on, and changes are taken up once it is there again`);
      }
    }
  }
}
