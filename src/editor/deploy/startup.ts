import { join } from 'node:path';
import { readGraph } from '../../fbp/read.ts';
import { removeFile } from '../../files/atomic.ts';
import { MAX_OWN_BYTES, readTextFile, writeAside } from '../../files/contents.ts';
import type { GraphFile } from '../../files/graph-file.ts';
import type { Log } from '../../log.ts';
import { difference } from '../../model/difference.ts';
import type { GraphSource } from '../../model/graph.ts';
import { type Merge, merge } from '../../model/merge.ts';
import { isRecord } from '../../model/payload.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { SavedDraft } from '../draft/saved-draft.ts';
import {
  ACTIVE_REVISION_FILE,
  type ActiveRevision,
  type LastEnd,
  type Reason,
  type RollBack,
} from './active-revision.ts';
import type { Deployer } from './deployer.ts';
import { type DraftSession, serialize } from './draft-session.ts';
import { type Fallback, fallBack, type StartNotice } from './fallback.ts';
import type { FileSync } from './file-sync.ts';
import type { RevisionRecord, RevisionStore } from './revision-store.ts';

/** A revision whose node blocked the event loop until the watchdog ended the server. */
interface Stuck {
  readonly revision: number;
  readonly node?: string;
}

/** Handles the watchdog's report in DATA: marks the revision as failed and deletes the report. Undefined if there is none. */
function takeStuck({ data, log }: { data: string; log: Log }, revisions: RevisionStore): Stuck | undefined {
  const file = join(data, 'stuck.json');
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

/** What a start begins with. */
interface StartPoint {
  readonly source: GraphSource;
  /** The last live revision, if it got stuck; `source` is then an earlier one. */
  readonly failed?: { readonly source: GraphSource; rollBack(revision: number): RollBack };
}

/** The last live revision that did not fail. One that got stuck is used only if there was none before it. */
function startOf(last: LastEnd, revisions: RevisionStore, stuck: Stuck | undefined): StartPoint {
  const { source, revision: failed } = last;
  const rolledBack = revisions.get(failed)?.rolledBack;
  if (stuck?.revision !== failed && rolledBack === undefined) return { source };
  const good = revisions.lastGood(source);
  if (!good) return { source };
  const { node } = stuck ?? {};
  const why = rolledBack ?? 'it got stuck';
  return {
    source: sourceOf(good),
    failed: {
      source,
      rollBack: revision => rollBackTo(good, { failed, why, revision, ...(node !== undefined && { node }) }),
    },
  };
}

/** What was live merged with changes of the graph's file since; undefined if there are none, or they can't be read. */
function withFile(
  live: GraphSource,
  base: GraphSource,
  found: GraphSource,
): { readonly source: GraphSource; readonly conflicts: readonly string[] } | undefined {
  const theirs = readGraph(found.file, found.text, found.layout);
  const isSame = found.text === base.text && (found.layout ?? '') === (base.layout ?? '');
  if (isSame || theirs.faults.length > 0) return;
  const [before, ours] = [base, live].map(({ file, text, layout }) => readGraph(file, text, layout).graph);
  if (difference(before!, ours!).length === 0) return { source: found, conflicts: [] };
  const { graph, conflicts } = merge(before!, ours!, theirs.graph);
  return { source: serialize(graph, found, found), conflicts };
}

/** Merges two versions of the same text. */
function mergeSources(base: GraphSource, ours: GraphSource, theirs: GraphSource): Merge {
  const [before, one, other] = [base, ours, theirs].map(
    ({ text, layout }) => readGraph(theirs.file, text, layout).graph,
  );
  return merge(before!, one!, other!);
}

function sourceOf({ file, text, layout }: RevisionRecord): GraphSource {
  return { file, text, layout };
}

function rollBackTo(
  good: RevisionRecord,
  { failed, why, revision, node }: Omit<RollBack, 'to' | 'sentence'>,
): RollBack {
  const cure = `npm run revisions -- back ${failed} brings it back`;
  const sentence = `revision ${failed} was taken back: ${why}; the graph of revision ${good.number} runs as revision ${revision}; ${cure}`;
  return { failed, why, to: good.number, revision, sentence, ...(node !== undefined && { node }) };
}

interface StartupDeps {
  readonly data: string;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly autosave: boolean;
  /** Why live.json can't be read; undefined if it can. */
  readonly unreadable: string | undefined;
  readonly library: Registry;
  readonly startNotice: StartNotice;
  readonly file: GraphFile;
  readonly draft: SavedDraft;
  readonly revisions: RevisionStore;
  readonly deployer: Deployer;
  readonly draftSession: DraftSession;
  readonly fileSync: FileSync;
}

/** Starts the graph when a server starts. */
export class Startup {
  readonly #deps: StartupDeps;

  constructor(deps: StartupDeps) {
    this.#deps = deps;
  }

  /**
   * Resumes where the last server ended; begins with the graph's file if none saved anything of it. Rejects as
   * Runtime.publish does.
   */
  async open(last: LastEnd | undefined): Promise<void> {
    if (last) await this.#goOn(last);
    else await this.#begin();
    const { unreadable, deployer, startNotice, draftSession, file } = this.#deps;
    const { revision } = deployer.live!;
    if (unreadable !== undefined && startNotice.of(revision) === undefined) {
      const begun = last ? `revision ${last.revision}, the newest that is kept` : file.path;
      startNotice.tell(revision, `${unreadable}; the start began with ${begun}`);
    }
    await draftSession.diagnosis.warn(await draftSession.printer.print());
  }

  async #begin(): Promise<void> {
    const { file, revisions } = this.#deps;
    takeStuck(this.#deps, revisions);
    await this.#publish(file.known, { mayMove: true });
    await this.#resume();
  }

  /** Resumes where the last server ended, with changes of the file since. */
  async #goOn(last: LastEnd): Promise<void> {
    const { log, autosave, unreadable, file, deployer, draftSession, fileSync, revisions } = this.#deps;
    const { source, failed } = startOf(last, revisions, takeStuck(this.#deps, revisions));
    file.take(last.base);
    deployer.startFrom(last.stores);
    const isTaken = await this.#takeFile(source, last);
    const fallback = isTaken ? undefined : await this.#publishOrFallBack(source, last);
    draftSession.become(deployer.live!.graph);
    await this.#resume(failed?.source ?? fallback?.draft);
    if (failed) {
      const rollBack = failed.rollBack(deployer.live!.revision);
      log.warn(rollBack.sentence, { revision: rollBack.revision, node: rollBack.node });
      draftSession.rolledBack(rollBack);
    }
    if (!isTaken && file.changedByHand()) await fileSync.takeUp().catch(error => log.warn(error.message.split('\n')));
    // Nobody has published a fallback, so it must not overwrite the file.
    else if (autosave && !fallback && unreadable === undefined) draftSession.saveLive();
    if (fileSync.isLiveSaved) return;
    const { revision } = deployer.live!;
    const cure = 'save it in the editor, or go back with npm run revisions';
    log.warn(`revision ${revision} is live, and is not what ${file.path} says; ${cure}`, {
      graph: file.path,
      revision,
    });
  }

  /** Publishes what was live merged with changes of the file since. Resolves to whether there were any and they went live. */
  async #takeFile(live: GraphSource, { base, ended }: LastEnd): Promise<boolean> {
    const { log, file } = this.#deps;
    try {
      const found = file.peek();
      const merged = withFile(live, base, found);
      if (!merged) return false;
      // A file changed between a stop and a start is intended; after a kill it may be incomplete.
      await this.#publish(merged.source, { note: 'changed by hand', mayMove: ended });
      file.take(found);
      const sentences = [`${found.file} was changed by hand while no server ran`, ...merged.conflicts];
      log[merged.conflicts.length > 0 ? 'warn' : 'info'](sentences.join('; '));
      return true;
    } catch {
      // It is retried and reported once what was live is live again.
      return false;
    }
  }

  /** Publishes what was live, or a fallback if that can't run any more. Rejects as `fallBack` does. */
  async #publishOrFallBack(source: GraphSource, last: LastEnd): Promise<Fallback | undefined> {
    try {
      await this.#publish(source, { mayMove: true });
      return;
    } catch (error) {
      const before = this.#keptLive();
      const note = "what was published last can't run";
      const fallback = await fallBack(error, source, { ...this.#deps, ...last }, candidate =>
        this.#publish(candidate.source, { mayMove: candidate.mayMove, note }),
      );
      this.#tellFallback(fallback, before);
      return fallback;
    }
  }

  /** `before` is the content of live.json, which is kept. */
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

  #publish(source: GraphSource, reason: Omit<Reason, 'by'>): Promise<ActiveRevision> {
    const { runtime, revisions, deployer } = this.#deps;
    runtime.countFrom(revisions.first(source));
    return deployer.publish(source, { by: 'start', ...reason });
  }

  /** Restores a draft that was unfinished when the server stopped, or else one that failed; it is not published automatically. */
  async #resume(failed?: GraphSource): Promise<void> {
    const { draft, draftSession, log } = this.#deps;
    const { known: now } = this.#deps.file;
    const unfinished =
      draft.load(now.file, sentence => log.warn(sentence)) ?? (failed && { draft: failed, base: now, code: [] });
    if (!unfinished) return;
    const { graph, conflicts } = mergeSources(unfinished.base, unfinished.draft, now);
    draftSession.become(graph);
    draftSession.code.resume(unfinished.code);
    if (draftSession.changes().length === 0) return;
    draftSession.holdBack();
    await draftSession.settle('start');
    const sentences = [`a draft of ${now.file} waits to be published or discarded in the editor`, ...conflicts];
    log.info(sentences.join('; '));
  }
}
