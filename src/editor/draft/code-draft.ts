import { mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { GraphDocument } from '../../fbp/document.ts';
import { sidecar } from '../../fbp/print.ts';
import { contents, type Prepared, prepareFile, removeFile } from '../../files/contents.ts';
import { type DifferenceItem, itemOf, subgraphDifference } from '../../model/difference.ts';
import type { Graph } from '../../model/graph.ts';
import { Refused } from '../../model/refused.ts';
import type { SourceOverrides as Texts } from '../../registry/sources.ts';

/** A file with its intended contents; undefined to remove it. */
export interface FileContent {
  readonly path: string;
  readonly text: string | undefined;
}

/**
 * Writes files in the given order, each atomically; unchanged files are skipped. Returns a function that restores the
 * previous contents, unless a file was changed since. Throws errors of the file system.
 */
function put(files: readonly FileContent[]): () => void {
  const before = files.map(({ path }) => ({ path, text: contents(path) }));
  place(files);
  return () => {
    if (files.every(({ path, text }) => contents(path) === text)) place(before);
  };
}

/** As `put`; `what` names the files in the error. Throws Refused if they can't be written. */
export function save(what: string, files: readonly FileContent[]): () => void {
  try {
    return put(files);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Refused(`${what} can't be saved: ${code}; let the server write to its folder, or make room`);
  }
}

function place(files: readonly FileContent[]): void {
  const changed = files.filter(({ path, text }) => contents(path) !== text);
  const prepared: Prepared[] = [];
  try {
    for (const { path, text } of changed) {
      if (text === undefined) continue;
      mkdirSync(dirname(path), { recursive: true });
      prepared.push(prepareFile(path, text));
    }
    for (const one of prepared) one.place();
    for (const { path, text } of changed) if (text === undefined) removeFile(path);
  } finally {
    for (const one of prepared) one.discard();
  }
}

/** A drafted file; its path is relative to the project's folder. */
interface DraftedFile {
  readonly path: string;
  /** Undefined to remove the file. */
  readonly text: string | undefined;
  /** The file's contents when it was drafted; undefined if it didn't exist. */
  readonly before: string | undefined;
}

/** The drafted files of a component: its source and its tests. */
export interface DraftedComponent {
  /** Its name in graphs: `chat/Slow`. */
  readonly name: string;
  readonly files: readonly DraftedFile[];
}

/** Limit of all drafted files, in characters. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

/** The code of the draft; it is written to files on publishing. */
export class CodeDraft implements Texts {
  readonly #root: string;
  #all: ReadonlyMap<string, DraftedComponent> = new Map();
  #texts: ReadonlyMap<string, string | undefined> = new Map();
  #version = 0;

  constructor(root: string) {
    this.#root = root;
  }

  get all(): readonly DraftedComponent[] {
    return [...this.#all.values()];
  }

  get names(): readonly string[] {
    return [...this.#all.keys()];
  }

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  get texts(): ReadonlyMap<string, string | undefined> {
    return this.#texts;
  }

  /** Changes with every change of the code. */
  get version(): number {
    return this.#version;
  }

  /**
   * Drafts files of a component, replacing earlier drafts of them; files equal to those on disk are no draft. They are
   * based on the files on disk, or on the earlier draft if `isBasedOnDraft`. Returns a function that undoes it. Throws
   * Refused if the draft would become too large.
   */
  take(name: string, files: readonly FileContent[], isBasedOnDraft = false): () => void {
    const known = this.#all.get(name);
    const bases = new Map((isBasedOnDraft ? (known?.files ?? []) : []).map(({ path, before }) => [path, before]));
    const fresh = files.map(({ path: file, text }) => {
      const path = relative(this.#root, file);
      return { path, text, before: bases.has(path) ? bases.get(path) : contents(file) };
    });
    const kept = (known?.files ?? []).filter(({ path }) => fresh.every(one => one.path !== path));
    const all = new Map(this.#all).set(name, { name, files: [...kept, ...fresh] });
    if (lettersOf(all) > MAX_CHARACTERS)
      throw new Refused('the draft has as much code as it may; publish or discard it first');
    this.#become(all);
    this.prune();
    return () => this.#restore(name, known);
  }

  /** Discards the drafted files of a component. Returns a function that undoes it. */
  drop(name: string): () => void {
    const known = this.#all.get(name);
    if (!known) return () => {};
    this.#restore(name, undefined);
    return () => this.#restore(name, known);
  }

  /** Restores saved drafts, except those of components that were drafted again. */
  resume(drafted: readonly DraftedComponent[]): void {
    const lost = drafted.filter(({ name }) => !this.#all.has(name));
    if (lost.length === 0) return;
    this.#become(new Map([...this.#all, ...lost.map(one => [one.name, one] as const)]));
    this.prune();
  }

  clear(): void {
    if (!this.isEmpty) this.#become(new Map());
  }

  /** Drops components whose files equal their drafts. */
  prune(): void {
    const open = [...this.#all].filter(([, { files }]) => files.some(({ path, text }) => this.now(path) !== text));
    if (open.length < this.#all.size) this.#become(new Map(open));
  }

  /** The present contents of a file; undefined if it doesn't exist. */
  now(path: string): string | undefined {
    return contents(join(this.#root, path));
  }

  /** Files that were changed by hand since they were drafted, with their components. */
  stale(): readonly { readonly name: string; readonly path: string }[] {
    return this.all.flatMap(({ name, files }) =>
      files
        .filter(({ path, text, before }) => ![text, before].includes(this.now(path)))
        .map(({ path }) => ({ name, path })),
    );
  }

  /**
   * Writes all drafts to their files, or only those of subgraphs. Returns a function that undoes it and restores the
   * drafts. Throws Refused.
   */
  place(isSubgraphsOnly = false): () => void {
    const all = isSubgraphsOnly ? this.all.filter(isSubgraph) : this.all;
    const names = all.map(({ name }) => name);
    const files = all.flatMap(one => one.files.map(({ path, text }) => ({ path: join(this.#root, path), text })));
    const restore = save(names.join(', '), files);
    return () => {
      restore();
      this.resume(all);
    };
  }

  #restore(name: string, drafted: DraftedComponent | undefined): void {
    const all = new Map(this.#all);
    if (drafted) all.set(name, drafted);
    else all.delete(name);
    this.#become(all);
  }

  #become(all: ReadonlyMap<string, DraftedComponent>): void {
    this.#all = all;
    this.#texts = new Map(this.all.flatMap(({ files }) => files.map(({ path, text }) => [path, text])));
    this.#version += 1;
  }
}

function lettersOf(all: ReadonlyMap<string, DraftedComponent>): number {
  const letters = [...all.values()].flatMap(({ files }) => files.map(({ text }) => text?.length ?? 0));
  return letters.reduce((sum, length) => sum + length, 0);
}

/** The differences of drafted components from their files; `graph` is used to find their nodes. */
export function codeItems(drafted: readonly DraftedComponent[], graph: Graph): readonly DifferenceItem[] {
  return drafted.flatMap(component => {
    const { name, files } = component;
    const change = files.every(({ before }) => before === undefined) ? 'added' : 'changed';
    const nodes = nodesOf(graph, name);
    return sentencesOf(component).map(sentence => itemOf('component', change, name, nodes, sentence));
  });
}

/** Whether a file is a graph; a layout sidecar isn't. */
export const isGraphFile = (path: string): boolean => /\.(?:fbp|json)$/.test(path);

/** Whether a drafted component is a subgraph. */
export const isSubgraph = ({ files }: DraftedComponent): boolean => files.some(({ path }) => isGraphFile(path));

const compared = new WeakMap<DraftedComponent, readonly string[]>();

/** The differences of a component from its files; cached, as comparing graphs takes long. */
function sentencesOf(component: DraftedComponent): readonly string[] {
  const known = compared.get(component);
  if (known) return known;
  const { name, files } = component;
  const graph = files.find(({ path }) => isGraphFile(path));
  const changed = files.filter(({ text, before }) => text !== before);
  const sentences = graph
    ? subgraphSentences(
        name,
        graph,
        files.find(({ path }) => path === sidecar(graph.path)),
      )
    : [`${name.split('/')[1]}: ${changed.map(sentence).toReversed().join(', ')}`];
  compared.set(component, sentences);
  return sentences;
}

function subgraphSentences(component: string, file: DraftedFile, layout: DraftedFile | undefined): readonly string[] {
  const name = component.split('/')[1]!;
  const graph = (text: string, beside = '') => new GraphDocument(file.path, text, beside).graph;
  const before = file.before === undefined ? undefined : graph(file.before, layout?.before);
  const sentences = subgraphDifference(name, before, graph(file.text ?? '', layout?.text));
  return sentences.length > 0 ? sentences : [`in ${name}: the text is another one`];
}

/** The nodes of a component, by its full or its bare name. */
export function nodesOf({ nodes }: Graph, component: string): readonly string[] {
  const bare = component.split('/')[1];
  return nodes.filter(node => node.component === component || node.component === bare).map(({ name }) => name);
}

function sentence({ path, before }: DraftedFile): string {
  const isNew = before === undefined;
  if (path.startsWith('spec/')) return isNew ? 'its tests are new' : 'its tests are other ones';
  return isNew ? 'its code is new' : 'its code is another one';
}
