import { basename, join } from 'node:path';
import { type Graph, read } from '../../fbp.ts';
import { GraphFile } from '../../files/graph-file.ts';
import type { Flow, Source } from '../../flow.ts';
import type { Gate } from '../../gate.ts';
import { NAMESPACE } from '../../library/manifest.ts';
import { Library } from '../../library.ts';
import type { Log } from '../../log.ts';
import { watchBack } from '../../revisions/back.ts';
import { Revisions } from '../../revisions.ts';
import { DraftCode } from '../draft/code.ts';
import { merge } from '../merge/merge.ts';
import { AllowList, type Objection } from '../protocol/allow-list.ts';
import { FileSync } from './file-sync.ts';
import type { Happening } from './happening.ts';
import { KeptDraft } from './kept-draft.ts';
import { Probation } from './probation.ts';
import { Publication } from './publication.ts';
import { Workspace } from './workspace.ts';

/** What the lifecycle of a graph needs. */
export interface LifecycleParts {
  /** The project's folder. */
  readonly root: string;
  readonly flow: Flow;
  readonly gate: Gate;
  readonly log: Log;
  /** The graph's file. */
  readonly graph: string;
  /** The folder in which revisions and an unfinished draft are kept. */
  readonly data: string;
  /** Whether each revision that goes live is saved by itself. */
  readonly autosave: boolean;
  /** Whether who edits may bring in code. */
  readonly editorCode: boolean;
  /** Components, or libraries, that may be used without that right, besides the usual. */
  readonly editorComponents: readonly string[];
}

/** Milliseconds after a change when an unfinished draft is kept. */
const KEEP = 500;

/** Where the server's graph is worked on: its draft, what is live, its file and its past, whether an editor is there or not. */
export class Lifecycle {
  readonly workspace: Workspace;
  readonly fileSync: FileSync;
  readonly publication: Publication;
  readonly revisions: Revisions;
  /** The components as they are drafted, or else as they are in their files. */
  readonly library: Library;
  /** Which components may be used without the right to bring in code. */
  readonly allowed: AllowList;
  readonly #parts: LifecycleParts;
  readonly #probation: Probation;
  readonly #file: GraphFile;
  readonly #draft: KeptDraft;
  #hears: (happening: Happening) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #asked: { close(): void } | undefined;

  private constructor(parts: LifecycleParts, file: GraphFile, source: Source) {
    const { flow, gate, log, data } = parts;
    this.#parts = parts;
    this.#file = file;
    this.#probation = new Probation({ gate });
    this.#draft = new KeptDraft(join(data, 'draft.json'));
    this.revisions = new Revisions(join(data, 'revisions'), sentence => log.warn(sentence));
    this.publication = new Publication({
      flow,
      log,
      revisions: this.revisions,
      probation: this.#probation,
      rolledBack: (why, node) => this.workspace.rolledBack(why, node),
    });
    flow.onOverrun((revision, node, { most }) => this.publication.overran(revision, node, most));
    const code = new DraftCode(parts.root);
    this.library = new Library(parts.root, code);
    this.allowed = new AllowList(parts.editorComponents, this.library);
    const workspaceParts = {
      code,
      library: this.library,
      id: `${NAMESPACE}/${basename(file.path).replace(/\.[^.]*$/, '')}`,
      flow,
      publication: this.publication,
      file,
      autosave: parts.autosave,
      objections: (graph: Graph) => this.objections(graph),
      happened: (happening: Happening) => this.#happened(happening),
    };
    this.workspace = new Workspace(workspaceParts, read(source.file, source.text, source.layout).graph);
    this.fileSync = new FileSync(this.workspace, this.publication, file);
  }

  /** Reads the graph and brings it to life. Rejects with a sentence, or with Faulty, where that can't be. */
  static async open(parts: LifecycleParts): Promise<Lifecycle> {
    const file = new GraphFile(parts.graph);
    const source = file.read();
    const lifecycle = new Lifecycle(parts, file, source);
    parts.flow.countFrom(lifecycle.revisions.first(source));
    await lifecycle.publication.publish(source, { by: 'start' });
    await lifecycle.#resume(source);
    lifecycle.#asked = watchBack(parts.data, number => void lifecycle.#goBack(number));
    return lifecycle;
  }

  /** Makes `hears` the one that hears what happens. */
  listen(hears: (happening: Happening) => void): void {
    this.#hears = hears;
  }

  /** Has to hear of each error that a node let out. */
  failed(node: string, question: string | undefined): void {
    this.#probation.strayed(node, question);
  }

  /** What in a graph, such as the draft, only who may bring in code can run: what neither its file has nor what is live. */
  objections(graph: Graph): readonly Objection[] {
    if (this.#parts.editorCode) return [];
    return this.allowed.objections(graph, () => {
      const { file, text, layout } = this.#file.known;
      const { live } = this.publication;
      return [read(file, text, layout).graph, ...(live ? [live.graph] : [])];
    });
  }

  close(): void {
    this.#asked?.close();
    this.#keep();
    this.workspace.close();
    this.publication.close();
    this.#probation.close();
  }

  #happened(happening: Happening): void {
    if (happening.kind === 'notice') this.#parts.log.info(happening.sentence);
    // Who has saved code takes it to be on the disk.
    if (happening.kind === 'code') this.#keep();
    else this.#timer ??= setTimeout(() => this.#keep(), KEEP).unref();
    this.#hears(happening);
  }

  /** Goes on with a draft that was not finished when the server stopped; it waits to be published. */
  async #resume(now: Source): Promise<void> {
    const { file } = now;
    const unfinished = this.#draft.load(file);
    if (!unfinished) return;
    const [base, ours, theirs] = [unfinished.base, unfinished.draft, now].map(
      ({ text, layout }) => read(file, text, layout).graph,
    ) as [Graph, Graph, Graph];
    const { graph, conflicts } = merge(base, ours, theirs);
    this.workspace.become(graph);
    this.workspace.code.resume(unfinished.code);
    if (this.workspace.changes().length === 0) return;
    this.workspace.keepBack();
    await this.workspace.settle('start');
    const sentences = [`a draft of ${file} waits to be published or discarded in the editor`, ...conflicts];
    this.#parts.log.info(sentences.join('; '));
  }

  /** Somebody asked for it on this machine. */
  async #goBack(number: number): Promise<void> {
    const { log } = this.#parts;
    const kept = this.revisions.get(number);
    if (!kept) return;
    try {
      const { path: file } = this.#file;
      await this.fileSync.goBack({ file, text: kept.text, layout: kept.layout }, `back to revision ${number}`);
    } catch (error) {
      log.error(`the server can't go back to revision ${number}`, { error: error as Error });
    }
  }

  #keep(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      const unfinished = { draft: this.workspace.source(), base: this.#file.known, code: this.workspace.code.all };
      this.#draft.keep(this.fileSync.isDraftSaved ? undefined : unfinished);
    } catch (error) {
      this.#parts.log.error("the draft can't be kept", { error: error as Error });
    }
  }
}
