import { mayEdit } from '../model/state.ts';
import { CopyButton } from './CopyButton.tsx';
import { groupSelected } from './grouping.ts';
import { Icon } from './Icon.tsx';
import { Membership } from './Membership.tsx';
import { useEditor, usePart } from './useEditor.ts';

/** So many names are listed; of more, nobody reads each. */
const MOST = 12;

/** What can be done with several things at once. */
export function ManyInspector() {
  const editor = useEditor();
  const editable = usePart(mayEdit);
  const { nodes, edges } = usePart(state => state.selection);
  const words = [nodes.size && `${nodes.size} nodes`, edges.size && `${edges.size} wires`].filter(Boolean).join(', ');
  return (
    <>
      <h2>{words}</h2>
      <ul className="names">
        {[...nodes].slice(0, MOST).map(name => (
          <li key={name}>{name}</li>
        ))}
        {nodes.size > MOST && <li>and {nodes.size - MOST} more</li>}
      </ul>
      <Membership nodes={[...nodes]} />
      {editable && (
        <div className="actions">
          {nodes.size > 1 && (
            <button type="button" onClick={() => groupSelected(editor)}>
              Group
            </button>
          )}
          {nodes.size > 0 && <CopyButton />}
          <button type="button" className="danger" onClick={() => editor.editing.deleteSelected()}>
            <Icon name="trash" />
            Delete
          </button>
        </div>
      )}
    </>
  );
}
