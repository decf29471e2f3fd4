import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { lineOn } from '../model/level.ts';
import { type Found, findComponents, search } from '../model/search.ts';
import { insertable, type Line, lineName } from '../model/splices.ts';
import { graphAt, mayEdit, ofEdge, ofNodes } from '../model/state.ts';
import type { Editor } from '../net/editor.ts';
import { focusInspector, focusNode } from './keyboard.ts';
import { useEditor } from './useEditor.ts';

/** The search palette. */
export function Palette({ close }: { close: () => void }) {
  const editor = useEditor();
  const find = (wanted: string) => {
    const { scene, components } = editor.state;
    return search(scene.graph, components, wanted, mayEdit(editor.state));
  };
  return (
    <Finder
      label="Search"
      field="Search nodes, ports, settings, wires and components"
      placeholder="Search nodes, ports, wires, settings, components"
      find={find}
      choose={found => go(editor, found)}
      close={close}
    />
  );
}

/** Lists the components that fit into a line on the canvas, and inserts one. */
export function InsertPalette({ id }: { id: string }) {
  const editor = useEditor();
  const close = () => editor.update(state => ({ ...state, inserting: undefined }));
  const found = lineOn(editor.state, id);
  useEffect(() => {
    // Somebody else has removed the line.
    if (!found) close();
  });
  return found ? <InsertFinder id={id} line={found.line} frame={found.frame} close={close} /> : null;
}

interface InsertProps {
  readonly id: string;
  readonly line: Line;
  readonly frame: string;
  readonly close: () => void;
}

function InsertFinder({ id, line, frame, close }: InsertProps) {
  const editor = useEditor();
  const { components } = editor.state;
  const graph = graphAt(editor.state, frame);
  const fitting = useMemo(
    () => insertable(graph, components, line).filter(({ name }) => !editor.splicing.misplaced(name, frame)),
    [editor, graph, components, line, frame],
  );
  const own = editor.state.id.split('/')[0]!;
  const choose = ({ target }: Found) => {
    const name = editor.splicing.add(id, target);
    if (name !== undefined) focusNode(name);
  };
  return (
    <Finder
      label={`Insert a node into ${lineName(line)}`}
      field="Find a component that fits"
      placeholder={`What fits into ${lineName(line)}`}
      find={wanted => findComponents(fitting, own, wanted)}
      choose={choose}
      close={close}
    />
  );
}

interface FinderProps {
  readonly label: string;
  /** The label of the field. */
  readonly field: string;
  readonly placeholder: string;
  readonly find: (wanted: string) => readonly Found[];
  readonly choose: (found: Found) => void;
  readonly close: () => void;
}

/** A dialog with a search field and its results. */
function Finder({ label, field, placeholder, find, choose: take, close }: FinderProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useId();
  const [wanted, setWanted] = useState('');
  const [at, setAt] = useState(0);
  const found = find(wanted);
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
    take(chosen);
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
  useEffect(() => {
    document.getElementById(`${list}-${at}`)?.scrollIntoView({ block: 'nearest' });
  }, [list, at]);
  return (
    <dialog ref={dialog} className="palette" aria-label={label} onClose={close}>
      <input
        type="text"
        role="combobox"
        aria-label={field}
        aria-expanded={found.length > 0}
        aria-controls={list}
        aria-activedescendant={found[at] && `${list}-${at}`}
        placeholder={placeholder}
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
            <span className="kind">{each.group ?? each.kind}</span>
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
