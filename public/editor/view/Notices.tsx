import { Icon } from './Icon.tsx';
import { useEditor, usePart } from './useEditor.ts';

/** Sentences that stay for a while. */
export function Notices() {
  const editor = useEditor();
  const notices = usePart(state => state.notices);
  return (
    <div className="notices" role="log" aria-label="Notices">
      {notices.map(({ id, kind, text }) => (
        <div key={id} className="notice" data-kind={kind}>
          <p>{text}</p>
          <button type="button" className="quiet" aria-label="Dismiss" onClick={() => editor.dismiss(id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
