import { useEffect } from 'react';
import { groupEdit } from '../model/edits.ts';
import type { Editor } from '../net/editor.ts';

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
