import { Back } from './Back.tsx';
import { useEditor, usePart } from './useEditor.ts';

/** What somebody has to decide on: a newer page, messages that would be kept elsewhere, a revision that was taken back. */
export function Banners() {
  const outdated = usePart(state => state.outdated);
  const confirm = usePart(state => state.status?.confirm);
  const takenBack = usePart(state => state.status?.takenBack);
  if (!outdated && !confirm && !takenBack) return null;
  return (
    <div className="banners">
      {outdated && <Outdated />}
      {confirm && <Confirm sentence={confirm} />}
      {takenBack && <TakenBack />}
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
  const may = usePart(state => state.status?.rights.has('edit'));
  const live = usePart(state => state.link.kind === 'live');
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
  const may = usePart(state => state.status?.rights.has('edit'));
  const { failed, why, to } = usePart(state => state.status?.takenBack)!;
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
