import { type FSWatcher, watch as watchFolder } from 'node:fs';
import { foldersOnTheWay, isFolder, type Place, place, snapshot } from './watched.ts';

/** Milliseconds of silence after which a file that is being saved is taken to be whole. */
const SETTLED_MS = 50;
/** Milliseconds after the first change when silence is waited for no longer. */
const ENOUGH_MS = 500;
/** Milliseconds between two looks at all files: many network drives tell of no change. */
const POLL_MS = 3000;
/** What a revision can be made of, and where its nodes stand. */
const SOURCES = /\.(fbp|layout|json|[cm]?[jt]s)$/;
/** What is written all the time and is nobody's news: databases, logs, and files that are being saved. */
const NOISE = /\.(db(-\w+)?|log(\.\d+)?|tmp|sw[px])$/;

export interface Watching {
  close(): void;
}

export interface Told {
  /** Hears that a folder is gone, a sentence. */
  readonly warn?: (sentence: string) => void;
  readonly pollMs?: number;
}

/**
 * Calls `changed` when a file, or a graph, its sidecar or a component in a folder, has changed and was left alone for 50 ms,
 * or after 500 ms. Links on the way are followed as they are at the time, and folders may go and come again. Where the
 * system tells of no changes, they are found within seconds.
 */
export function watch(paths: readonly string[], changed: () => void, told: Told = {}): Watching {
  const watching = new Watcher(paths, changed, told);
  return { close: () => watching.close() };
}

class Watcher {
  readonly #paths: readonly string[];
  readonly #changed: () => void;
  readonly #warn: (sentence: string) => void;
  readonly #poll: NodeJS.Timeout;
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; readonly place: Place }>();
  readonly #folders: readonly string[];
  readonly #gone = new Set<string>();
  /** What was there when `changed` was called last, and what the last look found. */
  #told: string;
  #seen: string;
  #timer: NodeJS.Timeout | undefined;
  #since = 0;
  #look: NodeJS.Timeout | undefined;

  constructor(paths: readonly string[], changed: () => void, { warn = () => {}, pollMs = POLL_MS }: Told) {
    this.#paths = paths;
    this.#folders = paths.filter(isFolder);
    this.#changed = changed;
    this.#warn = warn;
    this.#seen = this.#told = this.#snapshot();
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
    // A link or a folder that changes may lead to other files.
    else if (!NOISE.test(name)) this.#look ??= setTimeout(() => this.#lookAgain(), SETTLED_MS);
  }

  #lookAgain(): void {
    this.#look = undefined;
    this.#follow();
    if (this.#snapshot() !== this.#told) this.#settle();
  }

  #settle(): void {
    const now = performance.now();
    if (this.#timer === undefined) this.#since = now;
    clearTimeout(this.#timer);
    const wait = Math.min(SETTLED_MS, Math.max(0, this.#since + ENOUGH_MS - now));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#tell();
    }, wait);
  }

  #tell(): void {
    this.#follow();
    this.#seen = this.#told = this.#snapshot();
    this.#changed();
  }

  /** Looks at all files, and tells of a change once two looks have found the same. */
  #again(): void {
    this.#follow();
    this.#tellGone();
    const before = this.#seen;
    this.#seen = this.#snapshot();
    if (this.#timer === undefined && this.#seen !== this.#told && this.#seen === before) this.#tell();
  }

  /** Watches the folders to which the paths lead now, and no others. */
  #follow(): void {
    const wanted = new Map(this.#paths.flatMap(path => foldersOnTheWay(path)).map(folder => [folder, place(folder)]));
    for (const [folder, { watcher, place: known }] of this.#watchers) {
      const now = wanted.get(folder);
      if (now && now.dev === known.dev && now.ino === known.ino) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const [folder, at] of wanted) if (at && !this.#watchers.has(folder)) this.#begin(folder, at);
  }

  #begin(folder: string, at: Place): void {
    try {
      const watcher = watchFolder(folder, (_, name) => this.#heard(name));
      // It is watched anew at the next look, where it is there.
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(folder);
      });
      this.#watchers.set(folder, { watcher, place: at });
    } catch {
      // There are too many watchers on this machine: looking at the files has to do.
    }
  }

  #tellGone(): void {
    for (const folder of this.#folders) {
      if (isFolder(folder)) this.#gone.delete(folder);
      else if (!this.#gone.has(folder)) {
        this.#gone.add(folder);
        this.#warn(`the folder ${folder} is gone; what runs goes on, and changes are taken up once it is there again`);
      }
    }
  }
}
