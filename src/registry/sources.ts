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
interface Importable {
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
  module(path: string): Importable {
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

/** A component; paths are relative to the module's base. */
export interface ManifestEntry {
  readonly name: string;
  readonly path: string;
  readonly source: string;
  readonly tests?: string;
  /** False for a subgraph. */
  readonly elementary: boolean;
}

export interface Module {
  readonly name: string;
  readonly description?: string;
  readonly runtime: string;
  /** Folder relative to the project's; empty for the project itself. */
  readonly base: string;
  readonly icon?: string;
  readonly components: readonly ManifestEntry[];
}

/** The content of fbp.json, in fbp-manifest's format. */
export interface Manifest {
  readonly version: 1;
  readonly modules: readonly Module[];
}
/** File names of subgraphs; other graphs in the folder are servers' graphs. */
const SUBGRAPH_FILE = /^([A-Z][\w-]*)\.(?:fbp|json)$/;

/** Runtime of modules for browsers only. */
const BROWSER_ONLY = 'noflo-browser';

/** Components that can't work: core/RunTimeout forgets its timers after the first, and then always fails. */
const UNUSABLE: ReadonlySet<string> = new Set(['core/RunTimeout']);

/** The loader by which NoFlo lists our components if this package is installed. */
const OWN_LOADER = 'npm/noflo.cjs';

/**
 * Our own module, listed from the folders: components/*.ts, and files in graphs/ that begin with a capital, which are
 * subgraphs.
 */
export function own(texts: SourceFiles): Module {
  const tested = new Set(texts.list('spec'));
  const entries = (folder: string, pattern: RegExp, elementary: boolean): ManifestEntry[] =>
    texts
      .list(folder)
      .flatMap(file => {
        const name = pattern.exec(file)?.[1];
        if (!name || (elementary && COMPANION_FILE.test(file))) return [];
        const path = `${folder}/${file}`;
        const tests = tested.has(`${name}.yaml`) && { tests: `spec/${name}.yaml` };
        return [{ name, path, source: path, ...tests, elementary }];
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  const components = [...entries('components', COMPONENT_FILE, true), ...entries('graphs', SUBGRAPH_FILE, false)];
  return { name: NAMESPACE, description: 'Chat', runtime: 'noflo', base: '', icon: 'comments', components };
}

/** Packages that register components by a loader of their own, which is not run. */
export function loaders(root: string): readonly string[] {
  const texts = new SourceFiles(root);
  const own = packageIn(texts, '.');
  const names = Object.keys({ ...own.dependencies, ...own.devDependencies, ...own.optionalDependencies });
  return ['.', ...names.map(name => `node_modules/${name}`)].flatMap(folder => {
    const { noflo } = packageIn(texts, folder);
    if (noflo?.loader === undefined || (folder === '.' && noflo.loader === OWN_LOADER)) return [];
    return [
      `${folder}/package.json has a loader of components (noflo.loader), which is not run; list them in fbp.json by hand`,
    ];
  });
}

interface Package {
  readonly noflo?: { readonly loader?: unknown };
  readonly dependencies?: object;
  readonly devDependencies?: object;
  readonly optionalDependencies?: object;
}

function packageIn(texts: SourceFiles, folder: string): Package {
  try {
    return JSON.parse(texts.read(`${folder}/package.json`) ?? '{}');
  } catch {
    return {};
  }
}

/** The full manifest: our own module and those of installed NoFlo libraries. */
export async function generate(root: string): Promise<Manifest> {
  const { list } = await import('fbp-manifest');
  const found = await list.list(root, { runtimes: ['noflo'], recursive: true, silent: true });
  const foreign = found.flatMap(({ name, description = '', runtime, base, icon, components }): Module[] => {
    // NoFlo itself appears as a nameless module with one unneeded component, the subgraph.
    if (name === '' || base === '' || runtime === BROWSER_ONLY) return [];
    const entries = components
      .filter(component => !UNUSABLE.has(`${name}/${component.name}`))
      .map(({ name, path = '', source = path, elementary = true }) => ({ name, path, source, elementary }));
    return [{ name, description, runtime, base, ...(icon && { icon }), components: entries }];
  });
  return { version: 1, modules: [own(new SourceFiles(root)), ...foreign] };
}
