import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Dialog } from '../../ui/Dialog.tsx';
import { isLive } from '../model/state.ts';
import { lostByGoingBack, otherEditors, type Status } from '../model/status.ts';
import type { Editor } from '../net/editor.ts';
import { Button } from './Button.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

interface Props {
  readonly title: string;
  /** Number of changes that will be lost. */
  readonly changes: number;
  /** Label of the button that confirms. */
  readonly action: string;
  readonly act: () => void;
  readonly close: () => void;
  readonly children?: ReactNode;
}

/** Asks before discarding the draft, which all editors share. */
function ConfirmDiscard({ title, changes, action, act, close, children }: Props) {
  const others = useEditorState(({ status }) => status !== undefined && otherEditors(status) > 0);
  const lost =
    changes === 1
      ? '1 change of the draft that is not live is lost'
      : `${changes} changes of the draft that are not live are lost`;
  const keep = useRef<HTMLButtonElement>(null);
  // Focus the button that loses nothing.
  useEffect(() => keep.current?.focus(), []);
  const agreed = () => {
    close();
    act();
  };
  return (
    <Dialog title={title} close={close}>
      <p>
        {lost}. All editors share the draft, so {changes === 1 ? 'it' : 'they'} may be another person's
        {others ? '; others have it open now' : ''}. {children}
      </p>
      <div className="row">
        <Button className="danger" onClick={agreed}>
          {action}
        </Button>
        <Button ref={keep} onClick={close}>
          Keep the draft
        </Button>
      </div>
    </Dialog>
  );
}

/** The status including all our edits; undefined if the connection is lost. */
const settledStatus = (editor: Editor): Promise<Status | undefined> =>
  editor.editing.settled().then(
    () => editor.state.status,
    () => undefined,
  );

/** Discards the draft after a confirmation. */
export function Discard({ disabled }: { disabled: boolean }) {
  const editor = useEditor();
  const changes = useEditorState(({ status }) => status?.changes ?? 0);
  const [seen, setSeen] = useState<number>();
  return (
    <>
      <Button
        className="danger"
        disabled={disabled}
        onClick={async () => setSeen((await settledStatus(editor))?.version)}
      >
        Discard
      </Button>
      {seen !== undefined && (
        <ConfirmDiscard
          title="Discard the draft?"
          changes={changes}
          action="Discard it"
          act={() => void editor.publishing.discard(seen)}
          close={() => setSeen(undefined)}
        />
      )}
    </>
  );
}

/** A button that rolls back to a revision; asks first if that discards a draft. */
export function Back({ number, children }: { number: number; children: ReactNode }) {
  const editor = useEditor();
  const changes = useEditorState(({ status }) => (status ? lostByGoingBack(status) : 0));
  const lost = !useEditorState(isLive);
  const [seen, setSeen] = useState<number>();
  const back = (version: number) => void editor.publishing.rollBack(number, version);
  const ask = async () => {
    const status = await settledStatus(editor);
    if (!status) return;
    if (lostByGoingBack(status) > 0) setSeen(status.version);
    else back(status.version);
  };
  return (
    <>
      <Button aria-label={`Go back to revision ${number}`} disabled={lost} onClick={() => void ask()}>
        {children}
      </Button>
      {seen !== undefined && (
        <ConfirmDiscard
          title={`Go back to revision ${number}?`}
          changes={changes}
          action="Go back to it"
          act={() => back(seen)}
          close={() => setSeen(undefined)}
        >
          Revision {number} goes live in its place.
        </ConfirmDiscard>
      )}
    </>
  );
}
