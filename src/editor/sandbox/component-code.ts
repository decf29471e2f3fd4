import { join, relative } from 'node:path';
import { check, checkResult } from '../../check/check.ts';
import { GraphDocument } from '../../fbp/document.ts';
import { sidecar } from '../../fbp/print.ts';
import type { ClientPayloads } from '../../model/editor-protocol.ts';
import { emptyGraph, type Fault } from '../../model/graph.ts';
import { Refused, refusedFiles } from '../../model/refused.ts';
import { visible } from '../../model/text.ts';
import { Mutex, type Turn } from '../../mutex.ts';
import type { Files, Registry } from '../../registry/registry.ts';
import { NAMESPACE } from '../../registry/sources.ts';
import { type CodeDraft, type FileContent, save } from '../draft/code-draft.ts';
import type { Client } from '../message.ts';
import { type CaseResult, tryOut } from './trial.ts';

/** Source code from an editor. */
export type SubmittedSource = ClientPayloads['component:source'];

/** File extensions by language. */
type Ending = 'ts' | 'js' | 'fbp' | 'json';

/** Source code that is valid for one of our components. */
interface OwnSource {
  /** Name without the library. */
  readonly name: string;
  readonly ending: Ending;
  readonly code: string;
  readonly tests?: string;
}

/** File extensions by the names that editors use for languages. */
const ENDINGS: ReadonlyMap<string, Ending> = new Map([
  ['typescript', 'ts'],
  ['javascript', 'js'],
  ['es2015', 'js'],
  ['es6', 'js'],
  ['fbp', 'fbp'],
  ['json', 'json'],
]);

/** Limit of source and tests together, in bytes. */
const MAX_SOURCE_BYTES = 256 * 1024;

/** Throws Refused if the source can't be a component of ours. */
function ownSource({ name: given, library, language, code, tests }: SubmittedSource): OwnSource {
  const name = given.startsWith(`${NAMESPACE}/`) ? given.slice(NAMESPACE.length + 1) : given;
  if ((library || NAMESPACE) !== NAMESPACE)
    throw new Refused(`${library}/${name} belongs to a package; only ${NAMESPACE}/… can be changed`);
  if (!/^[A-Z][A-Za-z0-9]{0,63}$/.test(name)) {
    throw new Refused(`"${given}" can't name a component; take a capital, then letters and digits, at most 64`);
  }
  const ending = ENDINGS.get(language);
  if (!ending)
    throw new Refused(`${NAMESPACE}/${name} can't be in ${language}; take typescript, javascript, fbp or json`);
  if (Buffer.byteLength(code + tests) > MAX_SOURCE_BYTES) {
    throw new Refused(`${NAMESPACE}/${name} is too long; ${MAX_SOURCE_BYTES / 1024} kB is the most, with its tests`);
  }
  return { name, ending, code, ...(tests.trim() && { tests }) };
}

/** A component whose file an editor has just changed. */
export interface Taken {
  /** Its name in graphs: `chat/Slow`. */
  readonly name: string;
  /** Name of the author. */
  readonly by: string;
  /** Restores the previous file, or removes a new one; does nothing if the file was changed since. */
  restore(): void;
}

export interface ComponentCodeDeps {
  readonly root: string;
  readonly library: Registry;
  /** Timeout in milliseconds of a silent trial. */
  readonly patience?: number;
  /** The draft that collects code until it is published; undefined if code goes live at once. */
  waiting(): CodeDraft | undefined;
  /** Runs work exclusively: nothing else changes the live graph meanwhile. */
  inTurn<T>(work: (turn: Turn) => Promise<T>): Promise<T>;
  /** Call after code was added to the draft. */
  drafted(client: Client): Promise<void>;
  /** Publishes a revision with the new code. Rejects with the reason if it can't be published. */
  taken(taken: Taken, turn: Turn): Promise<void>;
}

/**
 * Accepts source code from editors, one submission at a time: tests it first, and saves or drafts it only if it passes.
 */
export class ComponentCode {
  readonly #deps: ComponentCodeDeps;
  readonly #trials = new Mutex();

  constructor(deps: ComponentCodeDeps) {
    this.#deps = deps;
  }

  /** Returns the component's name with its library. Rejects with Refused without changing anything. */
  take(source: SubmittedSource, client: Client): Promise<string> {
    const wanted = ownSource(source);
    // A trial may take long; it runs outside the queue of live changes.
    return this.#trials.run(async () => {
      const name = `${NAMESPACE}/${wanted.name}`;
      const known = this.#deps.library.source(name);
      const made = isGraph(wanted.ending)
        ? await this.#graph(name, wanted, known)
        : await this.#component(name, wanted, known);
      await this.#deps.inTurn(turn => this.#save(name, wanted, made, client, turn));
      return name;
    });
  }

  /** Tests source code without saving it; returns the results. Rejects with Refused if it is broken. */
  async check(source: SubmittedSource): Promise<readonly CaseResult[]> {
    const wanted = ownSource(source);
    const name = `${NAMESPACE}/${wanted.name}`;
    const known = this.#deps.library.source(name);
    if (!isGraph(wanted.ending)) return (await this.#tryOut(name, wanted, known)).results;
    await this.#graph(name, wanted, known);
    return [];
  }

  async #save(
    name: string,
    { ending }: OwnSource,
    made: readonly FileContent[],
    client: Client,
    turn: Turn,
  ): Promise<void> {
    const draft = this.#deps.waiting();
    const restore = draft ? draft.take(name, made) : save(name, made);
    try {
      if (isGraph(ending)) await this.#refuseLoops(name);
      if (draft) await this.#deps.drafted(client);
      else await this.#deps.taken({ name, by: client.by, restore }, turn);
    } catch (error) {
      restore();
      throw new Refused(`${name} stays as it was: ${(error as Error).message}`);
    }
  }

  async #component(name: string, wanted: OwnSource, known: Files | undefined): Promise<readonly FileContent[]> {
    const { path, suite, results } = await this.#tryOut(name, wanted, known);
    const wrong = results.flatMap(one => one.wrong ?? []);
    if (wrong.length > 0) throw refusedFiles(wrong.slice(0, MAX_LISTED_FAULTS));
    const { code, tests } = wanted;
    return [...(tests === undefined ? [] : [{ path: suite, text: tests }]), { path, text: code }];
  }

  /** Tests a component as it would be saved, with the submitted tests or else those in its file. */
  async #tryOut(name: string, { ending, code, tests }: OwnSource, known: Files | undefined) {
    const { root, patience } = this.#deps;
    const language = ending === 'ts' ? 'typescript' : 'javascript';
    if (known && known.language !== language) {
      throw new Refused(`${name} is written in ${known.language}, not in ${language}; take another name`);
    }
    const path = known?.path ?? join(root, 'components', `${name.split('/')[1]}.${ending}`);
    const suite = known?.tests ?? join(root, 'spec', `${name.split('/')[1]}.yaml`);
    const told = tests ?? this.#deps.library.text(suite);
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

  async #graph(name: string, { ending, code }: OwnSource, known: Files | undefined): Promise<readonly FileContent[]> {
    const { root, library } = this.#deps;
    if (known && !isGraph(known.language)) {
      throw new Refused(`${name} is written in ${known.language}, and is no graph; take another name`);
    }
    const path = known?.path ?? join(root, 'graphs', `${name.split('/')[1]}.fbp`);
    const file = relative(root, path);
    const as = file.replace(/(?<!\w)\w+$/, ending);
    const before = new GraphDocument(file, library.text(path) ?? '', library.text(sidecar(path)));
    const sent = new GraphDocument(as, code, as === file ? before.layout : '');
    const { graph, faults } = sent;
    refuse(faults);
    await library.prepare(graph);
    refuse(checkResult(check(graph, library)).faults);
    const { text, layout } = as === file ? sent : before.with(graph);
    return [
      { path: sidecar(path), text: layout || undefined },
      { path, text },
    ];
  }

  async #refuseLoops(name: string): Promise<void> {
    const place = { line: 1, column: 1 };
    const only = { ...emptyGraph(), nodes: [{ name, component: name, metadata: {}, place }] };
    const { subgraphs } = await this.#deps.library.prepare(only);
    refuse(subgraphs.flatMap(({ faults }) => faults));
  }
}

const MAX_LISTED_FAULTS = 10;

function isGraph(language: string): boolean {
  return language === 'fbp' || language === 'json';
}

function refuse(faults: readonly Fault[]): void {
  const told = faults.slice(0, MAX_LISTED_FAULTS);
  if (told.length > 0)
    throw refusedFiles(
      told.map(({ file, line, column, sentence }) => ({ file, line, column, message: visible(sentence) })),
    );
}
