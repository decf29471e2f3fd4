import { shortName } from '../model/component.ts';
import { keyWithin } from '../model/graph.ts';
import { type OutlineNode, outlineOf } from '../model/outline.ts';
import { faultsAt } from '../model/status.ts';
import { Unfold } from './Unfold.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** The graph in words, in the order in which packets reach its nodes. */
export function Outline() {
  const graph = useEditorState(state => state.graph);
  return (
    <div>
      <ol className="outline">
        {outlineOf(graph).map(node => (
          <OutlineEntry key={node.name} node={node} within="" />
        ))}
      </ol>
    </div>
  );
}

/** A node by its path, which begins with `within`; below it, what is in it where it is open. */
function OutlineEntry({
  node: { name, component, entering, leaving, settings },
  within,
}: {
  node: OutlineNode;
  within: string;
}) {
  const editor = useEditor();
  const path = within + name;
  const chosen = useEditorState(({ selection }) => selection.nodes.has(path));
  const subgraph = useEditorState(({ components }) => components.get(component)?.subgraph ?? false);
  const content = useEditorState(({ scene }) => scene.frames.get(path)?.graph);
  const faults = useEditorState(({ status }) => status?.faults);
  const own = faultsAt(faults ?? [], path);
  const wire = (key: string) => editor.select({ nodes: new Set(), edges: new Set([keyWithin(within, key)]) });
  return (
    <li aria-current={chosen || undefined}>
      <button
        type="button"
        className="plain"
        onClick={() => editor.select({ nodes: new Set([path]), edges: new Set() })}
      >
        {name}
      </button>{' '}
      <span className="hint">{shortName(component)}</span>
      {subgraph && <Unfold path={path} open={content !== undefined} />}
      {own.map(({ node, sentence }) => (
        <p key={`${node} ${sentence}`} className="wrong">
          {sentence}
        </p>
      ))}
      <ul>
        {[...settings, ...entering, ...leaving].map(({ key, words }) => (
          <li key={key}>
            {key.startsWith('[') ? (
              <button type="button" className="plain thin" onClick={() => wire(key)}>
                {words}
              </button>
            ) : (
              words
            )}
          </li>
        ))}
      </ul>
      {content && (
        <ol aria-label={`In ${path}`}>
          {outlineOf(content).map(node => (
            <OutlineEntry key={node.name} node={node} within={`${path}/`} />
          ))}
        </ol>
      )}
    </li>
  );
}
