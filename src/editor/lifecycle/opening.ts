import type { GraphFile } from '../../files/graph-file.ts';
import type { Flow, Source } from '../../flow.ts';
import type { Log } from '../../log.ts';
import type { Revisions } from '../../revisions.ts';
import type { FileSync } from './file-sync.ts';
import type { KeptDraft } from './kept-draft.ts';
import type { LastEnd } from './kept-live.ts';
import type { Live, Reason } from './live.ts';
import type { Publication } from './publication.ts';
import { mergeSources, startOf, withFile } from './start.ts';
import { takeStuck } from './stuck.ts';
import type { Workspace } from './workspace.ts';

interface OpeningParts {
  readonly data: string;
  readonly flow: Flow;
  readonly log: Log;
  readonly autosave: boolean;
  readonly file: GraphFile;
  readonly draft: KeptDraft;
  readonly revisions: Revisions;
  readonly publication: Publication;
  readonly workspace: Workspace;
  readonly fileSync: FileSync;
}

/** Brings the graph to life when a server starts. */
export class Opening {
  readonly #parts: OpeningParts;

  constructor(parts: OpeningParts) {
    this.#parts = parts;
  }

  /** Goes on where the last server ended; with the graph's file, where none has kept anything of it. Rejects as Flow.publish does. */
  async open(last: LastEnd | undefined): Promise<void> {
    if (last) await this.#goOn(last);
    else await this.#begin();
    const { workspace } = this.#parts;
    await workspace.diagnosis.warn(workspace.source());
  }

  async #begin(): Promise<void> {
    const { file, revisions } = this.#parts;
    takeStuck(this.#parts, revisions);
    await this.#publish(file.known, { mayMove: true });
    await this.#resume();
  }

  /** Goes on where the last server ended, with what was changed in the file since. */
  async #goOn(last: LastEnd): Promise<void> {
    const { log, autosave, file, publication, workspace, fileSync, revisions } = this.#parts;
    const { source, failed } = startOf(last, revisions, takeStuck(this.#parts, revisions));
    file.take(last.base);
    publication.startFrom(last.stores);
    const isTaken = await this.#takeFile(source, last);
    if (!isTaken) await this.#publish(source, { mayMove: true });
    workspace.become(publication.live!.graph);
    await this.#resume(failed?.source);
    if (failed) {
      const rollBack = failed.tell(publication.live!.revision);
      log.warn(rollBack.sentence, { revision: rollBack.revision, node: rollBack.node });
      workspace.rolledBack(rollBack);
    }
    if (!isTaken && file.changedByHand()) await fileSync.takeUp().catch(error => log.warn(error.message.split('\n')));
    else if (autosave) workspace.saveLive();
    if (fileSync.isLiveSaved) return;
    const { revision } = publication.live!;
    const cure = 'save it in the editor, or go back with npm run revisions';
    log.warn(`revision ${revision} is live, and is not what ${file.path} says; ${cure}`, {
      graph: file.path,
      revision,
    });
  }

  /** Brings to life what was live with what was changed in the file since. Whether that was something, and could be. */
  async #takeFile(live: Source, { base, ended }: LastEnd): Promise<boolean> {
    const { log, file } = this.#parts;
    try {
      const found = file.peek();
      const merged = withFile(live, base, found);
      if (!merged) return false;
      // Who has stopped the server, changed the file and started it again means it; one that was killed may find half a file.
      await this.#publish(merged.source, { note: 'changed by hand', mayMove: ended });
      file.take(found);
      const sentences = [`${found.file} was changed by hand while no server ran`, ...merged.conflicts];
      log[merged.conflicts.length > 0 ? 'warn' : 'info'](sentences.join('; '));
      return true;
    } catch {
      // It is tried again, and told of, once what was live is live.
      return false;
    }
  }

  #publish(source: Source, reason: Omit<Reason, 'by'>): Promise<Live> {
    const { flow, revisions, publication } = this.#parts;
    flow.countFrom(revisions.first(source));
    return publication.publish(source, { by: 'start', ...reason });
  }

  /** Goes on with a draft that was not finished when the server stopped, or else with one that failed; it waits to be published. */
  async #resume(failed?: Source): Promise<void> {
    const { draft, workspace, log } = this.#parts;
    const { known: now } = this.#parts.file;
    const unfinished =
      draft.load(now.file, sentence => log.warn(sentence)) ?? (failed && { draft: failed, base: now, code: [] });
    if (!unfinished) return;
    const { graph, conflicts } = mergeSources(unfinished.base, unfinished.draft, now);
    workspace.become(graph);
    workspace.code.resume(unfinished.code);
    if (workspace.changes().length === 0) return;
    workspace.keepBack();
    await workspace.settle('start');
    const sentences = [`a draft of ${now.file} waits to be published or discarded in the editor`, ...conflicts];
    log.info(sentences.join('; '));
  }
}
