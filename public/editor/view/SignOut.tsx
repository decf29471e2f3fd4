import { useEffect, useRef, useState } from 'react';
import { listInWords } from '../../../src/model/words.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { hasUnsaved } from '../model/state.ts';
import { Button } from './Button.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** Signs out once all edits were sent. Asks first if edits can't be sent, or source is unsaved. */
export function SignOut() {
  const editor = useEditor();
  const [asking, setAsking] = useState(false);
  const leave = async () => {
    await editor.editing.settled().catch(() => {});
    if (hasUnsaved(editor.state)) setAsking(true);
    else editor.leave();
  };
  return (
    <>
      <Button icon="lock" className="quiet" aria-label="Sign out" onClick={() => void leave()} />
      {asking && <ConfirmSignOut close={() => setAsking(false)} />}
    </>
  );
}

function ConfirmSignOut({ close }: { close: () => void }) {
  const editor = useEditor();
  const edits = useEditorState(({ draft }) => draft?.pending.length ?? 0);
  const source = useEditorState(({ unsaved }) => unsaved);
  const stay = useRef<HTMLButtonElement>(null);
  // Focus the button that loses nothing.
  useEffect(() => stay.current?.focus(), []);
  const lost = [
    ...(edits > 0 ? [edits === 1 ? '1 edit that was not sent' : `${edits} edits that were not sent`] : []),
    ...(source.size > 0 ? [`the unsaved code of ${listInWords([...source.keys()], 'and')}`] : []),
  ];
  return (
    <Dialog title="Sign out?" close={close}>
      <p>Only this window has {listInWords(lost, 'and')}. Signing out forgets that.</p>
      <div className="row">
        <Button className="danger" onClick={() => editor.leave()}>
          Sign out
        </Button>
        <Button ref={stay} onClick={close}>
          Stay
        </Button>
      </div>
    </Dialog>
  );
}
