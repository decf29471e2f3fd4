import { join, relative } from 'node:path';
import { ComponentLoader } from 'noflo';
import type { Blueprint, Catalogue } from './check.ts';
import { empty } from './fbp/empty.ts';
import { sidecar } from './fbp/print.ts';
import { type Fault, type Graph, type Reading, read } from './fbp.ts';
import { readText } from './files/contents.ts';
import { outside } from './flow/subgraph.ts';
import { insulated } from './library/foreign.ts';
import { loadOther, stripLibraries } from './library/language.ts';
import { type Entry, type Manifest, NAMESPACE, own } from './library/manifest.ts';
import { type Factory, load, type Made, made } from './library/module.ts';
import { type Drafted, Texts } from './library/texts.ts';
import { unseen } from './library/unseen.ts';

/** A component or subgraph as it was read from its file last. */
interface Loaded {
  readonly blueprint: Blueprint;
  /** Differs whenever the file holds something else; it is read anew then. */
  readonly mark: string;
  readonly factory?: Factory;
  readonly graph?: Graph;
}

/** The languages of components by the endings of their files. */
const LANGUAGES = {
  ts: 'typescript',
  mts: 'typescript',
  js: 'javascript',
  cjs: 'javascript',
  mjs: 'javascript',
  coffee: 'coffeescript',
  json: 'json',
  fbp: 'fbp',
} as const;

/** The files of a component; their paths are absolute. */
export interface Files {
  /** With the library's: `chat/Router`. */
  readonly name: string;
  readonly path: string;
  readonly language: (typeof LANGUAGES)[keyof typeof LANGUAGES];
  /** In fbp-spec's format. */
  readonly tests?: string;
}

/** Which components there are, as fbp.json lists them, and loading those that a graph names. */
export class Library implements Catalogue {
  readonly #root: string;
  readonly #texts: Texts;
  /** Those of other libraries, as fbp.json lists them. */
  #foreign: ReadonlyMap<string, Entry> = new Map();
  #manifest: string | undefined;
  readonly #loaded = new Map<string, Loaded>();
  #entries: ReadonlyMap<string, Entry> = new Map();

  /** Reads fbp.json in the folder `root`. What is drafted counts more than its file. Throws a sentence where that cannot be. */
  constructor(root: string, drafted?: Drafted) {
    this.#root = root;
    this.#texts = new Texts(root, drafted);
    this.#readManifest();
    this.#list();
  }

  /** What lies among the components and can't be placed, a sentence each. */
  get unseen(): readonly string[] {
    return unseen(this.#texts);
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** What a component looks like from outside; nothing where there is none, or where `prepare` has not met it. */
  find(component: string): Blueprint | undefined {
    return this.#loaded.get(this.#resolve(component) ?? '')?.blueprint;
  }

  /** Loads every component that there is. Those that can't be loaded are there too, and say why. */
  async all(): Promise<readonly Blueprint[]> {
    this.#list();
    const nodes = this.names.map(name => ({ name, component: name, metadata: {}, place: { line: 1, column: 1 } }));
    await this.prepare({ ...empty(), nodes });
    return this.names.flatMap(name => this.find(name) ?? []);
  }

  /** Where the source of a component is; nothing where there is no such component. */
  source(component: string): Files | undefined {
    const name = this.#resolve(component);
    const { path, tests } = this.#entries.get(name ?? '') ?? {};
    const language = LANGUAGES[path?.split('.').at(-1) as keyof typeof LANGUAGES];
    if (!name || !path || !language) return;
    const at = (file: string) => join(this.#root, file);
    return { name, path: at(path), language, ...(tests && { tests: at(tests) }) };
  }

  /** What a file of a component holds; nothing where it is not there. */
  text(file: string): string | undefined {
    return this.#texts.read(relative(this.#root, file));
  }

  /** The graph behind a component that is one, as it is in its file now. Throws where that can't be read. */
  graph(component: string): Reading | undefined {
    const entry = this.#entries.get(this.#resolve(component) ?? '');
    return entry && !entry.elementary ? this.#read(entry) : undefined;
  }

  /** The graph behind a component that is one. */
  subgraph(component: string): Graph | undefined {
    return this.#loaded.get(this.#resolve(component) ?? '')?.graph;
  }

  /**
   * Loads every component that a graph names, those in its subgraphs too, anew where the file has changed. Returns the
   * subgraphs as they were read, and a text that differs whenever a component is another one than before.
   */
  async prepare(graph: Graph): Promise<{ subgraphs: readonly Reading[]; stamp: string }> {
    this.#list();
    const seen = new Set<string>();
    const subgraphs: Reading[] = [];
    const visit = async ({ file, nodes }: Graph, within: readonly string[]): Promise<Fault[]> => {
      const loops: Fault[] = [];
      for (const { component, name: node, place } of nodes) {
        const name = this.#resolve(component);
        if (name && within.includes(name))
          loops.push({ file, ...place, sentence: `${component} contains itself; take ${node} out` });
        if (!name || seen.has(name)) continue;
        seen.add(name);
        const entry = this.#entries.get(name)!;
        if (entry.elementary) await this.#load(name, entry);
        else subgraphs.push(await this.#loadSubgraph(name, entry, [...within, name], visit));
      }
      return loops;
    };
    await visit(graph, []);
    const stamp = [...seen].map(name => `${name}@${this.#loaded.get(name)?.mark}`).join();
    return { subgraphs, stamp };
  }

  /** A loader for one network, with what is prepared now: later changes of files do not reach it. */
  loader(): ComponentLoader {
    const loader = new ComponentLoader(this.#root);
    loader.components = {};
    for (const [name, { factory }] of this.#loaded) if (factory) loader.components[name] = factory;
    loader.ready = true;
    return loader;
  }

  /** What to do so that there is a component of another library; undefined if its library is not even installed. */
  cure(component: string): string | undefined {
    const [library = '', name] = component.split('/');
    const folder = `node_modules/noflo-${library}`;
    if (name === undefined || !/^[\w-]+$/.test(library) || this.#texts.mark(folder) === undefined) return;
    if (this.names.some(known => known.startsWith(`${library}/`))) return;
    return `noflo-${library} is installed; "npm run manifest" lists its components in fbp.json`;
  }

  /** Takes over what fbp.json lists where it was changed. Throws a sentence if it can't be read. */
  #readManifest(): void {
    const file = join(this.#root, 'fbp.json');
    const mark = this.#texts.mark('fbp.json');
    if (mark !== undefined && mark === this.#manifest) return;
    let manifest: Manifest;
    try {
      manifest = JSON.parse(readText(file));
    } catch (error) {
      throw new Error(`${file} can't be read: ${(error as Error).message}; "npm run manifest" makes it`);
    }
    this.#manifest = mark;
    this.#foreign = named(manifest.modules.filter(module => module.name !== NAMESPACE));
  }

  #list(): void {
    try {
      this.#readManifest();
    } catch {
      // It is being written, or was spoilt: what it listed before still holds.
    }
    this.#entries = new Map([...named([own(this.#texts)]), ...this.#foreign]);
  }

  /** NoFlo finds `Router` for `chat/Router` as well. */
  #resolve(component: string): string | undefined {
    if (this.#entries.has(component)) return component;
    return this.names.find(name => name.split('/')[1] === component);
  }

  async #load(name: string, { path }: Entry): Promise<void> {
    const mark = this.#texts.mark(path);
    if (mark === undefined) this.#loaded.set(name, { mark: '', blueprint: broken(name, `${path} is gone`) });
    else if (this.#loaded.get(name)?.mark !== mark) {
      this.#loaded.set(name, { mark, ...(await this.#import(name, path)) });
    }
  }

  async #import(name: string, path: string): Promise<Made | { blueprint: Blueprint }> {
    let end = () => {};
    try {
      const file = join(this.#root, path);
      const other = loadOther(file, this.#texts.read(path) ?? '');
      if (other) return insulated(made(name, other));
      stripLibraries(file);
      const module = this.#texts.module(path);
      end = module.end;
      const loaded = await load(name, module.url);
      return name.startsWith(`${NAMESPACE}/`) ? loaded : insulated(loaded);
    } catch (error) {
      const { message: reason = String(error) } = Object(error) as Partial<Error>;
      return { blueprint: broken(name, reason.replaceAll(`${this.#root}/`, '')) };
    } finally {
      end();
    }
  }

  async #loadSubgraph(
    name: string,
    entry: Entry,
    within: readonly string[],
    visit: (graph: Graph, within: readonly string[]) => Promise<Fault[]>,
  ): Promise<Reading> {
    const mark = this.#texts.mark(entry.path) ?? '';
    let reading: Reading;
    try {
      reading = this.#read(entry);
    } catch (error) {
      this.#loaded.set(name, { mark, blueprint: broken(name, (error as Error).message) });
      return { graph: { ...empty(), file: entry.path }, faults: [], warnings: [] };
    }
    const { graph } = reading;
    const loops = await visit(graph, within);
    // What it looked like before says nothing about a graph that contains itself.
    const find = (inner: string) => (within.includes(this.#resolve(inner) ?? '') ? undefined : this.find(inner));
    this.#loaded.set(name, { mark, blueprint: outside(name, graph, { names: this.names, find }), graph });
    return { ...reading, faults: [...reading.faults, ...loops] };
  }

  #read({ path }: Entry): Reading {
    const text = this.#texts.read(path);
    if (text === undefined) throw new Error(`${path} is gone`);
    return read(path, text, this.#texts.read(sidecar(path)) ?? '');
  }
}

function named(modules: Manifest['modules']): ReadonlyMap<string, Entry> {
  return new Map(modules.flatMap(module => module.components.map(entry => [`${module.name}/${entry.name}`, entry])));
}

function broken(name: string, reason: string): Blueprint {
  return { name, description: '', icon: '', inports: [], outports: [], broken: reason };
}
