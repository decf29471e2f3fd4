import { Button } from './Button.tsx';
import { useEditor } from './useEditor.ts';

interface Unfolded {
  readonly path: string;
  readonly open: boolean;
  readonly words?: boolean;
  readonly tabIndex?: number;
}

/** Opens or closes a subgraph in place. */
export function Unfold({ path, open, words = false, tabIndex }: Unfolded) {
  const editor = useEditor();
  return (
    <Button
      icon={open ? 'fold' : 'unfold'}
      tabIndex={tabIndex}
      className={words ? undefined : 'quiet unfold nodrag nopan'}
      aria-label={words ? undefined : `${open ? 'Close' : 'Open'} ${path}`}
      aria-expanded={open}
      title={open ? 'Close (Enter)' : 'Open in place (Enter)'}
      onClick={event => {
        // Opening does not select the node.
        event.stopPropagation();
        void editor.subgraphLoader.toggle(path);
      }}
    >
      {words && (open ? 'Close' : 'Open in place')}
    </Button>
  );
}
