import { useState } from 'react';
import { libraryOf, shortName } from '../model/component.ts';
import { newSource } from '../model/source.ts';
import { keep } from '../net/coding.ts';
import { CodeEditor } from './CodeEditor.tsx';
import { Icon } from './Icon.tsx';
import { useEditor, usePart } from './useEditor.ts';

/** The source of a component, and its tests. */
export default function CodePanel() {
  const coding = usePart(state => state.coding);
  return (
    <div className="coding">
      <Choice />
      {coding && <CodeEditor key={coding} component={coding} />}
    </div>
  );
}

/** Opens a component of ours, or begins one that is not there yet. */
function Choice() {
  const editor = useEditor();
  const library = usePart(state => state.id.split('/')[0] ?? '');
  const components = usePart(state => state.components);
  const coding = usePart(state => state.coding);
  const unsaved = usePart(state => state.unsaved);
  const drafted = usePart(state => state.status?.code);
  const [typed, setTyped] = useState('');
  const own = [...components.values()].filter(({ name, subgraph }) => libraryOf(name) === library && !subgraph);
  const names = new Set([...own.map(({ name }) => name), ...unsaved.keys()]);
  const open = (name: string) => editor.update(state => ({ ...state, coding: name || undefined }));
  const begin = () => {
    const component = `${library}/${typed}`;
    if (!names.has(component)) keep(editor, newSource(library, typed));
    open(component);
    setTyped('');
  };
  return (
    <div className="row">
      <select aria-label="Component" value={coding ?? ''} onChange={event => open(event.target.value)}>
        <option value="">Choose a component</option>
        {[...names].map(name => (
          <option key={name} value={name}>
            {shortName(name)}
            {unsaved.has(name) ? ', not saved' : drafted?.has(name) ? ', in the draft' : ''}
          </option>
        ))}
      </select>
      <input
        aria-label="Name of a new component"
        placeholder="NewComponent"
        spellCheck={false}
        value={typed}
        onChange={event => setTyped(event.target.value)}
      />
      <button
        type="button"
        disabled={!/^[A-Z][A-Za-z0-9]*$/.test(typed)}
        title="A name begins with a capital"
        onClick={begin}
      >
        <Icon name="plus" />
        New
      </button>
    </div>
  );
}
