import type { ReactNode } from 'react';
import { onlyEdge, onlyNode } from '../model/state.ts';
import { Boundary } from './Boundary.tsx';
import { EdgeInspector } from './EdgeInspector.tsx';
import { Icon } from './Icon.tsx';
import { InnerInspector } from './InnerInspector.tsx';
import { ManyInspector } from './ManyInspector.tsx';
import { NodeInspector } from './NodeInspector.tsx';
import { useEditor, usePart } from './useEditor.ts';

/** What is known of what is selected, and what can be done with it. */
export function Inspector() {
  const node = usePart(onlyNode);
  // A node with another name is still the one whose form is filled in.
  const origin = usePart(state => state.selection.origin ?? node);
  const edge = usePart(onlyEdge);
  const inner = usePart(state => state.scene.parents.has(onlyNode(state) ?? ''));
  const many = usePart(({ selection: { nodes, edges } }) => nodes.size + edges.size > 1);
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
        <Icon name="close" />
      </button>
      <Boundary what="This form" of={label}>
        {children}
      </Boundary>
    </aside>
  );
}
