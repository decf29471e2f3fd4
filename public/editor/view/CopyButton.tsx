import { Icon } from './Icon.tsx';
import { useEditor } from './useEditor.ts';

/** Copies the nodes that are selected. */
export function CopyButton() {
  const editor = useEditor();
  const copy = () => void editor.clipboard.copy().then(text => navigator.clipboard?.writeText(text).catch(() => {}));
  return (
    <button type="button" title="As .fbp text (Ctrl C)" onClick={copy}>
      <Icon name="copy" />
      Copy
    </button>
  );
}
