import { join } from 'node:path';
import type { GraphDocument } from '../../fbp/document.ts';
import { FolderGuard } from '../../files/data-folder.ts';
import type { Log } from '../../log.ts';
import { DRAFT, type SavedDraft, type UnsavedDraft } from '../draft/saved-draft.ts';
import { ACTIVE_REVISION_FILE, type ActiveRevisionFile } from './active-revision.ts';
import type { Deployer } from './deployer.ts';
import type { RevisionStore } from './revision-store.ts';

/** The folder of revisions in DATA. */
export const REVISIONS = 'revisions';

interface KeptFilesParts {
  readonly data: string;
  readonly log: Log;
  readonly live: ActiveRevisionFile;
  readonly draft: SavedDraft;
  readonly revisions: RevisionStore;
  readonly deployer: Deployer;
  unfinished(): UnsavedDraft | undefined;
  /** The subgraphs in a graph. */
  subgraphs(document: GraphDocument): readonly GraphDocument[];
  /** Recreates the control socket. */
  listen(): void;
}

const AGAIN = 'it is written again, and nothing of it is lost';

/** Recreates the server's own files in DATA if they are removed while it runs, and warns. */
export function guardKeptFiles(deps: KeptFilesParts): FolderGuard {
  const { data, log, live, draft, revisions, deployer, unfinished, listen } = deps;
  const always = () => true;
  const guarded = [
    {
      name: ACTIVE_REVISION_FILE,
      isExpected: always,
      restore: () => {
        live.restore();
        return AGAIN;
      },
    },
    {
      name: DRAFT,
      isExpected: () => unfinished() !== undefined,
      restore: () => {
        draft.save(unfinished());
        return AGAIN;
      },
    },
    { name: REVISIONS, isExpected: always, restore: () => restoreRevisions(revisions, deployer, deps.subgraphs) },
    {
      name: 'control.sock',
      isExpected: always,
      restore: () => {
        listen();
        return 'it is made again, so that commands reach this server';
      },
    },
    {
      name: 'server-lock',
      isExpected: always,
      restore: () => {
        throw new Error('a second server could take the folder; start this one again');
      },
    },
  ];
  return new FolderGuard(
    guarded.map(({ name, ...one }) => ({ ...one, path: join(data, name) })),
    sentence => log.warn(sentence),
  );
}

function restoreRevisions(
  revisions: RevisionStore,
  { live }: Deployer,
  subgraphs: KeptFilesParts['subgraphs'],
): string {
  if (!live) throw new Error('no revision is live');
  const { revision, document, by } = live;
  revisions.copy(
    revisions.next({ number: revision, by, note: 'kept again', document, subgraphs: subgraphs(document) }),
  );
  return `revision ${revision}, which is live, is kept there again; move the files of those before it back into the folder`;
}
