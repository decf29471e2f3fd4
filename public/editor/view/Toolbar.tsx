import { mayEdit, nothing } from '../model/state.ts';
import { headline } from '../model/traces.ts';
import { EditorIcon } from './EditorIcon.tsx';
import { focusSteps } from './focus.ts';
import { useEditor, useEditorState } from './useEditor.ts';

/** Says that what is on show is not the draft, or what way is lit up and what became of it, and leads back. */
export function PreviewBar() {
  const editor = useEditor();
  const title = useEditorState(state => state.preview?.title);
  const trace = useEditorState(state => state.trace);
  if (!title && !trace) return null;
  const back = () => (title ? editor.preview() : editor.watching.light());
  return (
    <div className="glance">
      <span role="status">{title ? `${title}: to look at, not to change` : headline(trace!)}</span>
      {!title && <Steps />}
      <button type="button" onClick={back}>
        <EditorIcon name="back" />
        {title ? 'Back to the draft' : 'Clear'}
      </button>
    </div>
  );
}

/** Opens the list of the steps, where that is not open. */
function Steps() {
  const editor = useEditor();
  const open = useEditorState(({ panel }) => panel === 'messages' || panel === 'try');
  const live = useEditorState(({ trace }) => (trace?.revision ?? 0) > 0);
  if (open) return null;
  const show = () => {
    // On a phone a form lies above the panel.
    if (matchMedia('(max-width: 47.99rem)').matches) editor.select(nothing);
    editor.show(live ? 'messages' : 'try');
    focusSteps();
  };
  return (
    <button type="button" onClick={show}>
      Show its steps
    </button>
  );
}

/** What is at hand on the picture. */
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
            title="Lay all nodes out anew; undo brings back where they were"
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
