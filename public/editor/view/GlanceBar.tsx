import { nothing } from '../model/state.ts';
import { headline } from '../model/ways.ts';
import { focusSteps } from './focus.ts';
import { Icon } from './Icon.tsx';
import { useEditor, usePart } from './useEditor.ts';

/** Says that what is on show is not the draft, or what way is lit up and what became of it, and leads back. */
export function GlanceBar() {
  const editor = useEditor();
  const title = usePart(state => state.glance?.title);
  const way = usePart(state => state.way);
  if (!title && !way) return null;
  const back = () => (title ? editor.glance() : editor.watching.light());
  return (
    <div className="glance">
      <span role="status">{title ? `${title}: to look at, not to change` : headline(way!)}</span>
      {!title && <Steps />}
      <button type="button" onClick={back}>
        <Icon name="back" />
        {title ? 'Back to the draft' : 'Clear'}
      </button>
    </div>
  );
}

/** Opens the list of the steps, where that is not open. */
function Steps() {
  const editor = useEditor();
  const open = usePart(({ panel }) => panel === 'messages' || panel === 'try');
  const live = usePart(({ way }) => (way?.revision ?? 0) > 0);
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
