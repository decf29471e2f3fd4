import type { GraphDocument } from '../../fbp/document.ts';
import { GraphFile } from '../../files/graph-file.ts';
import type { Registry } from '../../registry/registry.ts';
import { Faulty } from '../../runtime/examiner.ts';
import { storesOf } from '../../runtime/stores.ts';
import { draftFaults } from '../draft/examine.ts';
import type { SubgraphDrafts } from '../draft/subgraph-drafts.ts';
import type { ActiveRevision, LastEnd } from './active-revision.ts';
import { allText, type RevisionStore } from './revision-store.ts';
import type { SharedHistory } from './shared-history.ts';

/** Why a start did not begin with what was published last; shown as long as what it began with is live. */
export class StartNotice {
  #told: { readonly revision: number; readonly sentence: string } | undefined;

  /** `revision` is what the start began with. */
  tell(revision: number, sentence: string): void {
    this.#told = { revision, sentence };
  }

  /** The sentence; undefined unless `revision` is what such a start began with. */
  of(revision: number | undefined): string | undefined {
    return this.#told?.revision === revision ? this.#told?.sentence : undefined;
  }
}

/** A graph that a start may begin with. */
interface Candidate {
  readonly document: GraphDocument;
  /** The subgraphs that were in it; undefined where those in their files are. */
  readonly subgraphs?: readonly GraphDocument[] | undefined;
  /** Its name in sentences. */
  readonly name: string;
  /** Whether it may store messages elsewhere. */
  readonly mayMove: boolean;
}

/** What is live because the last published graph can't run. */
export interface Fallback {
  readonly live: ActiveRevision;
  readonly name: string;
  /** Why that can't run: its faults, and the node and port of the first one. */
  readonly why: string;
  readonly node?: string;
  readonly port?: string;
  /** The graph that can't run, for the editor; undefined if its text can't be parsed. */
  readonly draft: GraphDocument | undefined;
}

/** Most faults listed; the editor shows all of them. */
const MOST_TOLD = 3;

/**
 * The last live graph according to the revision store, for a start that can't read live.json; undefined if none of the
 * file is stored.
 */
export function newestKept(revisions: RevisionStore, file: GraphFile): LastEnd | undefined {
  const kept = revisions.good(file.path).next().value;
  if (!kept) return;
  const { number: revision, document } = kept;
  return { revision, document, base: onDisk(file) ?? document, stores: storesOf(document.graph), ended: false };
}

/** What a start begins with: what the processes that share a store run, if there is something, in place of what ran here last. */
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

/**
 * Publishes the newest stored revision that can run, or else the graph's file, in place of `failed`, which rejected
 * with `error`. Skips those that would store messages elsewhere. Rejects with `error` if nothing can run.
 */
export async function fallBack(
  error: unknown,
  failed: GraphDocument,
  { revisions, file, library, ended, subgraphs: drafts }: Parts,
  publish: (candidate: Candidate) => Promise<ActiveRevision>,
): Promise<Fallback> {
  const textOf = ({
    document,
    subgraphs = drafts.inFiles(document.graph),
  }: Pick<Candidate, 'document' | 'subgraphs'>) => allText({ document, subgraphs });
  const tried = new Set([textOf({ document: failed })]);
  for (const candidate of candidates(revisions, file, ended)) {
    const text = textOf(candidate);
    if (tried.has(text)) continue;
    tried.add(text);
    try {
      const live = await publish(candidate);
      if (candidate.name === file.path) file.take(candidate.document);
      const draft = failed.faults.length === 0 ? failed : undefined;
      return { live, name: candidate.name, draft, ...(await reason(error, failed, library)) };
    } catch (other) {
      // A failure independent of the graph, such as a locked database, would repeat for all of them.
      if (!(error instanceof Faulty) && (other as Error).message === (error as Error).message) break;
    }
  }
  throw error;
}

interface Parts {
  readonly revisions: RevisionStore;
  readonly file: GraphFile;
  readonly library: Registry;
  readonly subgraphs: Pick<SubgraphDrafts, 'inFiles'>;
  /** Whether the last server was asked to end, so that what is in the file is meant. */
  readonly ended: boolean;
}

function* candidates(revisions: RevisionStore, file: GraphFile, ended: boolean): Generator<Candidate> {
  for (const { number, document, subgraphs } of revisions.good(file.path))
    yield { document, subgraphs, name: `the graph of revision ${number}`, mayMove: false };
  const document = onDisk(file);
  if (document) yield { document, name: file.path, mayMove: ended };
}

function onDisk(file: GraphFile): GraphDocument | undefined {
  try {
    return file.peek();
  } catch {
    return;
  }
}

async function reason(
  error: unknown,
  failed: GraphDocument,
  library: Registry,
): Promise<Pick<Fallback, 'why' | 'node' | 'port'>> {
  const faults = await draftFaults(error, failed, library);
  const told = faults.slice(0, MOST_TOLD).map(({ node, params, line, column, sentence }) => {
    const isNamed = node === undefined || params.node === node;
    return `${failed.file}:${line}:${column}: ${isNamed ? '' : `node ${node}: `}${sentence}`;
  });
  const more = faults.length > told.length ? [`and ${faults.length - told.length} more`] : [];
  const { node, port } = faults.find(fault => fault.node !== undefined) ?? {};
  return {
    why: [...told, ...more].join('; '),
    ...(node !== undefined && { node }),
    ...(port !== undefined && { port }),
  };
}
