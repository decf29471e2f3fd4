import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
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
  /** The folder that has this project among its packages; undefined where it is no package. */
  readonly #above: string | undefined;

  constructor(root: string, drafted: SourceOverrides = { texts: new Map() }) {
    this.#root = root;
    this.#drafted = drafted;
    const end = root.lastIndexOf(`${sep}node_modules${sep}`);
    this.#above = end < 0 ? undefined : root.slice(0, end);
  }

  /** Where a file is. The libraries of an installed package lie beside it, not in it. */
  file(path: string): string {
    const file = join(this.#root, path);
    return this.#above === undefined || !path.startsWith('node_modules/') || existsSync(file)
      ? file
      : join(this.#above, path);
  }

  /** The names of the files in a folder, without JavaScript that `npm pack` made of TypeScript beside it; none if there is no folder. */
  list(folder: string): readonly string[] {
    const names = new Set(namesIn(this.file(folder)));
    for (const [path, text] of this.#drafted.texts) {
      if (!path.startsWith(`${folder}/`)) continue;
      const name = path.slice(folder.length + 1);
      if (text === undefined) names.delete(name);
      else names.add(name);
    }
    const isBuilt = (name: string) => {
      const stem = name.replace(/\.js$/, '');
      return stem !== name && names.has(`${stem}.ts`) && names.has(`${stem}.d.ts`);
    };
    return [...names].filter(name => !isBuilt(name));
  }

  isFolder(path: string): boolean {
    return statSync(this.file(path), { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  /** What a file holds; nothing where it is not there. */
  read(path: string): string | undefined {
    const { texts } = this.#drafted;
    return texts.has(path) ? texts.get(path) : contents(this.file(path));
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
    const file = this.file(path);
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
    return statSync(this.file(path), { throwIfNoEntry: false })?.mtimeMs;
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
