import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { type Found, search } from '../model/search.ts';
import { mayEdit, ofEdge, ofNodes } from '../model/state.ts';
import type { Editor } from '../net/editor.ts';
import { focusInspector, focusNode } from './keyboard.ts';
import { useEditor } from './useEditor.ts';

/** The search palette. */
export function Palette({ close }: { close: () => void }) {
  const editor = useEditor();
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useId();
  const [wanted, setWanted] = useState('');
  const [at, setAt] = useState(0);
  const { scene, components } = editor.state;
  const found = search(scene.graph, components, wanted, mayEdit(editor.state));
  useEffect(() => {
    const element = dialog.current!;
    element.showModal();
    const beside = (event: MouseEvent) => event.target === element && element.close();
    element.addEventListener('click', beside);
    return () => element.removeEventListener('click', beside);
  }, []);
  const choose = (chosen: Found | undefined) => {
    if (!chosen) return;
    close();
    go(editor, chosen);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setAt((at + (event.key === 'ArrowDown' ? 1 : -1) + found.length) % Math.max(1, found.length));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      choose(found[at]);
    }
  };
  return (
    <dialog ref={dialog} className="palette" aria-label="Search" onClose={close}>
      <input
        type="text"
        role="combobox"
        aria-label="Search nodes, ports, settings, wires and components"
        aria-expanded={found.length > 0}
        aria-controls={list}
        aria-activedescendant={found[at] && `${list}-${at}`}
        placeholder="Search nodes, ports, wires, settings, components"
        autoComplete="off"
        spellCheck={false}
        value={wanted}
        onChange={event => {
          setWanted(event.target.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      <div className="found" role="listbox" id={list} aria-label="Results">
        {found.map((each, index) => (
          <div
            key={each.key}
            id={`${list}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            onPointerMove={() => setAt(index)}
            onClick={() => choose(each)}
            onKeyDown={press}
          >
            <span className="kind">{each.kind}</span>
            <strong>{each.title}</strong>
            <small>{each.detail}</small>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="hint">No results.</p>}
    </dialog>
  );
}

/** Goes to a result and focuses it. */
function go(editor: Editor, { kind, target }: Found): void {
  if (kind === 'wire') {
    editor.select(ofEdge(target));
    focusInspector();
    return;
  }
  const name = kind === 'component' ? editor.editing.add(target) : target;
  if (kind !== 'component') editor.select(ofNodes(name));
  focusNode(name);
}
