import { useEffect } from 'react';
import { groupEdit } from '../model/edits.ts';
import { nearestNode } from '../model/outline.ts';
import { nothing, onlyEdge, onlyNode } from '../model/state.ts';
import type { Editor } from '../net/editor.ts';
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

/** The element of a node on the picture. */
const nodeElement = (name: string) =>
  document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(name)}"]`);

/** The node that has the focus itself; nothing where something in it has, or nothing of the picture. */
export const focusedNode = (target: EventTarget | null): string | undefined =>
  target instanceof HTMLElement && target.matches('.react-flow__node') ? target.dataset.id : undefined;

/** Gives the focus to a node, as soon as it is drawn. Says whether it has it by now. */
export function focusNode(name: string, tries = 30): boolean {
  const element = nodeElement(name);
  element?.focus({ preventScroll: true });
  if (element && document.activeElement === element) return true;
  if (tries > 0) requestAnimationFrame(() => focusNode(name, tries - 1));
  return false;
}

/** Gives the focus to the picture: to the node by which Tab enters it, or to all of it where there is none. */
export function focusPicture(): void {
  const stop = document.querySelector<HTMLElement>('.react-flow__node[tabindex="0"]');
  (stop ?? document.querySelector<HTMLElement>('.canvas'))?.focus({ preventScroll: true });
}

/** Gives the focus to the first control of the inspector, as soon as it is there. */
export function focusInspector(tries = 30): void {
  const inspector = document.querySelector<HTMLElement>('.inspector');
  const first = inspector?.querySelector<HTMLElement>(
    ':is(input, select, textarea, button, summary):not(.shut, :disabled)',
  );
  (first ?? inspector)?.focus();
  if (inspector?.contains(document.activeElement)) return;
  if (tries > 0) requestAnimationFrame(() => focusInspector(tries - 1));
}

/** Selects what stands in the last of some fields, as soon as it is there, so that typing replaces it. */
function selectText(fields: string, tries = 30): void {
  const field = [...document.querySelectorAll<HTMLInputElement>(fields)].at(-1);
  field?.select();
  if (!field && tries > 0) requestAnimationFrame(() => selectText(fields, tries - 1));
}

/** Gives the focus to the list of what happened on a way, as soon as it is there. */
export function focusSteps(tries = 30): void {
  const steps = document.querySelector<HTMLElement>('.side .way');
  steps?.focus();
  steps?.scrollIntoView({ block: 'start' });
  if (!steps && tries > 0) requestAnimationFrame(() => focusSteps(tries - 1));
}

/** Parts of the page that come and go, or whose content does. */
const PARTS = '.side, .inspector, .toolbar, .glance, .notices';
const MAX_AROUND = 30;

/** What had the focus, with the part of the page that it was in. */
interface Held {
  readonly element: HTMLElement;
  readonly part: HTMLElement | null;
  /** What it was in within that part, the nearest first, and the how manieth control of each it was. */
  readonly around: readonly { readonly box: HTMLElement; readonly index: number }[];
}

/** What takes the focus, but for what closes a form. */
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

/** What has come to the place of a control that is gone, or what stood before it. */
function successor({ around }: Held): HTMLElement | undefined {
  const near = around.find(({ box }) => box.isConnected && controlsIn(box).length > 0);
  if (!near) return;
  const all = controlsIn(near.box);
  return all[Math.min(Math.max(near.index, 0), all.length - 1)];
}

const usable = (element: HTMLElement): boolean =>
  element.isConnected && !element.matches(':disabled') && element.checkVisibility();

/** Where the focus goes when what had it is gone: to what is in its place, to its part of the page, or to where one came from. */
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
 * Keeps the focus from falling to nowhere when what had it goes away, as with a panel that is closed: it goes to what
 * opened it, or to the next sensible thing.
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
        // It was disabled only while something was done.
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

/** Groups what is selected; its first name is there to be typed over. */
export function groupSelected(editor: Editor): void {
  const { graph, selection } = editor.state;
  if (editor.editing.edit(groupEdit(graph, selection.nodes))) selectText('.group-name');
}
