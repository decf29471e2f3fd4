import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Component, ComponentLoader } from 'noflo';
import type { Blueprint, Catalogue, Port } from './check.ts';
import { type Fault, type Graph, type Reading, read } from './fbp.ts';
import { type Entry, type Manifest, NAMESPACE, own } from './manifest.ts';
import { outside } from './subgraph.ts';

type Factory = (metadata?: object) => Component;

/** A component or subgraph as it was read from its file last. */
interface Loaded {
  readonly blueprint: Blueprint;
  /** When the file was changed, in milliseconds; a later one is read anew. */
  readonly changed: number;
  readonly factory?: Factory;
  readonly graph?: Graph;
}

/** Which components there are, as fbp.json lists them, and loading those that a graph names. */
export class Library implements Catalogue {
  readonly #root: string;
  readonly #foreign: ReadonlyMap<string, Entry>;
  readonly #loaded = new Map<string, Loaded>();
  #entries: ReadonlyMap<string, Entry> = new Map();

  /** Reads fbp.json in the folder `root`. Throws a sentence where that cannot be. */
  constructor(root: string) {
    this.#root = root;
    const file = join(root, 'fbp.json');
    let manifest: Manifest;
    try {
      manifest = JSON.parse(readFileSync(file, 'utf8'));
    } catch (error) {
      throw new Error(`${file} can't be read: ${(error as Error).message}; "npm run manifest" makes it`);
    }
    this.#foreign = named(manifest.modules.filter(module => module.name !== NAMESPACE));
    this.#list();
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** What a component looks like from outside; nothing where there is none, or where `prepare` has not met it. */
  find(component: string): Blueprint | undefined {
    return this.#loaded.get(this.#resolve(component) ?? '')?.blueprint;
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
        else subgraphs.push(await this.#loadSubgraph(name, entry, graph => visit(graph, [...within, name])));
      }
      return loops;
    };
    await visit(graph, []);
    const stamp = [...seen].map(name => `${name}@${this.#loaded.get(name)?.changed}`).join();
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

  #list(): void {
    this.#entries = new Map([...named([own(this.#root)]), ...this.#foreign]);
  }

  /** NoFlo finds `Router` for `chat/Router` as well. */
  #resolve(component: string): string | undefined {
    if (this.#entries.has(component)) return component;
    return this.names.find(name => name.split('/')[1] === component);
  }

  async #load(name: string, { path }: Entry): Promise<void> {
    const file = join(this.#root, path);
    const changed = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (changed === undefined) {
      this.#loaded.set(name, { changed: 0, blueprint: broken(name, `${path} is gone`) });
      return;
    }
    const known = this.#loaded.get(name);
    if (known?.changed === changed) return;
    const url = pathToFileURL(file).href + (known ? `?changed=${changed}` : '');
    this.#loaded.set(name, { changed, ...(await importComponent(name, url)) });
  }

  async #loadSubgraph(name: string, { path }: Entry, visit: (graph: Graph) => Promise<Fault[]>): Promise<Reading> {
    const file = join(this.#root, path);
    const changed = statSync(file).mtimeMs;
    const { graph, faults } = read(path, readFileSync(file, 'utf8'));
    // What it looked like before says nothing about a graph that contains itself.
    this.#loaded.delete(name);
    const loops = await visit(graph);
    this.#loaded.set(name, { changed, blueprint: outside(name, graph, this), graph });
    return { graph, faults: [...faults, ...loops] };
  }
}

function named(modules: Manifest['modules']): ReadonlyMap<string, Entry> {
  return new Map(modules.flatMap(module => module.components.map(entry => [`${module.name}/${entry.name}`, entry])));
}

/** Milliseconds that a component's file may take to load. */
const PATIENCE = 5000;

/** Imports a module. Rejects where it fails, or where it awaits something that never comes. */
async function importInTime(url: string): Promise<{ getComponent?: Factory; default?: { getComponent?: Factory } }> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it does not finish loading in ${PATIENCE / 1000} s`)), PATIENCE);
  });
  try {
    return await Promise.race([import(url), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function importComponent(name: string, url: string): Promise<Omit<Loaded, 'changed'>> {
  try {
    const module = await importInTime(url);
    const factory: Factory | undefined = module.getComponent ?? module.default?.getComponent;
    if (!factory) return { blueprint: broken(name, 'it exports no getComponent') };
    const component: Partial<Component> | undefined = factory();
    if (!component?.inPorts || !component.outPorts) {
      return { blueprint: broken(name, 'its getComponent makes no NoFlo component') };
    }
    return { blueprint: blueprint(name, component as Component), factory };
  } catch (error) {
    return { blueprint: broken(name, error instanceof Error ? error.message : String(error)) };
  }
}

function blueprint(name: string, component: Component): Blueprint {
  const ports = (all: Record<string, unknown>): Port[] =>
    Object.entries(all as Record<string, { options: Record<string, unknown> }>).map(([port, { options }]) => ({
      name: port,
      datatype: String(options.datatype ?? 'all'),
      ...(typeof options.schema === 'string' && { schema: options.schema }),
      required: options.required === true,
      addressable: options.addressable === true,
      control: options.control === true,
      description: String(options.description ?? ''),
      preset: options.default !== undefined,
    }));
  return {
    name,
    description: component.getDescription(),
    icon: component.getIcon(),
    inports: ports(component.inPorts.ports),
    outports: ports(component.outPorts.ports),
  };
}

function broken(name: string, reason: string): Blueprint {
  return { name, description: '', icon: '', inports: [], outports: [], broken: reason };
}
