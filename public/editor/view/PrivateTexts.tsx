import { useEffect, useId, useRef, useState } from 'react';
import { Dialog } from '../../ui/Dialog.tsx';
import { isLive } from '../model/state.ts';
import { Button } from './Button.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/**
 * Shows whether texts of private rooms are visible; users with the edit right can change it. Empty without private
 * rooms.
 */
export function PrivateTexts() {
  const editor = useEditor();
  const id = useId();
  const hasAccounts = useEditorState(state => state.hasAccounts);
  const looks = useEditorState(state => state.looks);
  const may = useEditorState(({ status }) => status?.rights.has('edit') ?? false);
  const linked = useEditorState(isLive);
  const [asking, ask] = useState(false);
  if (!hasAccounts) return null;
  return (
    <div className="private-texts" data-shown={looks || undefined}>
      <p id={id}>
        {looks
          ? 'Texts of private rooms are shown to you, and members of these rooms see a notice.'
          : 'Texts of private rooms are hidden.'}
      </p>
      {may && (
        <Button
          aria-describedby={id}
          disabled={!linked}
          onClick={() => (looks ? void editor.watching.look(false) : ask(true))}
        >
          {looks ? 'Hide private texts' : 'Show private texts'}
        </Button>
      )}
      {asking && <ConfirmLook close={() => ask(false)} />}
    </div>
  );
}

function ConfirmLook({ close }: { close: () => void }) {
  const editor = useEditor();
  const hidden = useRef<HTMLButtonElement>(null);
  // Focus the button that changes nothing.
  useEffect(() => hidden.current?.focus(), []);
  const agreed = () => {
    close();
    void editor.watching.look(true);
  };
  return (
    <Dialog title="Show texts of private rooms?" close={close}>
      <p>
        This is recorded in the audit log. People in private rooms see a notice until you hide the texts again, or close
        this page.
      </p>
      <div className="row">
        <Button className="danger" onClick={agreed}>
          Show private texts
        </Button>
        <Button ref={hidden} onClick={close}>
          Keep them hidden
        </Button>
      </div>
    </Dialog>
  );
}
