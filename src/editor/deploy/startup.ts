import { join } from 'node:path';
import type { GraphDocument } from '../../fbp/document.ts';
import { MAX_OWN_BYTES, readTextFile, removeFile, writeAside } from '../../files/contents.ts';
import { GraphFile } from '../../files/graph-file.ts';
import type { Log } from '../../log.ts';
import { difference } from '../../model/difference.ts';
import { merge } from '../../model/merge.ts';
import { isRecord } from '../../model/payload.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { storesOf } from '../../runtime/stores.ts';
import { STUCK_FILE } from '../../runtime/watchdog.ts';
import type { SavedDraft } from '../draft/saved-draft.ts';
import {
  ACTIVE_REVISION_FILE,
  type ActiveRevision,
  type LastEnd,
  type Reason,
  type RollBack,
  rollBackOf,
} from './active-revision.ts';
import type { Deployer } from './deployer.ts';
import type { DraftSession } from './draft-session.ts';
import { type Fallback, fallBack } from './fallback.ts';
import type { FileSync } from './file-sync.ts';
import type { RevisionStore } from './revision-store.ts';
import type { SharedHistory } from './shared-history.ts';

/** Why the start did not use the last published revision; shown while the substitute is live. */
export class StartNotice {
  #told: { readonly revision: number; readonly sentence: string } | undefined;

  /** `revision` is the substitute. */
  tell(revision: number, sentence: string): void {
    this.#told = { revision, sentence };
  }

  /** The sentence; undefined unless `revision` is the substitute. */
  of(revision: number | undefined): string | undefined {
    return this.#told?.revision === revision ? this.#told?.sentence : undefined;
  }
}

/** The starting point: the shared revision of several processes if there is one, else the last live one here. */
export function withShared(
  own: LastEnd | undefined,
  history: SharedHistory | undefined,
  file: string,
): LastEnd | undefined {
  if (!history?.proven) return own;
  const { number: revision, document } = history.proven;
  const base = own?.base ?? new GraphFile(file).peek();
  return { revision, document, base, stores: storesOf(document.graph), ended: own?.ended ?? true };
}

/** A revision that blocked the event loop until the watchdog ended the server. */
interface Stuck {
  readonly revision: number;
  readonly node?: string;
}

/**
 * Handles the watchdog's report in DATA: marks the revision as failed and deletes the report. Undefined without a
 * report.
 */
function takeStuck({ data, log }: { data: string; log: Log }, revisions: RevisionStore): Stuck | undefined {
  const file = join(data, STUCK_FILE);
  const stuck = readStuck(file);
  if (!stuck) return;
  const at = stuck.node === undefined ? '' : ` at ${stuck.node}`;
  try {
    revisions.markRolledBack(stuck.revision, `it got stuck${at}: nothing else could run until the server was ended`);
    removeFile(file);
  } catch (error) {
    log.error(`that revision ${stuck.revision} got stuck can't be kept`, { error: error as Error });
  }
  return stuck;
}

function readStuck(file: string): Stuck | undefined {
  try {
    const found: unknown = JSON.parse(readTextFile(file));
    if (!isRecord(found) || typeof found.revision !== 'number') return;
    const { revision, node } = found;
    return { revision, ...(typeof node === 'string' && { node }) };
  } catch {
    return;
  }
}

/** What to start with. */
interface StartPoint {
  readonly document: GraphDocument;
  /** Its subgraphs at that time; undefined to use the files. */
  readonly subgraphs?: readonly GraphDocument[] | undefined;
  /** Set if the last live revision failed; `document` is then an earlier one. */
  readonly failed?: { readonly document: GraphDocument; rollBack(revision: number): RollBack };
}

/** The last live revision that did not fail. One that got stuck is used only if there is no earlier one. */
function startOf(last: LastEnd, revisions: RevisionStore, stuck: Stuck | undefined): StartPoint {
  const { document, revision: failed } = last;
  const { rolledBack, subgraphs } = revisions.get(failed) ?? {};
  if (stuck?.revision !== failed && rolledBack === undefined) return { document };
  const good = revisions.lastGood({ document, ...(subgraphs && { subgraphs }) });
  if (!good) return { document };
  const { node } = stuck ?? {};
  const why = rolledBack ?? 'it got stuck';
  const rollBack = (revision: number) =>
    rollBackOf({ failed, why, to: good.number, revision, ...(node !== undefined && { node }) });
  return { document: good.document, subgraphs: good.subgraphs, failed: { document, rollBack } };
}

/**
 * The last live graph merged with later changes of the graph's file; undefined if there are none, or they can't be
 * read.
 */
function withFile(
  live: GraphDocument,
  base: GraphDocument,
  found: GraphDocument,
): { readonly document: GraphDocument; readonly conflicts: readonly string[] } | undefined {
  if (found.isSame(base) || found.faults.length > 0) return;
  if (difference(base.graph, live.graph).length === 0) return { document: found, conflicts: [] };
  const { graph, conflicts } = merge(base.graph, live.graph, found.graph);
  return { document: found.with(graph), conflicts };
}

interface StartupDeps {
  readonly data: string;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly autosave: boolean;
  /** The error of reading live.json, if any. */
  readonly unreadable: string | undefined;
  readonly library: Registry;
  readonly startNotice: StartNotice;
  readonly file: GraphFile;
  readonly draft: SavedDraft;
  readonly revisions: RevisionStore;
  readonly shared: SharedHistory | undefined;
  readonly deployer: Deployer;
  readonly draftSession: DraftSession;
  readonly fileSync: FileSync;
}

/** Starts the graph when a server starts. */
export class Startup {
  readonly #deps: StartupDeps;
  /** The revision that made the watchdog end the previous server, if any. */
  stuck: Stuck | undefined;

  constructor(deps: StartupDeps) {
    this.#deps = deps;
  }

  /**
   * Resumes with the last live graph, or with the graph's file if no server has saved anything about it. Rejects as
   * Runtime.publish does.
   */
  async open(last: LastEnd | undefined): Promise<void> {
    if (last) await this.#continue(last);
    else await this.#beginWithFile();
    const { unreadable, deployer, startNotice, draftSession, file } = this.#deps;
    const { revision } = deployer.live!;
    if (unreadable !== undefined && startNotice.of(revision) === undefined) {
      const begun = last ? `revision ${last.revision}, the newest that is kept` : file.path;
      startNotice.tell(revision, `${unreadable}; the start began with ${begun}`);
    }
    await draftSession.diagnosis.warn(await draftSession.printer.print());
  }

  async #beginWithFile(): Promise<void> {
    const { file, revisions } = this.#deps;
    this.stuck = takeStuck(this.#deps, revisions);
    await this.#publish(file.known, { mayMove: true });
    await this.#restoreDraft();
  }

  /** Resumes with the last live graph, merged with later changes of the file. */
  async #continue(last: LastEnd): Promise<void> {
    const { log, autosave, unreadable, file, deployer, draftSession, fileSync, revisions } = this.#deps;
    this.stuck = takeStuck(this.#deps, revisions);
    const { document, subgraphs = [], failed } = startOf(last, revisions, this.stuck);
    this.#putBack(subgraphs);
    file.take(last.base);
    deployer.startFrom(last.stores);
    const isTaken = await this.#takeFile(document, last);
    const fallback = isTaken ? undefined : await this.#publishOrFallBack(document, last);
    draftSession.become(deployer.live!.document.graph);
    await this.#restoreDraft(failed?.document ?? fallback?.draft);
    if (failed) {
      const rollBack = failed.rollBack(deployer.live!.revision);
      log.warn(rollBack.sentence, { revision: rollBack.revision, node: rollBack.node });
      draftSession.rolledBack(rollBack);
    }
    if (!isTaken && file.changedByHand()) await fileSync.takeUp().catch(error => log.warn(error.message.split('\n')));
    // A fallback was not published by anybody, so it must not overwrite the file.
    else if (autosave && !fallback && unreadable === undefined) draftSession.saveLive();
    if (fileSync.isLiveSaved) return;
    const { revision } = deployer.live!;
    const cure = 'save it in the editor, or go back with npm run revisions';
    log.warn(`revision ${revision} is live, and is not what ${file.path} says; ${cure}`, {
      graph: file.path,
      revision,
    });
  }

  /**
   * Publishes the last live graph merged with later changes of the file. Resolves to whether there were any and they
   * went live.
   */
  async #takeFile(live: GraphDocument, { base, ended }: LastEnd): Promise<boolean> {
    const { log, file } = this.#deps;
    try {
      const found = file.peek();
      const merged = withFile(live, base, found);
      if (!merged) return false;
      // A file changed between a stop and a start is intended; after a kill it may be incomplete.
      await this.#publish(merged.document, { note: 'changed by hand', mayMove: ended });
      file.take(found);
      const sentences = [`${found.file} was changed by hand while no server ran`, ...merged.conflicts];
      log[merged.conflicts.length > 0 ? 'warn' : 'info'](sentences.join('; '));
      return true;
    } catch {
      // It is retried and reported once the last live graph is live again.
      return false;
    }
  }

  /** Publishes the last live graph, or a fallback if it can no longer run. Rejects as `fallBack` does. */
  async #publishOrFallBack(document: GraphDocument, last: LastEnd): Promise<Fallback | undefined> {
    try {
      await this.#publish(document, { mayMove: true, followed: this.#deps.shared?.known(document) });
      return;
    } catch (error) {
      const before = this.#keptLive();
      const note = "what was published last can't run";
      const { subgraphs } = this.#deps.draftSession;
      const parts = { ...this.#deps, ...last, subgraphs };
      const fallback = await fallBack(error, document, parts, async ({ document, subgraphs = [], mayMove }) => {
        const takeBack = this.#putBack(subgraphs);
        try {
          return await this.#publish(document, { mayMove, note, followed: this.#deps.shared?.known(document) });
        } catch (error) {
          takeBack();
          throw error;
        }
      });
      this.#tellFallback(fallback, before);
      return fallback;
    }
  }

  /** `before` is the content of live.json, which is preserved. */
  #tellFallback({ live, name, why, node, port, draft }: Fallback, before: string | undefined): void {
    const { data, log, file, startNotice } = this.#deps;
    let place = '';
    try {
      if (before !== undefined) place = ` and in ${writeAside(join(data, ACTIVE_REVISION_FILE), before)}`;
    } catch (error) {
      log.error(`${ACTIVE_REVISION_FILE} can't be kept as it was`, { error: error as Error });
    }
    const { revision } = live;
    const kept = `it is kept among the revisions${place}${draft ? ', and waits as a draft in the editor' : ''}`;
    const sentence = `what was published last can't run with this version of flowchat: ${why}; ${name} runs as revision ${revision} in its place; ${kept}`;
    log.warn(sentence, { graph: file.path, revision, node, port });
    startNotice.tell(revision, sentence);
  }

  /** The content of live.json before it is overwritten; undefined if it can't be read. */
  #keptLive(): string | undefined {
    try {
      return readTextFile(join(this.#deps.data, ACTIVE_REVISION_FILE), MAX_OWN_BYTES);
    } catch {
      return;
    }
  }

  /** Writes the subgraphs of an earlier graph to their files. Returns a function that undoes it. */
  #putBack(subgraphs: readonly GraphDocument[]): () => void {
    try {
      return this.#deps.draftSession.subgraphs.putBack(subgraphs);
    } catch (error) {
      this.#deps.log.error('the subgraphs of an earlier revision stay as they are', { error: error as Error });
      return () => {};
    }
  }

  #publish(document: GraphDocument, reason: Omit<Reason, 'by'>): Promise<ActiveRevision> {
    const { runtime, revisions, deployer } = this.#deps;
    runtime.countFrom(revisions.first(document));
    return deployer.publish(document, { by: 'start', ...reason });
  }

  /**
   * Restores the draft of the previous server, or else the failed graph as draft; it is not published automatically.
   */
  async #restoreDraft(failed?: GraphDocument): Promise<void> {
    const { draft, draftSession, log } = this.#deps;
    const { known: now } = this.#deps.file;
    const unfinished =
      draft.load(now.file, sentence => log.warn(sentence)) ?? (failed && { draft: failed, base: now, code: [] });
    if (!unfinished) return;
    const { graph, conflicts } = merge(unfinished.base.graph, unfinished.draft.graph, now.graph);
    draftSession.become(graph);
    draftSession.code.resume(unfinished.code);
    if (draftSession.changes().length === 0) return;
    draftSession.holdForAll();
    await draftSession.publishOrHold('start');
    const sentences = [`a draft of ${now.file} waits to be published or discarded in the editor`, ...conflicts];
    log.info(sentences.join('; '));
  }
}
