import { useEffect } from 'react';
import { groupEdit } from '../model/edits.ts';
import { editableLine } from '../model/level.ts';
import { nearestNode } from '../model/outline.ts';
import { emptySelection, ofNodes, onlyEdge, onlyNode } from '../model/state.ts';
import type { Editor } from '../net/editor.ts';
import { useEditor, useListener } from './useEditor.ts';

const writes = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input, textarea, select, [contenteditable], .code') !== null;

/** Whether a field has no unsaved text: it shows the stored value, or is a select. */
const isCommitted = (target: EventTarget | null): boolean =>
  target instanceof HTMLSelectElement ||
  ((target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) &&
    target.dataset.stored === target.value);

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

/** Handles keyboard shortcuts, except while a dialog is open or a field has the focus. */
export function useHotkeys(find: () => void): void {
  const editor = useEditor();
  useListener('keydown', event => {
    const { key, ctrlKey, metaKey } = event;
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return;
    const isFind = (ctrlKey || metaKey) && key.toLowerCase() === 'k';
    const isTyped = writes(event.target) && !(isUndo(event) && isCommitted(event.target));
    const action = isFind ? find : (outOfInspector(editor, event) ?? (isTyped ? undefined : actionOf(editor, event)));
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function actionOf(editor: Editor, event: KeyboardEvent): (() => void) | undefined {
  const { key, ctrlKey, metaKey, shiftKey, altKey } = event;
  const { editing, subgraphLoader: subgraphs, state } = editor;
  const letter = key.toLowerCase();
  if (ctrlKey || metaKey) {
    const only = onlyNode(state);
    if ((key === 'Delete' || key === 'Backspace') && only !== undefined) return () => editor.splicing.takeOut(only);
    if (letter === 'z') return () => (shiftKey ? editing.redo() : editing.undo());
    if (letter === 'y') return () => editing.redo();
    if (letter === 'a') return () => editor.select(ofNodes(...state.graph.nodes.keys()));
    if (letter === 'g' && state.selection.nodes.size > 0)
      return () => (shiftKey ? makeOrInline(editor) : groupSelected(editor));
    return undefined;
  }
  if (key === 'Delete' || key === 'Backspace') return () => editing.deleteSelected();
  const edge = onlyEdge(state);
  if ((key === '+' || key === 'Insert') && edge !== undefined && editableLine(state, edge))
    return () => editor.update(now => ({ ...now, inserting: edge }));
  if (key === 'F2' && onlyNode(state)) return () => document.getElementById('node-name')?.focus();
  if (key === 'Escape') return () => leave(editor);
  const name = focusedNode(event.target);
  const acted = name === undefined ? undefined : onNode(editor, event, name);
  if (acted) return acted;
  const onPicture = event.target === document.body || (event.target as Element).closest('.canvas') !== null;
  const only = onlyNode(state);
  if (key === 'Enter' && onPicture && only !== undefined && state.scene.cards.get(only)?.subgraph)
    return (event.target as Element).closest('button')
      ? undefined
      : () => void (shiftKey ? editor.subgraphs.enter(only) : subgraphs.toggle(only));
  if (isArrow(key) && onPicture)
    return () => (altKey ? nudge(editor, key) : go(editor, key, name ?? [...state.selection.nodes].at(-1)));
  return undefined;
}

/** Keys on a focused node: Enter and Space select it, then Enter opens it, and Tab enters its form. */
function onNode(editor: Editor, { key, shiftKey }: KeyboardEvent, name: string): (() => void) | undefined {
  const { scene } = editor.state;
  const chosen = onlyNode(editor.state) === name;
  if ((key === 'Enter' || key === ' ') && !chosen) return () => editor.select(ofNodes(name));
  if (key === ' ') return () => {};
  if (key === 'Enter' && !scene.cards.get(name)?.subgraph) return () => focusInspector();
  if (key === 'Tab' && !shiftKey && chosen) return () => focusInspector();
  return undefined;
}

/** Escape moves the focus from the inspector to the canvas: to its node, or to the start of its wire. */
function outOfInspector({ state }: Editor, { key, target }: KeyboardEvent): (() => void) | undefined {
  if (key !== 'Escape' || !(target as Element).closest?.('.inspector')) return;
  const name = onlyNode(state) ?? state.scene.graph.edges.get(onlyEdge(state) ?? '')?.from.node;
  return () => (name === undefined ? focusPicture() : focusNode(name));
}

/** Selects the nearest node in the direction of an arrow key. */
function go(editor: Editor, key: Arrow, from = ''): void {
  const name = nearestNode(editor.state.scene.places, from, key);
  if (name === undefined) return;
  editor.select(ofNodes(name));
  focusNode(name);
}

/** Moves the selection by one step. */
function nudge({ editing, state }: Editor, key: Arrow): void {
  const [x, y] = steps[key];
  editing.nudge(state.selection.nodes, { x, y });
}

/** Escape closes one thing at a time: the trace, the selection, the panel, the preview, the subgraph. */
function leave(editor: Editor): void {
  const { trace, selection, panel, preview, entered } = editor.state;
  if (trace) editor.watching.light();
  else if (selection.nodes.size + selection.edges.size > 0) editor.select(emptySelection);
  else if (panel) editor.show(undefined);
  else if (preview) editor.preview();
  else if (entered.length > 0) editor.subgraphs.leave(1);
}

/** A node's element on the canvas. */
const nodeElement = (name: string) =>
  document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(name)}"]`);

/** The node that has the focus; undefined if something inside it, or nothing on the canvas, has it. */
const focusedNode = (target: EventTarget | null): string | undefined =>
  target instanceof HTMLElement && target.matches('.react-flow__node') ? target.dataset.id : undefined;

/** Focuses a node as soon as it is rendered. Returns whether it has the focus already. */
export function focusNode(name: string, tries = 30): boolean {
  const element = nodeElement(name);
  element?.focus({ preventScroll: true });
  if (element && document.activeElement === element) return true;
  if (tries > 0) requestAnimationFrame(() => focusNode(name, tries - 1));
  return false;
}

/** Focuses the canvas: the node that Tab enters, or the canvas itself if there is none. */
function focusPicture(): void {
  const stop = document.querySelector<HTMLElement>('.react-flow__node[tabindex="0"]');
  (stop ?? document.querySelector<HTMLElement>('.canvas'))?.focus({ preventScroll: true });
}

/** Focuses the first control of the inspector, as soon as it is rendered. */
export function focusInspector(tries = 30): void {
  const inspector = document.querySelector<HTMLElement>('.inspector');
  const first = inspector?.querySelector<HTMLElement>(
    ':is(input, select, textarea, button, summary):not(.shut, :disabled)',
  );
  (first ?? inspector)?.focus();
  if (inspector?.contains(document.activeElement)) return;
  if (tries > 0) requestAnimationFrame(() => focusInspector(tries - 1));
}

/** Selects the text of the last matching field, as soon as it is rendered. */
function selectText(fields: string, tries = 30): void {
  const field = [...document.querySelectorAll<HTMLInputElement>(fields)].at(-1);
  field?.select();
  if (!field && tries > 0) requestAnimationFrame(() => selectText(fields, tries - 1));
}

/** Focuses the list of steps, as soon as it is rendered. */
export function focusSteps(tries = 30): void {
  const steps = document.querySelector<HTMLElement>('.side .way');
  steps?.focus();
  steps?.scrollIntoView({ block: 'start' });
  if (!steps && tries > 0) requestAnimationFrame(() => focusSteps(tries - 1));
}

/** Parts of the page that appear and disappear, or whose content does. */
const PARTS = '.side, .inspector, .toolbar, .glance, .notices';
const MAX_AROUND = 30;

/** A focused element, and the part of the page that contains it. */
interface Held {
  readonly element: HTMLElement;
  readonly part: HTMLElement | null;
  /** Its ancestors within that part, nearest first, and its index among the controls of each. */
  readonly around: readonly { readonly box: HTMLElement; readonly index: number }[];
}

/** Focusable controls, except close buttons. */
const CONTROLS = ':is(a[href], button, input, select, textarea, summary, [tabindex="0"]):not(.shut)';

const controlsIn = (box: HTMLElement): readonly HTMLElement[] =>
  [...box.querySelectorAll<HTMLElement>(CONTROLS)].filter(usable);

function heldAt(element: HTMLElement): Held {
  const part = element.closest<HTMLElement>(PARTS);
  const around: { box: HTMLElement; index: number }[] = [];
  for (let box = element.parentElement; part && box && box !== part; box = box.parentElement)
    around.push({ box, index: controlsIn(box).indexOf(element) });
  return { element, part, around };
}

/** The control that took the place of a removed one, or the one before it. */
function successor({ around }: Held): HTMLElement | undefined {
  const near = around.find(({ box }) => box.isConnected && controlsIn(box).length > 0);
  if (!near) return;
  const all = controlsIn(near.box);
  return all[Math.min(Math.max(near.index, 0), all.length - 1)];
}

const usable = (element: HTMLElement): boolean =>
  element.isConnected && !element.matches(':disabled') && element.checkVisibility();

/**
 * The focus target when the focused element disappears: its successor, its part of the page, or the element focused
 * before.
 */
function next(last: Held, before: readonly Held[]): HTMLElement | undefined {
  const { element, part } = last;
  if (element.isConnected && !part?.matches('.toolbar')) return;
  const twin = element.id ? document.getElementById(element.id) : null;
  if (twin && usable(twin)) return twin;
  if (part?.matches('.toolbar')) return [...part.querySelectorAll('button')].find(usable);
  const there = part?.isConnected ? successor(last) : undefined;
  if (there) return there;
  if (!part || (usable(part) && part.hasAttribute('tabindex'))) return part ?? undefined;
  const from = before.findLast(held => held.part !== part)?.element;
  return from && usable(from) ? from : undefined;
}

/**
 * Keeps the focus when its element disappears, as when a panel closes: moves it to what opened the panel, or to the
 * next sensible control.
 */
export function useFocus(): void {
  useEffect(() => {
    const held: Held[] = [];
    let busy: Held | undefined;
    const note = ({ target }: FocusEvent) => {
      if (!(target instanceof HTMLElement) || target.closest('dialog')) return;
      held.push(heldAt(target));
      if (held.length > MAX_AROUND) held.shift();
    };
    const keep = () => {
      const last = held.at(-1);
      const now = document.activeElement;
      if (!last || (now !== document.body && now !== null && !now.matches(':disabled'))) return;
      if (document.querySelector('dialog[open]')) return;
      if (usable(last.element)) {
        // It was only disabled during a request.
        if (busy === last) last.element.focus({ preventScroll: true });
        return;
      }
      busy = last.element.isConnected ? last : undefined;
      const to = next(last, held);
      if (to) to.focus({ preventScroll: true });
      else if (!last.element.isConnected) focusPicture();
    };
    const observer = new MutationObserver(keep);
    observer.observe(document.body, {
      subtree: true,
      childList: true,
      attributes: true,
      attributeFilter: ['disabled'],
    });
    document.addEventListener('focusin', note);
    return () => {
      observer.disconnect();
      document.removeEventListener('focusin', note);
    };
  }, []);
}

/** Inlines the selected subgraph, or focuses the form that makes one of the selected nodes. */
function makeOrInline(editor: Editor): void {
  const only = onlyNode(editor.state);
  if (only !== undefined && editor.state.cards.get(only)?.subgraph) void editor.subgraphs.inline(only);
  else selectText('.subgraph-name');
}

/** Groups the selection; the name is selected for overwriting. */
export function groupSelected(editor: Editor): void {
  const { graph, selection } = editor.state;
  if (editor.editing.edit(groupEdit(graph, selection.nodes))) selectText('.group-name');
}
