import { shortName } from '../model/component.ts';
import { type Listed, listed } from '../model/list.ts';
import { useEditor, usePart } from './useEditor.ts';

/** The graph in words, in the order in which packets reach its nodes. */
export function Outline() {
  const graph = usePart(state => state.graph);
  return (
    <div>
      <ol className="outline">
        {listed(graph).map(node => (
          <Entry key={node.name} node={node} />
        ))}
      </ol>
    </div>
  );
}

function Entry({ node: { name, component, entering, leaving, settings } }: { node: Listed }) {
  const editor = useEditor();
  const chosen = usePart(({ selection }) => selection.nodes.has(name));
  const faults = usePart(({ status }) => status?.faults);
  const own = faults?.filter(({ node }) => node === name) ?? [];
  const wire = (key: string) => editor.select({ nodes: new Set(), edges: new Set([key]) });
  return (
    <li aria-current={chosen || undefined}>
      <button
        type="button"
        className="plain"
        onClick={() => editor.select({ nodes: new Set([name]), edges: new Set() })}
      >
        {name}
      </button>{' '}
      <span className="hint">{shortName(component)}</span>
      {own.map(({ sentence }) => (
        <p key={sentence} className="wrong">
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
    </li>
  );
}
