import { type ReactNode, useState } from 'react';
import { lostByGoingBack } from '../model/status.ts';
import { Loss } from './Loss.tsx';
import { useEditor, usePart } from './useEditor.ts';

/** Goes back to a revision; where a draft is lost by that, once somebody has said yes to it. */
export function Back({ number, children }: { number: number; children: ReactNode }) {
  const editor = useEditor();
  const version = usePart(state => state.status?.version ?? 0);
  const changes = usePart(({ status }) => (status ? lostByGoingBack(status) : 0));
  // What is on its way to the draft comes first.
  const ready = usePart(({ link, draft }) => link.kind === 'live' && draft?.pending.length === 0);
  const [seen, setSeen] = useState<number>();
  const back = (version: number) => void editor.publishing.rollBack(number, version);
  return (
    <>
      <button
        type="button"
        aria-label={`Go back to revision ${number}`}
        disabled={!ready}
        onClick={() => (changes > 0 ? setSeen(version) : back(version))}
      >
        {children}
      </button>
      {seen !== undefined && (
        <Loss
          title={`Go back to revision ${number}?`}
          changes={changes}
          action="Go back to it"
          act={() => back(seen)}
          close={() => setSeen(undefined)}
        >
          Revision {number} goes live in its place.
        </Loss>
      )}
    </>
  );
}
