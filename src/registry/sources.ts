import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { contents, refuseUnreadable } from '../files/contents.ts';
import { overrideModule } from './module.ts';

/** Texts that count more than what the files hold, by the files' paths; nothing for a file that is not to be there. */
export interface SourceOverrides {
  readonly texts: ReadonlyMap<string, string | undefined>;
}

/** A module as it can be imported. */
interface Module {
  readonly url: string;
  /** To be called once it is imported. */
  end(): void;
}

/** When each file was changed that was imported first. Node keeps modules for good, so a later one has another URL. */
const first = new Map<string, number>();

/** The files of a project, as they are or as they are drafted; their paths are relative to its folder. */
export class SourceFiles {
  readonly #root: string;
  readonly #drafted: SourceOverrides;

  constructor(root: string, drafted: SourceOverrides = { texts: new Map() }) {
    this.#root = root;
    this.#drafted = drafted;
  }

  /** The names of the files in a folder; none where it is not there. */
  list(folder: string): readonly string[] {
    const names = new Set(namesIn(join(this.#root, folder)));
    for (const [path, text] of this.#drafted.texts) {
      if (!path.startsWith(`${folder}/`)) continue;
      const name = path.slice(folder.length + 1);
      if (text === undefined) names.delete(name);
      else names.add(name);
    }
    return [...names];
  }

  isFolder(path: string): boolean {
    return statSync(join(this.#root, path), { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  /** What a file holds; nothing where it is not there. */
  read(path: string): string | undefined {
    const { texts } = this.#drafted;
    return texts.has(path) ? texts.get(path) : contents(join(this.#root, path));
  }

  /** Differs whenever a file holds something else; nothing where it is not there. */
  etag(path: string): string | undefined {
    const { texts } = this.#drafted;
    if (!texts.has(path)) return this.#changed(path)?.toString();
    const text = texts.get(path);
    return text === undefined ? undefined : hash(text);
  }

  /** A file to be imported: another module whenever it holds something else. Throws a sentence where it can't be. */
  module(path: string): Module {
    const file = join(this.#root, path);
    const { href } = pathToFileURL(file);
    const text = this.#drafted.texts.get(path);
    if (text !== undefined) {
      // What it imports is found from its file's place, whatever stands behind the question mark.
      const url = `${href}?draft=${hash(text)}`;
      return { url, end: overrideModule(url, text) };
    }
    refuseUnreadable(file);
    const changed = this.#changed(path) ?? 0;
    if (!first.has(file)) first.set(file, changed);
    return { url: first.get(file) === changed ? href : `${href}?changed=${changed}`, end() {} };
  }

  #changed(path: string): number | undefined {
    return statSync(join(this.#root, path), { throwIfNoEntry: false })?.mtimeMs;
  }
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** The name of our own components: they are placed as `chat/NAME`. */
export const NAMESPACE = 'chat';

/** The files of components. */
export const COMPONENT_FILE = /^([\w-]+)\.(?:[cm]?ts|[cm]?js|coffee)$/;

/** What may lie beside components. */
export const COMPANION_FILE = /^\.|\.(?:md|ya?ml|json|map|css|html|txt|tmp|sw[px]|d\.[cm]?ts)$|~$/;
