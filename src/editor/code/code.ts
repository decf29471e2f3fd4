import { join, relative } from 'node:path';
import { check, print, verdict } from '../../check.ts';
import { empty } from '../../fbp/empty.ts';
import { sidecar, write } from '../../fbp/print.ts';
import { type Fault, read } from '../../fbp.ts';
import { NAMESPACE } from '../../library/manifest.ts';
import type { Files, Library } from '../../library.ts';
import { Turns } from '../../turns.ts';
import type { DraftCode } from '../draft/code.ts';
import { type Client, type Payload, Refused } from '../protocol/message.ts';
import { type Content, save } from './files.ts';
import { type Order, order } from './order.ts';
import { type Result, tryOut } from './trial.ts';

/** A component whose file an editor has just changed. */
export interface Taken {
  /** As graphs name it: `chat/Slow`. */
  readonly name: string;
  /** Whose doing it is. */
  readonly by: string;
  /** Puts back the file that was there before, or takes the new one away; does nothing where it was changed since. */
  restore(): void;
}

export interface Bench {
  readonly root: string;
  readonly library: Library;
  /** Milliseconds that a component which is tried out may be silent. */
  readonly patience?: number;
  /** Where code waits until it is published; nothing where it goes live at once. */
  waiting(): DraftCode | undefined;
  /** Has to hear that code came there. */
  drafted(client: Client): Promise<void>;
  /** Makes a revision with what was taken. Rejects with why that can't be. */
  taken(taken: Taken): Promise<void>;
}

/** Takes in source from editors, one after another: tries it out first, and saves or drafts it only if it is good. */
export class Code {
  readonly #bench: Bench;
  readonly #turns = new Turns();

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  /** Returns the component's name with the library's. Rejects with Refused, and then nothing has changed. */
  take(payload: Payload, client: Client): Promise<string> {
    const wanted = order(payload);
    return this.#turns.take(() => this.#take(wanted, client));
  }

  /** Tries source out, and saves nothing: how its tests went. Rejects with Refused where it is broken. */
  async check(payload: Payload): Promise<readonly Result[]> {
    const wanted = order(payload);
    const name = `${NAMESPACE}/${wanted.name}`;
    const known = this.#bench.library.source(name);
    if (!isGraph(wanted.ending)) return (await this.#tried(name, wanted, known)).results;
    await this.#graph(name, wanted, known);
    return [];
  }

  async #take(wanted: Order, client: Client): Promise<string> {
    const name = `${NAMESPACE}/${wanted.name}`;
    const known = this.#bench.library.source(name);
    const made = isGraph(wanted.ending)
      ? await this.#graph(name, wanted, known)
      : await this.#component(name, wanted, known);
    const draft = this.#bench.waiting();
    const restore = draft ? draft.take(name, made) : save(name, made);
    try {
      if (isGraph(wanted.ending)) await this.#refuseLoops(name);
      if (draft) await this.#bench.drafted(client);
      else await this.#bench.taken({ name, by: client.by, restore });
    } catch (error) {
      restore();
      throw new Refused(`${name} stays as it was: ${(error as Error).message}`);
    }
    return name;
  }

  async #component(name: string, wanted: Order, known: Files | undefined): Promise<readonly Content[]> {
    const { path, suite, results } = await this.#tried(name, wanted, known);
    const wrong = results.flatMap(one => one.wrong ?? []);
    if (wrong.length > 0) throw new Refused(wrong.slice(0, MOST_TOLD).join('\n'));
    const { code, tests } = wanted;
    return [...(tests === undefined ? [] : [{ path: suite, text: tests }]), { path, text: code }];
  }

  /** Tries a component out with its tests, those that are sent or else those in its file, as it would be saved. */
  async #tried(name: string, { ending, code, tests }: Order, known: Files | undefined) {
    const { root, patience } = this.#bench;
    const language = ending === 'ts' ? 'typescript' : 'javascript';
    if (known && known.language !== language) {
      throw new Refused(`${name} is written in ${known.language}, not in ${language}; take another name`);
    }
    const path = known?.path ?? join(root, 'components', `${name.split('/')[1]}.${ending}`);
    const suite = known?.tests ?? join(root, 'spec', `${name.split('/')[1]}.yaml`);
    const told = tests ?? this.#bench.library.text(suite);
    const subject = {
      name,
      root,
      file: relative(root, path),
      code,
      ...(told !== undefined && { tests: { file: relative(root, suite), text: told } }),
    };
    const results = await tryOut(subject, patience);
    return { path, suite, results };
  }

  async #graph(name: string, { ending, code }: Order, known: Files | undefined): Promise<readonly Content[]> {
    const { root, library } = this.#bench;
    if (known && !isGraph(known.language)) {
      throw new Refused(`${name} is written in ${known.language}, and is no graph; take another name`);
    }
    const path = known?.path ?? join(root, 'graphs', `${name.split('/')[1]}.fbp`);
    const file = relative(root, path);
    const as = file.replace(/(?<!\w)\w+$/, ending);
    const before = { text: library.text(path) ?? '', layout: library.text(sidecar(path)) ?? '' };
    const { graph, faults } = read(as, code, as === file ? before.layout : '');
    refuse(faults);
    await library.prepare(graph);
    refuse(verdict(check(graph, library)).faults);
    const { text, layout } = as === file ? { text: code, layout: before.layout } : write({ ...graph, file }, before);
    return [
      { path: sidecar(path), text: layout || undefined },
      { path, text },
    ];
  }

  async #refuseLoops(name: string): Promise<void> {
    const place = { line: 1, column: 1 };
    const only = { ...empty(), nodes: [{ name, component: name, metadata: {}, place }] };
    const { subgraphs } = await this.#bench.library.prepare(only);
    refuse(subgraphs.flatMap(({ faults }) => faults));
  }
}

const MOST_TOLD = 10;

function isGraph(language: string): boolean {
  return language === 'fbp' || language === 'json';
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length > 0) throw new Refused(faults.slice(0, MOST_TOLD).map(print).join('\n'));
}
