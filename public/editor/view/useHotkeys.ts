import { useEffect } from 'react';
import { group } from '../model/edits.ts';
import { neighbour } from '../model/list.ts';
import { nothing, onlyNode, type State } from '../model/state.ts';
import type { Editor } from '../net/editor.ts';
import { useEditor } from './useEditor.ts';

const writes = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input, textarea, select, [contenteditable], .code') !== null;

type Arrow = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown';

const steps: Readonly<Record<Arrow, readonly [x: number, y: number]>> = {
  ArrowLeft: [-24, 0],
  ArrowRight: [24, 0],
  ArrowUp: [0, -24],
  ArrowDown: [0, 24],
};

const isArrow = (key: string): key is Arrow => Object.hasOwn(steps, key);

/** Listens to the keyboard, except while a dialog is open or somebody writes. */
export function useHotkeys(find: () => void): void {
  const editor = useEditor();
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { key, ctrlKey, metaKey } = event;
      if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return;
      const command = ctrlKey || metaKey;
      const action =
        command && key.toLowerCase() === 'k' ? find : writes(event.target) ? undefined : actionOf(editor, event);
      if (!action) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [editor, find]);
}

function actionOf(editor: Editor, event: KeyboardEvent): (() => void) | undefined {
  const { key, ctrlKey, metaKey, shiftKey, altKey } = event;
  const { desk, insides, state } = editor;
  const letter = key.toLowerCase();
  if (ctrlKey || metaKey) {
    if (letter === 'z') return () => (shiftKey ? desk.redo() : desk.undo());
    if (letter === 'y') return () => desk.redo();
    if (letter === 'a') return () => editor.select({ nodes: new Set(state.graph.nodes.keys()), edges: new Set() });
    if (letter === 'g' && state.selection.nodes.size > 0)
      return () => desk.edit(group(state.graph, state.selection.nodes));
    return undefined;
  }
  if (key === 'Delete' || key === 'Backspace') return () => desk.deleteSelected();
  if (key === 'F2' && onlyNode(state)) return () => document.getElementById('node-name')?.focus();
  if (key === 'Escape') return () => leave(editor);
  const onPicture = event.target === document.body || (event.target as Element).closest('.react-flow') !== null;
  if (key === 'Enter' && onPicture) {
    const chosen = entered(state, event.target as Element);
    return chosen === undefined ? undefined : () => void insides.toggle(chosen);
  }
  if (isArrow(key) && onPicture) return () => (altKey ? nudge(editor, key) : go(editor, key));
  return undefined;
}

/** The subgraph that Enter opens or closes: the one that has the focus, or else that is selected. */
function entered(state: State, target: Element): string | undefined {
  const path = target.closest('.react-flow__node')?.getAttribute('data-id') ?? onlyNode(state) ?? '';
  return !target.closest('button') && state.scene.cards.get(path)?.subgraph ? path : undefined;
}

/** To the node that lies in an arrow's direction. */
function go(editor: Editor, key: Arrow): void {
  const { scene, selection } = editor.state;
  const name = neighbour(scene.places, [...selection.nodes].at(-1) ?? '', key);
  if (name === undefined) return;
  editor.select({ nodes: new Set([name]), edges: new Set() });
  document
    .querySelector<HTMLElement>(`.react-flow__node[data-id=${JSON.stringify(name)}]`)
    ?.focus({ preventScroll: true });
}

/** Moves what is selected by one step. */
function nudge({ desk, state }: Editor, key: Arrow): void {
  const [x, y] = steps[key];
  const moved = [...state.selection.nodes].flatMap(name => {
    const place = state.places.get(name);
    return place ? [[name, { x: place.x + x, y: place.y + y }] as const] : [];
  });
  if (moved.length > 0) desk.move(new Map(moved));
}

/** One thing at a time is left: the way, what is selected, the panel, the other graph. */
function leave(editor: Editor): void {
  const { way, selection, panel, glance } = editor.state;
  if (way) editor.observatory.light();
  else if (selection.nodes.size + selection.edges.size > 0) editor.select(nothing);
  else if (panel) editor.show(undefined);
  else if (glance) editor.glance();
}
