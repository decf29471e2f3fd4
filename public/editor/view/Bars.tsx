import { mayEdit, nothing } from '../model/state.ts';
import { headline } from '../model/traces.ts';
import { Back } from './ConfirmDiscard.tsx';
import { EditorIcon } from './EditorIcon.tsx';
import { focusSteps } from './keyboard.ts';
import { useEditor, useEditorState } from './useEditor.ts';

/** Says that the canvas shows a read-only graph or a trace, and leads back to the draft. */
export function PreviewBar() {
  const editor = useEditor();
  const title = useEditorState(state => state.preview?.title);
  const trace = useEditorState(state => state.trace);
  if (!title && !trace) return null;
  const back = () => (title ? editor.preview() : editor.watching.light());
  return (
    <div className="glance">
      <span role="status">{title ? `${title}, read-only` : headline(trace!)}</span>
      {!title && <Steps />}
      <button type="button" onClick={back}>
        <EditorIcon name="back" />
        {title ? 'Back to the draft' : 'Clear'}
      </button>
    </div>
  );
}

/** A button that opens the list of steps, if it is not open. */
function Steps() {
  const editor = useEditor();
  const open = useEditorState(({ panel }) => panel === 'messages' || panel === 'try');
  const live = useEditorState(({ trace }) => (trace?.revision ?? 0) > 0);
  if (open) return null;
  const show = () => {
    // On a phone, the inspector covers the panel.
    if (matchMedia('(max-width: 47.99rem)').matches) editor.select(nothing);
    editor.show(live ? 'messages' : 'try');
    focusSteps();
  };
  return (
    <button type="button" onClick={show}>
      Show steps
    </button>
  );
}

/** The toolbar of the canvas. */
export function Toolbar() {
  const editor = useEditor();
  const editable = useEditorState(mayEdit);
  const showsHeat = useEditorState(state => state.showsHeat);
  const past = useEditorState(state => state.history.past.at(-1)?.label);
  const future = useEditorState(state => state.history.future[0]?.label);
  return (
    <div className="toolbar" role="toolbar" aria-label="Picture">
      {editable && (
        <>
          <button
            type="button"
            className="quiet"
            aria-label={past ? `Undo: ${past}` : 'Undo'}
            title={past ? `Undo: ${past} (Ctrl Z)` : 'Nothing to undo'}
            disabled={!past}
            onClick={() => editor.editing.undo()}
          >
            <EditorIcon name="undo" />
          </button>
          <button
            type="button"
            className="quiet"
            aria-label={future ? `Redo: ${future}` : 'Redo'}
            title={future ? `Redo: ${future} (Ctrl Y)` : 'Nothing to redo'}
            disabled={!future}
            onClick={() => editor.editing.redo()}
          >
            <EditorIcon name="redo" />
          </button>
          <button
            type="button"
            className="quiet"
            aria-label="Lay out"
            title="Arrange all nodes automatically; this can be undone"
            onClick={() => void editor.editing.arrange()}
          >
            <EditorIcon name="arrange" />
          </button>
        </>
      )}
      <button
        type="button"
        className="quiet"
        aria-label="Heat"
        aria-pressed={showsHeat}
        title="Packets a second on the wires, time and errors at the nodes"
        onClick={() => editor.watching.showHeat(!showsHeat)}
      >
        <EditorIcon name="heat" />
      </button>
    </div>
  );
}

/**
 * What users must know or decide: a closed connection, a newer page, a confirmation, a start with another graph than
 * published, a revision rolled back.
 */
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
            Make it live anyway
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
