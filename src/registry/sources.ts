import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { contents, refuseUnreadable } from '../files/contents.ts';
import { overrideModule } from './module.ts';

/** Drafted texts that override files, by path; undefined for a file deleted in the draft. */
export interface SourceOverrides {
  readonly texts: ReadonlyMap<string, string | undefined>;
}

/** An importable module. */
interface Module {
  readonly url: string;
  /** Call it after the import. */
  end(): void;
}

/** Modification times of first imports. Node caches modules forever, so a changed one needs another URL. */
const first = new Map<string, number>();

/** A project's files with drafted overrides; paths are relative to its folder. */
export class SourceFiles {
  readonly #root: string;
  readonly #drafted: SourceOverrides;
  /** The folder that has this project in its node_modules; undefined if it is not installed as a package. */
  readonly #above: string | undefined;

  constructor(root: string, drafted: SourceOverrides = { texts: new Map() }) {
    this.#root = root;
    this.#drafted = drafted;
    const end = root.lastIndexOf(`${sep}node_modules${sep}`);
    this.#above = end < 0 ? undefined : root.slice(0, end);
  }

  /** Resolves a path. An installed package's dependencies are beside it, not in it. */
  file(path: string): string {
    const file = join(this.#root, path);
    return this.#above === undefined || !path.startsWith('node_modules/') || existsSync(file)
      ? file
      : join(this.#above, path);
  }

  /** File names in a folder, without JavaScript that `npm pack` built beside TypeScript; empty if there is no folder. */
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

  /** A file's text; undefined if it does not exist. */
  read(path: string): string | undefined {
    const { texts } = this.#drafted;
    return texts.has(path) ? texts.get(path) : contents(this.file(path));
  }

  /** Changes with a file's content; undefined if it does not exist. */
  etag(path: string): string | undefined {
    const { texts } = this.#drafted;
    if (!texts.has(path)) return this.#changed(path)?.toString();
    const text = texts.get(path);
    return text === undefined ? undefined : hash(text);
  }

  /** Prepares a file for import, as a new module if its content has changed. Throws a sentence if that is impossible. */
  module(path: string): Module {
    const file = this.file(path);
    const { href } = pathToFileURL(file);
    const text = this.#drafted.texts.get(path);
    if (text !== undefined) {
      // The query does not affect how its own imports resolve.
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

/** Our library's name: components are placed as `chat/NAME`. */
export const NAMESPACE = 'chat';

/** File names of components. */
export const COMPONENT_FILE = /^([\w-]+)\.(?:[cm]?ts|[cm]?js|coffee)$/;

/** Other file names allowed beside components. */
export const COMPANION_FILE = /^\.|\.(?:md|ya?ml|json|map|css|html|txt|tmp|sw[px]|d\.[cm]?ts)$|~$/;
