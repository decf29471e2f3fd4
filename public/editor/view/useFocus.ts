import { useEffect } from 'react';
import { focusPicture } from './focus.ts';

/** Parts of the page that come and go, or whose content does. */
const PARTS = '.side, .inspector, .toolbar, .glance, .notices';
const MOST = 30;

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
      if (held.length > MOST) held.shift();
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
