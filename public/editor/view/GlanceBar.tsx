import { Icon } from './Icon.tsx';
import { useEditor, usePart } from './useEditor.ts';

/** Says that what is on show is not the draft, or that a way is lit up, and leads back. */
export function GlanceBar() {
  const editor = useEditor();
  const title = usePart(state => state.glance?.title);
  const way = usePart(state => state.way);
  if (!title && !way) return null;
  const back = () => (title ? editor.glance() : editor.watching.light());
  return (
    <div className="glance">
      <span>{title ? `${title}: to look at, not to change` : `The way of ${way!.method} ${way!.path}`}</span>
      <button type="button" onClick={back}>
        <Icon name="back" />
        {title ? 'Back to the draft' : 'Put it out'}
      </button>
    </div>
  );
}
