import { shortName } from '../model/component.ts';
import { keyWithin } from '../model/graph.ts';
import { type Listed, listed } from '../model/list.ts';
import { faultsAt } from '../model/status.ts';
import { Unfold } from './Unfold.tsx';
import { useEditor, usePart } from './useEditor.ts';

/** The graph in words, in the order in which packets reach its nodes. */
export function Outline() {
  const graph = usePart(state => state.graph);
  return (
    <div>
      <ol className="outline">
        {listed(graph).map(node => (
          <Entry key={node.name} node={node} within="" />
        ))}
      </ol>
    </div>
  );
}

/** A node by its path, which begins with `within`; below it, what is in it where it is open. */
function Entry({ node: { name, component, entering, leaving, settings }, within }: { node: Listed; within: string }) {
  const editor = useEditor();
  const path = within + name;
  const chosen = usePart(({ selection }) => selection.nodes.has(path));
  const subgraph = usePart(({ components }) => components.get(component)?.subgraph ?? false);
  const inside = usePart(({ scene }) => scene.frames.get(path)?.graph);
  const faults = usePart(({ status }) => status?.faults);
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
      {subgraph && <Unfold path={path} open={inside !== undefined} />}
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
      {inside && (
        <ol aria-label={`In ${path}`}>
          {listed(inside).map(node => (
            <Entry key={node.name} node={node} within={`${path}/`} />
          ))}
        </ol>
      )}
    </li>
  );
}
