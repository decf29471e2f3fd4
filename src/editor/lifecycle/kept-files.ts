import { join } from 'node:path';
import { FolderGuard } from '../../files/folder-guard.ts';
import type { Log } from '../../log.ts';
import type { Revisions } from '../../revisions.ts';
import { DRAFT, type KeptDraft, type Unfinished } from './kept-draft.ts';
import { type KeptLive, LIVE } from './kept-live.ts';
import type { Publication } from './publication.ts';

/** The folder in DATA that has the revisions. */
export const REVISIONS = 'revisions';

export interface KeptFilesParts {
  readonly data: string;
  readonly log: Log;
  readonly live: KeptLive;
  readonly draft: KeptDraft;
  readonly revisions: Revisions;
  readonly publication: Publication;
  unfinished(): Unfinished | undefined;
  /** Makes the socket for commands again. */
  listen(): void;
}

const AGAIN = 'it is written again, and nothing of it is lost';

/** Writes again what somebody removes of the server's own files in DATA while it runs, and warns of it. */
export function guardKeptFiles(parts: KeptFilesParts): FolderGuard {
  const { data, log, live, draft, revisions, publication, unfinished, listen } = parts;
  const always = () => true;
  const guarded = [
    {
      name: LIVE,
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
        draft.keep(unfinished());
        return AGAIN;
      },
    },
    { name: REVISIONS, isExpected: always, restore: () => restoreRevisions(revisions, publication) },
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

function restoreRevisions(revisions: Revisions, { live }: Publication): string {
  if (!live) throw new Error('no revision is live');
  const { revision, source, by } = live;
  revisions.add({ number: revision, by, note: 'kept again', ...source });
  return `revision ${revision}, which is live, is kept there again; move the files of those before it back into the folder`;
}
