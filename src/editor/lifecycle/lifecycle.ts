import { basename, join } from 'node:path';
import { type Graph, read } from '../../fbp.ts';
import type { FolderGuard } from '../../files/folder-guard.ts';
import { GraphFile } from '../../files/graph-file.ts';
import type { Flow } from '../../flow.ts';
import type { Gate } from '../../gate.ts';
import { NAMESPACE } from '../../library/manifest.ts';
import { Library } from '../../library.ts';
import type { Log } from '../../log.ts';
import { listenForCommands, type Request } from '../../revisions/control.ts';
import { Revisions } from '../../revisions.ts';
import { DraftCode } from '../draft/code.ts';
import { AllowList, type Objection } from '../protocol/allow-list.ts';
import { Confirmation } from './confirmation.ts';
import { newestKept } from './fallback.ts';
import { FileSync } from './file-sync.ts';
import type { Happening } from './happening.ts';
import { DRAFT, KeptDraft, type Unfinished } from './kept-draft.ts';
import { guardKeptFiles, REVISIONS } from './kept-files.ts';
import { KeptLive, type LastEnd, LIVE } from './kept-live.ts';
import { Opening } from './opening.ts';
import { Probation } from './probation.ts';
import { Publication } from './publication.ts';
import { StartNotice } from './start-notice.ts';
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
  readonly confirmation: Confirmation;
  readonly startNotice = new StartNotice();
  /** The components as they are drafted, or else as they are in their files. */
  readonly library: Library;
  /** Which components may be used without the right to bring in code. */
  readonly allowed: AllowList;
  readonly #parts: LifecycleParts;
  readonly #probation: Probation;
  readonly #file: GraphFile;
  readonly #kept: KeptLive;
  readonly #draft: KeptDraft;
  #hears: (happening: Happening) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #commands: { close(): void } | undefined;
  #guard: FolderGuard | undefined;

  private constructor(parts: LifecycleParts, revisions: Revisions, last: LastEnd | undefined) {
    const { flow, gate, log, data } = parts;
    this.#parts = parts;
    this.#kept = new KeptLive(join(data, LIVE), parts.graph);
    this.#file = new GraphFile(parts.graph, base => this.#tried('what is live', () => this.#kept.base(base)));
    this.#probation = new Probation({ gate });
    this.#draft = new KeptDraft(join(data, DRAFT));
    this.confirmation = new Confirmation(sentence => log.warn(sentence));
    this.revisions = revisions;
    this.publication = new Publication({
      flow,
      log,
      revisions: this.revisions,
      probation: this.#probation,
      confirmation: this.confirmation,
      keep: live => {
        try {
          // In this order a draft is never older than what is live.
          this.#draft.keep(this.#unfinished());
          this.#kept.live(live);
        } catch (error) {
          throw new Error(`${data} can't be written: ${(error as Error).message}; make room, or choose another DATA`);
        }
      },
      abandon: revision => gate.abandon(revision),
      rolledBack: rollBack => this.workspace.rolledBack(rollBack),
    });
    flow.onOverrun((revision, node, { most }) => this.publication.overran(revision, node, most));
    const code = new DraftCode(parts.root);
    this.library = new Library(parts.root, code);
    this.allowed = new AllowList(parts.editorComponents, this.library);
    const workspaceParts = {
      code,
      library: this.library,
      id: `${NAMESPACE}/${basename(parts.graph).replace(/\.[^.]*$/, '')}`,
      flow,
      publication: this.publication,
      confirmation: this.confirmation,
      file: this.#file,
      autosave: parts.autosave,
      objections: (graph: Graph) => this.objections(graph),
      happened: (happening: Happening) => this.#happened(happening),
    };
    const { file, text, layout } = last?.source ?? this.#file.read();
    this.workspace = new Workspace(workspaceParts, read(file, text, layout).graph);
    this.fileSync = new FileSync(this.workspace, this.publication, this.confirmation, this.#file);
  }

  /**
   * Brings to life what was live last, together with what was changed in the graph's file since; or the file, where no
   * server has kept anything of it. What was live and can't be read or can't run any more is replaced by the newest kept
   * revision that can. Rejects with a sentence, or with Faulty, if nothing can run.
   */
  static async open(parts: LifecycleParts): Promise<Lifecycle> {
    const { data, graph, log } = parts;
    const revisions = new Revisions(join(data, REVISIONS), sentence => log.warn(sentence));
    let unreadable: string | undefined;
    const kept = new KeptLive(join(data, LIVE), graph).load(sentence => {
      unreadable = sentence;
      log.warn(sentence);
    });
    const last = unreadable === undefined ? kept : newestKept(revisions, new GraphFile(graph));
    const lifecycle = new Lifecycle(parts, revisions, last);
    const { publication, workspace, fileSync, library, startNotice } = lifecycle;
    const opening = {
      ...parts,
      unreadable,
      library,
      startNotice,
      publication,
      workspace,
      fileSync,
      revisions,
      file: lifecycle.#file,
      draft: lifecycle.#draft,
    };
    await new Opening(opening).open(last);
    await lifecycle.#listen();
    lifecycle.#guard = lifecycle.#guarding();
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
    this.#guard?.close();
    this.#commands?.close();
    this.fileSync.close();
    this.#keep();
    this.#tried('that the server was asked to end', () => this.#kept.end());
    this.workspace.close();
    this.publication.close();
    this.#probation.close();
  }

  #happened(happening: Happening): void {
    if (happening.kind === 'notice') this.#parts.log.info(happening.sentence);
    // Who has saved code takes it to be on the disk.
    if (happening.kind === 'code') this.#keep();
    else this.#timer ??= setTimeout(() => void this.workspace.printer.print().then(() => this.#keep()), KEEP).unref();
    this.#hears(happening);
  }

  /** Makes a kept revision live again, whatever the draft is then. */
  async goBack(number: number): Promise<void> {
    const kept = this.revisions.get(number);
    if (!kept) throw new Error(`there is no revision ${number}`);
    const { text, layout } = kept;
    await this.fileSync.goBack({ file: this.#file.path, text, layout }, `back to revision ${number}`);
  }

  #guarding(): FolderGuard {
    return guardKeptFiles({
      ...this.#parts,
      live: this.#kept,
      draft: this.#draft,
      revisions: this.revisions,
      publication: this.publication,
      unfinished: () => this.#unfinished(),
      listen: () => {
        this.#commands?.close();
        void this.#listen();
      },
    });
  }

  /** Does what commands ask on this machine. */
  async #listen(): Promise<void> {
    const { data, log } = this.#parts;
    const run = async ({ command, number = 0 }: Request): Promise<string> => {
      if (command === 'accept') await this.confirmation.accept();
      else await this.goBack(number);
      return `revision ${this.publication.live?.revision} is live`;
    };
    try {
      this.#commands = await listenForCommands(data, run);
    } catch (error) {
      log.warn(`npm run revisions can't ask this server anything: ${(error as Error).message}`);
    }
  }

  /** What is not live yet; undefined where there is nothing. */
  #unfinished(): Unfinished | undefined {
    const { workspace } = this;
    if (workspace.changes().length === 0) return;
    return { draft: workspace.printer.printNow(), base: this.#file.known, code: workspace.code.all };
  }

  #keep(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#tried('the draft', () => this.#draft.keep(this.#unfinished()));
  }

  #tried(what: string, keep: () => void): void {
    try {
      keep();
    } catch (error) {
      this.#parts.log.error(`${what} can't be kept`, { error: error as Error });
    }
  }
}
