import { join } from 'node:path';
import { MOST_OF_OWN, readText } from '../../files/contents.ts';
import type { GraphFile } from '../../files/graph-file.ts';
import { writeAside } from '../../files/set-aside.ts';
import type { Flow, Source } from '../../flow.ts';
import type { Library } from '../../library.ts';
import type { Log } from '../../log.ts';
import type { Revisions } from '../../revisions.ts';
import { type Fallback, fallBack } from './fallback.ts';
import type { FileSync } from './file-sync.ts';
import type { KeptDraft } from './kept-draft.ts';
import { type LastEnd, LIVE } from './kept-live.ts';
import type { Live, Reason } from './live.ts';
import type { Publication } from './publication.ts';
import { mergeSources, startOf, withFile } from './start.ts';
import type { StartNotice } from './start-notice.ts';
import { takeStuck } from './stuck.ts';
import type { Workspace } from './workspace.ts';

interface OpeningParts {
  readonly data: string;
  readonly flow: Flow;
  readonly log: Log;
  readonly autosave: boolean;
  /** Why live.json can't be read, where it can't. */
  readonly unreadable: string | undefined;
  readonly library: Library;
  readonly startNotice: StartNotice;
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
    const { unreadable, publication, startNotice, workspace, file } = this.#parts;
    const { revision } = publication.live!;
    if (unreadable !== undefined && startNotice.of(revision) === undefined) {
      const begun = last ? `revision ${last.revision}, the newest that is kept` : file.path;
      startNotice.tell(revision, `${unreadable}; the start began with ${begun}`);
    }
    await workspace.diagnosis.warn(await workspace.printer.print());
  }

  async #begin(): Promise<void> {
    const { file, revisions } = this.#parts;
    takeStuck(this.#parts, revisions);
    await this.#publish(file.known, { mayMove: true });
    await this.#resume();
  }

  /** Goes on where the last server ended, with what was changed in the file since. */
  async #goOn(last: LastEnd): Promise<void> {
    const { log, autosave, unreadable, file, publication, workspace, fileSync, revisions } = this.#parts;
    const { source, failed } = startOf(last, revisions, takeStuck(this.#parts, revisions));
    file.take(last.base);
    publication.startFrom(last.stores);
    const isTaken = await this.#takeFile(source, last);
    const fallback = isTaken ? undefined : await this.#publishOrFallBack(source, last);
    workspace.become(publication.live!.graph);
    await this.#resume(failed?.source ?? fallback?.draft);
    if (failed) {
      const rollBack = failed.tell(publication.live!.revision);
      log.warn(rollBack.sentence, { revision: rollBack.revision, node: rollBack.node });
      workspace.rolledBack(rollBack);
    }
    if (!isTaken && file.changedByHand()) await fileSync.takeUp().catch(error => log.warn(error.message.split('\n')));
    // Nobody has published what a start falls back to, so it replaces no file.
    else if (autosave && !fallback && unreadable === undefined) workspace.saveLive();
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

  /** Brings to life what was live, or what is there in its place where that can't run any more. Rejects as `fallBack` does. */
  async #publishOrFallBack(source: Source, last: LastEnd): Promise<Fallback | undefined> {
    try {
      await this.#publish(source, { mayMove: true });
      return;
    } catch (error) {
      const before = this.#keptLive();
      const note = "what was published last can't run";
      const fallback = await fallBack(error, source, { ...this.#parts, ...last }, candidate =>
        this.#publish(candidate.source, { mayMove: candidate.mayMove, note }),
      );
      this.#tellFallback(fallback, before);
      return fallback;
    }
  }

  /** `before` is what live.json held, which is kept. */
  #tellFallback({ live, name, why, node, port, draft }: Fallback, before: string | undefined): void {
    const { data, log, file, startNotice } = this.#parts;
    let place = '';
    try {
      if (before !== undefined) place = ` and in ${writeAside(join(data, LIVE), before)}`;
    } catch (error) {
      log.error(`${LIVE} can't be kept as it was`, { error: error as Error });
    }
    const { revision } = live;
    const kept = `it is kept among the revisions${place}${draft ? ', and waits as a draft in the editor' : ''}`;
    const sentence = `what was published last can't run with this version of flowchat: ${why}; ${name} runs as revision ${revision} in its place; ${kept}`;
    log.warn(sentence, { graph: file.path, revision, node, port });
    startNotice.tell(revision, sentence);
  }

  /** What live.json holds before something else is written to it; undefined if it can't be read. */
  #keptLive(): string | undefined {
    try {
      return readText(join(this.#parts.data, LIVE), MOST_OF_OWN);
    } catch {
      return;
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
