import type { GraphDocument } from '../../fbp/document.ts';
import type { GraphFile } from '../../files/graph-file.ts';
import type { Registry } from '../../registry/registry.ts';
import { Faulty } from '../../runtime/examiner.ts';
import { storesOf } from '../../runtime/stores.ts';
import { draftFaults } from '../draft/examine.ts';
import type { SubgraphDrafts } from '../draft/subgraph-drafts.ts';
import type { ActiveRevision, LastEnd } from './active-revision.ts';
import { allText, type RevisionStore } from './revision-store.ts';

/** A graph to start with. */
interface Candidate {
  readonly document: GraphDocument;
  /** Its subgraphs at that time; undefined to use the files. */
  readonly subgraphs?: readonly GraphDocument[] | undefined;
  /** Its name in sentences. */
  readonly name: string;
  /** Whether it may use a different message store. */
  readonly mayMove: boolean;
}

/** The substitute for a last published graph that can't run. */
export interface Fallback {
  readonly live: ActiveRevision;
  readonly name: string;
  /** The faults of that graph, and the node and port of the first one. */
  readonly why: string;
  readonly node?: string;
  readonly port?: string;
  /** That graph, to be shown as draft; undefined if its text can't be parsed. */
  readonly draft: GraphDocument | undefined;
}

/** Number of faults that the sentence lists; the editor shows all. */
const MOST_TOLD = 3;

/** The last good revision of the graph's file, for a start that can't read live.json; undefined if none is stored. */
export function newestKept(revisions: RevisionStore, file: GraphFile): LastEnd | undefined {
  const kept = revisions.good(file.path).next().value;
  if (!kept) return;
  const { number: revision, document } = kept;
  return { revision, document, base: onDisk(file) ?? document, stores: storesOf(document.graph), ended: false };
}

/**
 * Publishes the newest stored revision that can run, or else the graph's file, instead of `failed`, which rejected with
 * `error`. Skips those that use a different message store. Rejects with `error` if nothing can run.
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
      // A failure that doesn't depend on the graph, such as a locked database, would repeat for all.
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
  /** Whether the last server was stopped properly, so that the file's contents are intended. */
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
