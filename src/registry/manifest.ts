import { COMPANION_FILE, COMPONENT_FILE, NAMESPACE, SourceFiles } from './sources.ts';

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

/** Our own module, read from the folders: components/*.ts, and graphs/ with a capital, which are subgraphs. */
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

/** Says which packages register components by a loader of their own, which is not run. */
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
