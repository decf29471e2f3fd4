import { useEffect } from 'react';
import { nearestNode } from '../model/outline.ts';
import { nothing, onlyEdge, onlyNode } from '../model/state.ts';
import type { Editor } from '../net/editor.ts';
import { focusedNode, focusInspector, focusNode, focusPicture, groupSelected } from './focus.ts';
import { useEditor } from './useEditor.ts';

const writes = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input, textarea, select, [contenteditable], .code') !== null;

/** Whether a field has nothing that is only typed: it shows what is held, or is chosen from a list. */
const isCommitted = (target: EventTarget | null): boolean =>
  target instanceof HTMLSelectElement ||
  ((target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) &&
    target.dataset.held === target.value);

const isUndo = ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean =>
  (ctrlKey || metaKey) && !altKey && /^[zy]$/i.test(key);

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
        command && key.toLowerCase() === 'k'
          ? find
          : (outOfInspector(editor, event) ??
            (writes(event.target) && !(isUndo(event) && isCommitted(event.target))
              ? undefined
              : actionOf(editor, event)));
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
  const { editing, subgraphLoader: subgraphs, state } = editor;
  const letter = key.toLowerCase();
  if (ctrlKey || metaKey) {
    if (letter === 'z') return () => (shiftKey ? editing.redo() : editing.undo());
    if (letter === 'y') return () => editing.redo();
    if (letter === 'a') return () => editor.select({ nodes: new Set(state.graph.nodes.keys()), edges: new Set() });
    if (letter === 'g' && state.selection.nodes.size > 0) return () => groupSelected(editor);
    return undefined;
  }
  if (key === 'Delete' || key === 'Backspace') return () => editing.deleteSelected();
  if (key === 'F2' && onlyNode(state)) return () => document.getElementById('node-name')?.focus();
  if (key === 'Escape') return () => leave(editor);
  const name = focusedNode(event.target);
  const acted = name === undefined ? undefined : onNode(editor, event, name);
  if (acted) return acted;
  const onPicture = event.target === document.body || (event.target as Element).closest('.canvas') !== null;
  const only = onlyNode(state);
  if (key === 'Enter' && onPicture && only !== undefined && state.scene.cards.get(only)?.subgraph)
    return (event.target as Element).closest('button') ? undefined : () => void subgraphs.toggle(only);
  if (isArrow(key) && onPicture)
    return () => (altKey ? nudge(editor, key) : go(editor, key, name ?? [...state.selection.nodes].at(-1)));
  return undefined;
}

/** What a key does at a node that has the focus: Enter and Space choose it, then Enter opens it, and Tab leads into its form. */
function onNode(editor: Editor, { key, shiftKey }: KeyboardEvent, name: string): (() => void) | undefined {
  const { scene } = editor.state;
  const chosen = onlyNode(editor.state) === name;
  if ((key === 'Enter' || key === ' ') && !chosen)
    return () => editor.select({ nodes: new Set([name]), edges: new Set() });
  if (key === ' ') return () => {};
  if (key === 'Enter' && !scene.cards.get(name)?.subgraph) return () => focusInspector();
  if (key === 'Tab' && !shiftKey && chosen) return () => focusInspector();
  return undefined;
}

/** Esc leads from the inspector back to the picture, also out of a field: to its node, or to where its wire begins. */
function outOfInspector({ state }: Editor, { key, target }: KeyboardEvent): (() => void) | undefined {
  if (key !== 'Escape' || !(target as Element).closest?.('.inspector')) return;
  const name = onlyNode(state) ?? state.scene.graph.edges.get(onlyEdge(state) ?? '')?.from.node;
  return () => (name === undefined ? focusPicture() : focusNode(name));
}

/** To the node that lies in an arrow's direction. */
function go(editor: Editor, key: Arrow, from = ''): void {
  const name = nearestNode(editor.state.scene.places, from, key);
  if (name === undefined) return;
  editor.select({ nodes: new Set([name]), edges: new Set() });
  focusNode(name);
}

/** Moves what is selected by one step. */
function nudge({ editing, state }: Editor, key: Arrow): void {
  const [x, y] = steps[key];
  const moved = [...state.selection.nodes].flatMap(name => {
    const place = state.places.get(name);
    return place ? [[name, { x: place.x + x, y: place.y + y }] as const] : [];
  });
  if (moved.length > 0) editing.move(new Map(moved));
}

/** One thing at a time is left: the way, what is selected, the panel, the other graph. */
function leave(editor: Editor): void {
  const { trace, selection, panel, preview } = editor.state;
  if (trace) editor.watching.light();
  else if (selection.nodes.size + selection.edges.size > 0) editor.select(nothing);
  else if (panel) editor.show(undefined);
  else if (preview) editor.preview();
}
