import { join, relative } from 'node:path';
import { contents } from '../../files/contents.ts';
import type { Drafted as Texts } from '../../library/texts.ts';
import { type Content, save } from '../code/files.ts';
import { type Client, Refused } from '../protocol/message.ts';

/** A file as it is drafted, its path relative to the project's folder. */
export interface DraftedFile {
  readonly path: string;
  /** Nothing where it is not to be there. */
  readonly text: string | undefined;
  /** What it held when it was drafted; nothing where it was not there. */
  readonly before: string | undefined;
}

/** The source of a component, and its tests, that are not in their files yet. */
export interface Drafted {
  /** As graphs name it: `chat/Slow`. */
  readonly name: string;
  readonly files: readonly DraftedFile[];
}

/** Characters of all that is drafted. */
const MOST = 4 * 1024 * 1024;

/** The part of the draft that is code: it is in no file before it is published. */
export class DraftCode implements Texts {
  readonly #root: string;
  #all: ReadonlyMap<string, Drafted> = new Map();
  #texts: ReadonlyMap<string, string | undefined> = new Map();
  #version = 0;

  constructor(root: string) {
    this.#root = root;
  }

  get all(): readonly Drafted[] {
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

  /** Differs after each change. */
  get version(): number {
    return this.#version;
  }

  /**
   * Takes files of a component in, which replace those that were drafted before; what its files hold already is no draft.
   * Returns how to make the draft of it what it was. Throws Refused where the draft would become too large.
   */
  take(name: string, files: readonly Content[]): () => void {
    const known = this.#all.get(name);
    const fresh = files.map(({ path, text }) => ({ path: relative(this.#root, path), text, before: contents(path) }));
    const kept = (known?.files ?? []).filter(({ path }) => fresh.every(one => one.path !== path));
    const all = new Map(this.#all).set(name, { name, files: [...kept, ...fresh] });
    if (lettersOf(all) > MOST) throw new Refused('the draft has as much code as it may; publish or discard it first');
    this.#become(all);
    this.tidy();
    return () => {
      const before = new Map(this.#all);
      if (known) before.set(name, known);
      else before.delete(name);
      this.#become(before);
    };
  }

  /** Takes in what was drafted once, but for components that are drafted anew. */
  resume(drafted: readonly Drafted[]): void {
    const lost = drafted.filter(({ name }) => !this.#all.has(name));
    if (lost.length === 0) return;
    this.#become(new Map([...this.#all, ...lost.map(one => [one.name, one] as const)]));
    this.tidy();
  }

  clear(): void {
    if (!this.isEmpty) this.#become(new Map());
  }

  /** Lets go of components whose files hold what is drafted. */
  tidy(): void {
    const open = [...this.#all].filter(([, { files }]) => files.some(({ path, text }) => this.now(path) !== text));
    if (open.length < this.#all.size) this.#become(new Map(open));
  }

  /** What a file holds now; nothing where it is not there. */
  now(path: string): string | undefined {
    return contents(join(this.#root, path));
  }

  /** Files that hold neither what they held when they were drafted nor what is drafted, each with its component. */
  overtaken(): readonly { readonly name: string; readonly path: string }[] {
    return this.all.flatMap(({ name, files }) =>
      files
        .filter(({ path, text, before }) => ![text, before].includes(this.now(path)))
        .map(({ path }) => ({ name, path })),
    );
  }

  /** Writes all that is drafted to its files. Returns how to take that back, after which it is drafted again. Throws Refused. */
  place(): () => void {
    const { all, names } = this;
    const files = all.flatMap(one => one.files.map(({ path, text }) => ({ path: join(this.#root, path), text })));
    const restore = save(names.join(', '), files);
    return () => {
      restore();
      this.resume(all);
    };
  }

  /** Why a client may not publish the draft; nothing where it may. */
  mayPublish({ rights }: Pick<Client, 'rights'>): string | undefined {
    if (this.isEmpty || rights.has('code')) return;
    const cure = 'publish it with a secret that may bring in code, or discard it';
    return `the draft has code of ${this.names.join(', ')}, and to publish it is to run that on this server; ${cure}`;
  }

  #become(all: ReadonlyMap<string, Drafted>): void {
    this.#all = all;
    this.#texts = new Map(this.all.flatMap(({ files }) => files.map(({ path, text }) => [path, text])));
    this.#version += 1;
  }
}

function lettersOf(all: ReadonlyMap<string, Drafted>): number {
  const letters = [...all.values()].flatMap(({ files }) => files.map(({ text }) => text?.length ?? 0));
  return letters.reduce((sum, length) => sum + length, 0);
}
