import { type KeyboardEvent, useState } from 'react';
import { type Component, shortName } from '../model/component.ts';
import { componentsByLibrary } from '../model/search.ts';
import { COMPONENT_MIME } from './Canvas.tsx';
import { EditorIcon, Glyph } from './EditorIcon.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** The components that can be placed: dragged in, or added by Enter. */
export function LibraryPanel() {
  const components = useEditorState(state => state.components);
  const own = useEditorState(state => state.id.split('/')[0]);
  const [wanted, setWanted] = useState('');
  const found = componentsByLibrary(components, wanted);
  const libraries = [...found.keys()].toSorted((a, b) => Number(b === own) - Number(a === own) || (a < b ? -1 : 1));
  return (
    <div className="library">
      <input
        type="search"
        aria-label="Find a component"
        placeholder="Find a component"
        value={wanted}
        onChange={event => setWanted(event.target.value)}
        onKeyDown={walk}
      />
      <p className="hint">Drag one onto the picture. A click, a tap or Enter adds it beside what is chosen.</p>
      {libraries.map(library => (
        <section key={library}>
          <h3>{library || 'others'}</h3>
          <ul>
            {found.get(library)!.map(name => (
              <ComponentEntry key={name} component={components.get(name)!} />
            ))}
          </ul>
        </section>
      ))}
      {found.size === 0 && <p className="hint">No component is called like this, nor described so.</p>}
    </div>
  );
}

function ComponentEntry({ component: { name, icon, description, subgraph, locked } }: { component: Component }) {
  const editor = useEditor();
  const add = () => (locked ? editor.notify(`${name} can't be placed: ${locked}`, 'bad') : editor.editing.add(name));
  return (
    <li>
      <button
        type="button"
        draggable={!locked}
        aria-disabled={locked !== ''}
        onDragStart={event => {
          event.dataTransfer.setData(COMPONENT_MIME, name);
          event.dataTransfer.effectAllowed = 'copy';
        }}
        onClick={add}
        onKeyDown={walk}
      >
        <span className="glyph">
          <Glyph name={icon} subgraph={subgraph} />
        </span>
        <span>
          <strong>{shortName(name)}</strong>
          <small>{locked || description}</small>
        </span>
        {locked && <EditorIcon name="lock" />}
      </button>
    </li>
  );
}

/** Arrows go from one component to the next. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const all = [...(event.currentTarget.closest('.library')?.querySelectorAll<HTMLElement>('input, li button') ?? [])];
  const next = all[all.indexOf(event.currentTarget) + (event.key === 'ArrowDown' ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
