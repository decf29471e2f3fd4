import { mayEdit } from '../model/state.ts';
import { Icon } from './Icon.tsx';
import { useEditor, usePart } from './useEditor.ts';

/** What is at hand on the picture. */
export function Toolbar() {
  const editor = useEditor();
  const editable = usePart(mayEdit);
  const warm = usePart(state => state.warm);
  const past = usePart(state => state.history.past.at(-1)?.label);
  const future = usePart(state => state.history.future[0]?.label);
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
            <Icon name="undo" />
          </button>
          <button
            type="button"
            className="quiet"
            aria-label={future ? `Redo: ${future}` : 'Redo'}
            title={future ? `Redo: ${future} (Ctrl Y)` : 'Nothing to redo'}
            disabled={!future}
            onClick={() => editor.editing.redo()}
          >
            <Icon name="redo" />
          </button>
          <button
            type="button"
            className="quiet"
            aria-label="Lay out"
            title="Lay all nodes out anew; undo brings back where they were"
            onClick={() => void editor.editing.arrange()}
          >
            <Icon name="arrange" />
          </button>
        </>
      )}
      <button
        type="button"
        className="quiet"
        aria-label="Heat"
        aria-pressed={warm}
        title="Packets a second on the wires, time and errors at the nodes"
        onClick={() => editor.watching.warm(!warm)}
      >
        <Icon name="heat" />
      </button>
    </div>
  );
}
