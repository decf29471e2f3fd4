import { join } from 'node:path';
import { FolderGuard } from '../../files/folder-guard.ts';
import type { Log } from '../../log.ts';
import { DRAFT, type SavedDraft, type UnsavedDraft } from '../draft/saved-draft.ts';
import { ACTIVE_REVISION_FILE, type ActiveRevisionFile } from './active-revision.ts';
import type { Deployer } from './deployer.ts';
import type { RevisionStore } from './revision-store.ts';

/** The folder in DATA that has the revisions. */
export const REVISIONS = 'revisions';

export interface KeptFilesParts {
  readonly data: string;
  readonly log: Log;
  readonly live: ActiveRevisionFile;
  readonly draft: SavedDraft;
  readonly revisions: RevisionStore;
  readonly deployer: Deployer;
  unfinished(): UnsavedDraft | undefined;
  /** Makes the socket for commands again. */
  listen(): void;
}

const AGAIN = 'it is written again, and nothing of it is lost';

/** Writes again what somebody removes of the server's own files in DATA while it runs, and warns of it. */
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
    { name: REVISIONS, isExpected: always, restore: () => restoreRevisions(revisions, deployer) },
    {
      name: 'control.sock',
      isExpected: always,
      restore: () => {
        listen();
        return 'it is made again, so that npm run revisions reaches this server';
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

function restoreRevisions(revisions: RevisionStore, { live }: Deployer): string {
  if (!live) throw new Error('no revision is live');
  const { revision, source, by } = live;
  revisions.add({ number: revision, by, note: 'kept again', ...source });
  return `revision ${revision}, which is live, is kept there again; move the files of those before it back into the folder`;
}
