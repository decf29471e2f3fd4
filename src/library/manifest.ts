import { list } from 'fbp-manifest';
import { Texts } from './texts.ts';

/** The name of our own components: they are placed as `chat/NAME`. */
export const NAMESPACE = 'chat';

/** One component, its paths relative to the module's base. */
export interface Entry {
  readonly name: string;
  readonly path: string;
  readonly source: string;
  readonly tests?: string;
  /** False for a graph that can be placed as a node. */
  readonly elementary: boolean;
}

export interface Module {
  readonly name: string;
  readonly description?: string;
  readonly runtime: string;
  /** Folder, relative to the project's; empty for the project itself. */
  readonly base: string;
  readonly icon?: string;
  readonly components: readonly Entry[];
}

/** What fbp.json holds, in fbp-manifest's format. */
export interface Manifest {
  readonly version: 1;
  readonly modules: readonly Module[];
}

/** Our own module as the folders have it now: components/*.ts, and graphs/ with a capital, which are subgraphs. */
export function own(texts: Texts): Module {
  const tested = new Set(texts.list('spec'));
  const entries = (folder: string, pattern: RegExp, elementary: boolean): Entry[] =>
    texts
      .list(folder)
      .flatMap(file => {
        const name = pattern.exec(file)?.[1];
        if (!name) return [];
        const path = `${folder}/${file}`;
        const tests = tested.has(`${name}.yaml`) && { tests: `spec/${name}.yaml` };
        return [{ name, path, source: path, ...tests, elementary }];
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  const components = [
    ...entries('components', /^(\w+)\.(?:ts|js)$/, true),
    ...entries('graphs', /^([A-Z]\w*)\.(?:fbp|json)$/, false),
  ];
  return { name: NAMESPACE, description: 'Chat', runtime: 'noflo', base: '', icon: 'comments', components };
}

/** The whole manifest: our own module and those of the NoFlo libraries among the dependencies. */
export async function generate(root: string): Promise<Manifest> {
  const found = await list.list(root, { runtimes: ['noflo'], recursive: true, silent: true });
  const foreign = found.flatMap(({ name, description = '', runtime, base, icon, components }): Module[] => {
    // NoFlo itself is a nameless module with one component, the subgraph, which we do not need.
    if (name === '' || base === '') return [];
    const entries = components.map(({ name, path = '', source = path, elementary = true }) => ({
      name,
      path,
      source,
      elementary,
    }));
    return [{ name, description, runtime, base, ...(icon && { icon }), components: entries }];
  });
  return { version: 1, modules: [own(new Texts(root)), ...foreign] };
}
