import { Back } from './ConfirmDiscard.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** What somebody has to know or decide on: a connection that the server closed, a newer page, messages that would be kept elsewhere, a start with something else than was published, a revision that was taken back. */
export function Banners() {
  const outdated = useEditorState(state => state.outdated);
  const confirm = useEditorState(state => state.status?.confirm);
  const startedWith = useEditorState(state => state.status?.startedWith);
  const takenBack = useEditorState(state => state.status?.takenBack);
  const why = useEditorState(({ link }) => link.kind !== 'live' && link.why);
  if (!outdated && !confirm && !startedWith && !takenBack && !why) return null;
  return (
    <div className="banners">
      {why && <Lost why={why} />}
      {outdated && <Outdated />}
      {confirm && <Confirm sentence={confirm} />}
      {startedWith && (
        <div className="banner" role="status" data-kind="warn">
          <p>{startedWith}</p>
        </div>
      )}
      {takenBack && <TakenBack />}
    </div>
  );
}

function Lost({ why }: { why: string }) {
  const editor = useEditor();
  const trying = useEditorState(state => state.link.kind === 'connecting');
  return (
    <div className="banner" role="status" data-kind="warn">
      <p>{why}. The page connects again by itself.</p>
      <div className="row">
        <button type="button" disabled={trying} onClick={() => editor.connection.connect()}>
          Try now
        </button>
      </div>
    </div>
  );
}

function Outdated() {
  const editor = useEditor();
  return (
    <div className="banner" role="status">
      <p>flowchat was updated. Your edits and your code are kept in this window.</p>
      <div className="row">
        <button type="button" onClick={() => editor.reload()}>
          Reload
        </button>
      </div>
    </div>
  );
}

function Confirm({ sentence }: { sentence: string }) {
  const editor = useEditor();
  const may = useEditorState(state => state.status?.rights.has('edit'));
  const live = useEditorState(state => state.link.kind === 'live');
  return (
    <div className="banner" role="status" data-kind="warn">
      <p>{sentence}</p>
      {may && (
        <div className="row">
          <button type="button" disabled={!live} onClick={() => void editor.publishing.accept()}>
            Make it live all the same
          </button>
        </div>
      )}
    </div>
  );
}

function TakenBack() {
  const may = useEditorState(state => state.status?.rights.has('edit'));
  const { failed, why, to } = useEditorState(state => state.status?.takenBack)!;
  return (
    <div className="banner" role="status" data-kind="warn">
      <p>
        Revision {failed} was rolled back: {why}. The graph of revision {to} is live again.
      </p>
      {may && (
        <div className="row">
          <Back number={failed}>Go back to {failed}</Back>
        </div>
      )}
    </div>
  );
}
