import type { ReactNode } from 'react';
import { mayEdit, onlyEdge, onlyNode } from '../model/state.ts';
import { Boundary } from './Boundary.tsx';
import { EdgeInspector } from './EdgeInspector.tsx';
import { EditorIcon } from './EditorIcon.tsx';
import { groupSelected } from './focus.ts';
import { InnerInspector } from './InnerInspector.tsx';
import { CopyButton, Membership } from './Membership.tsx';
import { NodeInspector } from './NodeInspector.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** So many names are listed; of more, nobody reads each. */
const MAX_LISTED = 12;

/** What can be done with several things at once. */
function ManyInspector() {
  const editor = useEditor();
  const editable = useEditorState(mayEdit);
  const { nodes, edges } = useEditorState(state => state.selection);
  const words = [nodes.size && `${nodes.size} nodes`, edges.size && `${edges.size} wires`].filter(Boolean).join(', ');
  return (
    <>
      <h2>{words}</h2>
      <ul className="names">
        {[...nodes].slice(0, MAX_LISTED).map(name => (
          <li key={name}>{name}</li>
        ))}
        {nodes.size > MAX_LISTED && <li>and {nodes.size - MAX_LISTED} more</li>}
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
            <EditorIcon name="trash" />
            Delete
          </button>
        </div>
      )}
    </>
  );
}

/** What is known of what is selected, and what can be done with it. */
export function Inspector() {
  const node = useEditorState(onlyNode);
  // A node with another name is still the one whose form is filled in.
  const origin = useEditorState(state => state.selection.origin ?? node);
  const edge = useEditorState(onlyEdge);
  const inner = useEditorState(state => state.scene.parents.has(onlyNode(state) ?? ''));
  const many = useEditorState(({ selection: { nodes, edges } }) => nodes.size + edges.size > 1);
  if (node !== undefined) {
    return (
      <Frame label={`Node ${node}`}>
        {inner ? <InnerInspector key={node} path={node} /> : <NodeInspector key={origin} name={node} />}
      </Frame>
    );
  }
  if (edge !== undefined) {
    return (
      <Frame label="Wire">
        <EdgeInspector key={edge} id={edge} />
      </Frame>
    );
  }
  return many ? (
    <Frame label="Selection">
      <ManyInspector />
    </Frame>
  ) : null;
}

function Frame({ label, children }: { label: string; children: ReactNode }) {
  const editor = useEditor();
  const close = () => editor.select({ nodes: new Set(), edges: new Set() });
  return (
    <aside className="inspector" tabIndex={-1} aria-label={label}>
      <button type="button" className="quiet shut" aria-label="Close the inspector" onClick={close}>
        <EditorIcon name="close" />
      </button>
      <Boundary what="This form" of={label}>
        {children}
      </Boundary>
    </aside>
  );
}
