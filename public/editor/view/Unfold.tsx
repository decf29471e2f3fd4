import { EditorIcon } from './EditorIcon.tsx';
import { useEditor } from './useEditor.ts';

interface Unfolded {
  readonly path: string;
  readonly open: boolean;
  readonly words?: boolean;
  readonly tabIndex?: number;
}

/** Opens a subgraph in its place, or closes it. */
export function Unfold({ path, open, words = false, tabIndex }: Unfolded) {
  const editor = useEditor();
  return (
    <button
      type="button"
      tabIndex={tabIndex}
      className={words ? undefined : 'quiet unfold nodrag nopan'}
      aria-label={words ? undefined : `${open ? 'Close' : 'Open'} ${path}`}
      aria-expanded={open}
      title={open ? 'Close (Enter)' : 'Open in place (Enter)'}
      onClick={event => {
        // To look inside is not to choose the node.
        event.stopPropagation();
        void editor.subgraphLoader.toggle(path);
      }}
    >
      <EditorIcon name={open ? 'fold' : 'unfold'} />
      {words && (open ? 'Close' : 'Open in place')}
    </button>
  );
}
