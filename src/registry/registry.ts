import { join, relative } from 'node:path';
import { ComponentLoader } from 'noflo';
import { indexGraph, specsOf, wiringOf } from '../check/graph-index.ts';
import { storesIn } from '../check/ports.ts';
import { sidecar } from '../fbp/print.ts';
import { readGraph } from '../fbp/read.ts';
import { readTextFile } from '../files/contents.ts';
import type { Log } from '../log.ts';
import type { ComponentLookup, ComponentSpec, PortSpec } from '../model/component-spec.ts';
import { diagnostic } from '../model/diagnostic.ts';
import { emptyGraph, type Fault, type Graph, lowerCasePorts, type OuterPort, type Reading } from '../model/graph.ts';
import { sentOn } from '../model/ports.ts';
import { type Factory, insulated, load, loadOther, type Made, made, stripLibraries } from './module.ts';
import {
  COMPANION_FILE,
  COMPONENT_FILE,
  type Manifest,
  type ManifestEntry,
  NAMESPACE,
  own,
  SourceFiles,
  type SourceOverrides,
} from './sources.ts';

/** Sentences about files in components/ that can't be placed, with the cure. */
function unseen(texts: SourceFiles): readonly string[] {
  const first = new Map<string, string>();
  return texts.list('components').flatMap(file => {
    const path = `components/${file}`;
    if (COMPANION_FILE.test(file)) return [];
    if (texts.isFolder(path)) return [`${path}/ is not looked into; put its components into components/ itself`];
    const name = COMPONENT_FILE.exec(file)?.[1];
    if (!name)
      return [
        `${path} is no component; its name has letters, digits, _ and - and ends in .ts, .js, .mjs, .cjs or .coffee`,
      ];
    const before = first.get(name);
    first.set(name, path);
    return before ? [`${before} and ${path} are both ${NAMESPACE}/${name}; rename one of them`] : [];
  });
}

/** Returns a function that warns once of each component file that can't be placed. */
export function unseenTeller(library: Registry, log: Log): () => void {
  let told: readonly string[] = [];
  return () => {
    const { unseen } = library;
    for (const sentence of unseen) if (!told.includes(sentence)) log.warn(sentence);
    told = unseen;
  };
}

/** A component or subgraph as last read from its file. */
interface Loaded {
  readonly spec: ComponentSpec;
  /** Changes with the file's content; then it is read again. */
  readonly etag: string;
  readonly factory?: Factory;
  readonly graph?: Graph;
}

/** Languages of components by file extension. */
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

/** A component's files, by absolute path. */
export interface Files {
  /** Name with its library: `chat/Router`. */
  readonly name: string;
  readonly path: string;
  readonly language: (typeof LANGUAGES)[keyof typeof LANGUAGES];
  /** Path of its tests, in fbp-spec's format. */
  readonly tests?: string;
}

/** Finds the components that fbp.json lists, and loads those that a graph names. */
export class Registry implements ComponentLookup {
  readonly #root: string;
  readonly #texts: SourceFiles;
  /** Components of other libraries, from fbp.json. */
  #foreign: ReadonlyMap<string, ManifestEntry> = new Map();
  #manifest: string | undefined;
  readonly #loaded = new Map<string, Loaded>();
  #entries: ReadonlyMap<string, ManifestEntry> = new Map();

  /** Reads fbp.json in the folder `root`; drafted texts override files. Throws a sentence if it can't be read. */
  constructor(root: string, drafted?: SourceOverrides) {
    this.#root = root;
    this.#texts = new SourceFiles(root, drafted);
    this.#readManifest();
    this.#list();
  }

  /** Sentences about component files that can't be placed. */
  get unseen(): readonly string[] {
    return unseen(this.#texts);
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** A component's interface; undefined if it is unknown or was not loaded by `prepare`. */
  find(component: string): ComponentSpec | undefined {
    return this.#loaded.get(this.#resolve(component) ?? '')?.spec;
  }

  /** Loads all components. Broken ones are included, with the reason. */
  async all(): Promise<readonly ComponentSpec[]> {
    this.#list();
    const nodes = this.names.map(name => ({ name, component: name, metadata: {}, place: { line: 1, column: 1 } }));
    await this.prepare({ ...emptyGraph(), nodes });
    return this.names.flatMap(name => this.find(name) ?? []);
  }

  /** A component's files; undefined if it is unknown. */
  source(component: string): Files | undefined {
    const name = this.#resolve(component);
    const { path, tests } = this.#entries.get(name ?? '') ?? {};
    const language = LANGUAGES[path?.split('.').at(-1) as keyof typeof LANGUAGES];
    if (!name || !path || !language) return;
    const at = (file: string) => join(this.#root, file);
    return { name, path: at(path), language, ...(tests && { tests: at(tests) }) };
  }

  /** A component file's text; undefined if it does not exist. */
  text(file: string): string | undefined {
    return this.#texts.read(relative(this.#root, file));
  }

  /** The graph of a subgraph component, parsed from its present file. Throws if it can't be read. */
  graph(component: string): Reading | undefined {
    const entry = this.#entries.get(this.#resolve(component) ?? '');
    return entry && !entry.elementary ? this.#read(entry) : undefined;
  }

  /** The graph of a subgraph component. */
  subgraph(component: string): Graph | undefined {
    return this.#loaded.get(this.#resolve(component) ?? '')?.graph;
  }

  /**
   * Loads every component that a graph and its subgraphs name, and reloads changed files. Returns the parsed subgraphs
   * and a fingerprint that changes with any component.
   */
  async prepare(graph: Graph): Promise<{ subgraphs: readonly Reading[]; fingerprint: string }> {
    this.#list();
    const seen = new Set<string>();
    const subgraphs: Reading[] = [];
    const visit = async ({ file, nodes }: Graph, within: readonly string[]): Promise<Fault[]> => {
      const loops: Fault[] = [];
      for (const { component, name: node, place } of nodes) {
        const name = this.#resolve(component);
        if (name && within.includes(name))
          loops.push({ file, ...place, ...diagnostic('subgraph-loop', { component, node }) });
        if (!name || seen.has(name)) continue;
        seen.add(name);
        const entry = this.#entries.get(name)!;
        if (entry.elementary) await this.#load(name, entry);
        else subgraphs.push(await this.#loadSubgraph(name, entry, [...within, name], visit));
      }
      return loops;
    };
    await visit(graph, []);
    const fingerprint = [...seen].map(name => `${name}@${this.#loaded.get(name)?.etag}`).join();
    return { subgraphs, fingerprint };
  }

  /** A loader for one network, of the components as prepared now: later file changes don't affect it. */
  loader(): ComponentLoader {
    const loader = new ComponentLoader(this.#root);
    loader.components = {};
    for (const [name, { factory }] of this.#loaded) if (factory) loader.components[name] = factory;
    loader.ready = true;
    return loader;
  }

  /** How to install a missing component of another library; undefined if its library is missing too. */
  cure(component: string): string | undefined {
    const [library = '', name] = component.split('/');
    const folder = `node_modules/noflo-${library}`;
    if (name === undefined || !/^[\w-]+$/.test(library) || this.#texts.etag(folder) === undefined) return;
    if (this.names.some(known => known.startsWith(`${library}/`))) return;
    return `noflo-${library} is installed; "npm run manifest" lists its components in fbp.json`;
  }

  /** Reads fbp.json if it has changed. Throws a sentence if it can't be read. */
  #readManifest(): void {
    const file = join(this.#root, 'fbp.json');
    const etag = this.#texts.etag('fbp.json');
    if (etag !== undefined && etag === this.#manifest) return;
    let manifest: Manifest;
    try {
      manifest = JSON.parse(readTextFile(file));
    } catch (error) {
      throw new Error(`${file} can't be read: ${(error as Error).message}; "npm run manifest" makes it`);
    }
    this.#manifest = etag;
    this.#foreign = named(manifest.modules.filter(module => module.name !== NAMESPACE));
  }

  #list(): void {
    try {
      this.#readManifest();
    } catch {
      // It is being written, or damaged: keep the previous list.
    }
    this.#entries = new Map([...named([own(this.#texts)]), ...this.#foreign]);
  }

  /** NoFlo also finds `chat/Router` as `Router`. */
  #resolve(component: string): string | undefined {
    if (this.#entries.has(component)) return component;
    return this.names.find(name => name.split('/')[1] === component);
  }

  async #load(name: string, { path }: ManifestEntry): Promise<void> {
    const etag = this.#texts.etag(path);
    if (etag === undefined) this.#loaded.set(name, { etag: '', spec: broken(name, `${path} is gone`) });
    else if (this.#loaded.get(name)?.etag !== etag) {
      this.#loaded.set(name, { etag, ...(await this.#import(name, path)) });
    }
  }

  async #import(name: string, path: string): Promise<Made | { spec: ComponentSpec }> {
    let end = () => {};
    try {
      const file = this.#texts.file(path);
      const other = loadOther(file, this.#texts.read(path) ?? '');
      if (other) return insulated(made(name, other));
      stripLibraries(file);
      const module = this.#texts.module(path);
      end = module.end;
      const loaded = await load(name, module.url);
      return name.startsWith(`${NAMESPACE}/`) ? loaded : insulated(loaded);
    } catch (error) {
      const { message: reason = String(error) } = Object(error) as Partial<Error>;
      return { spec: broken(name, reason.replaceAll(`${this.#root}/`, '')) };
    } finally {
      end();
    }
  }

  async #loadSubgraph(
    name: string,
    entry: ManifestEntry,
    within: readonly string[],
    visit: (graph: Graph, within: readonly string[]) => Promise<Fault[]>,
  ): Promise<Reading> {
    const etag = this.#texts.etag(entry.path) ?? '';
    let reading: Reading;
    try {
      reading = this.#read(entry);
    } catch (error) {
      this.#loaded.set(name, { etag, spec: broken(name, (error as Error).message) });
      return { graph: { ...emptyGraph(), file: entry.path }, faults: [], warnings: [] };
    }
    const { graph } = reading;
    const loops = await visit(graph, within);
    // In a graph that contains itself, its earlier interface is meaningless.
    const find = (inner: string) => (within.includes(this.#resolve(inner) ?? '') ? undefined : this.find(inner));
    this.#loaded.set(name, { etag, spec: outside(name, graph, { names: this.names, find }), graph });
    return { ...reading, faults: [...reading.faults, ...loops] };
  }

  #read({ path }: ManifestEntry): Reading {
    const text = this.#texts.read(path);
    if (text === undefined) throw new Error(`${path} is gone`);
    return readGraph(path, text, this.#texts.read(sidecar(path)) ?? '');
  }
}

function named(modules: Manifest['modules']): ReadonlyMap<string, ManifestEntry> {
  return new Map(modules.flatMap(module => module.components.map(entry => [`${module.name}/${entry.name}`, entry])));
}

function broken(name: string, reason: string): ComponentSpec {
  return { name, description: '', icon: '', inports: [], outports: [], broken: reason };
}

/** A graph's interface as a node: its outer ports, described like the inner ones. */
export function outside(name: string, read: Graph, catalogue: ComponentLookup): ComponentSpec {
  const graph = lowerCasePorts(read);
  const ports = (outers: readonly OuterPort[], side: 'inports' | 'outports'): PortSpec[] =>
    outers.flatMap(outer => {
      const component = graph.nodes.find(node => node.name === outer.node)?.component;
      const inner = component && catalogue.find(component)?.[side].find(port => port.name === outer.port);
      return inner ? [{ ...through(inner, outer.node), name: outer.name }] : [];
    });
  const wiring = wiringOf(graph, specsOf(graph, catalogue));
  /** The types of forwarded packets are those of an outer inport, or known; inner settings are not its own. */
  const through = ({ sameAs, when: _, ...port }: PortSpec, node: string): PortSpec => {
    if (sameAs === undefined) return port;
    const { schemas, outers, isKnown } = sentOn({ node, port: sameAs }, wiring);
    const [only, ...others] = isKnown ? [...schemas, ...outers] : [];
    if (only === undefined || others.length > 0) return port;
    return schemas.length > 0 ? { ...port, schema: only } : { ...port, sameAs: only };
  };
  const inports = ports(graph.inports, 'inports');
  const outports = ports(graph.outports, 'outports');
  return {
    name,
    description: String(graph.properties.description ?? ''),
    icon: String(graph.properties.icon ?? 'sitemap'),
    inports,
    outports,
    stores: storesIn(indexGraph(graph, catalogue)),
    vague: inports.length < graph.inports.length || outports.length < graph.outports.length,
  };
}
