import { type RefObject, useEffect, useRef, useState, useSyncExternalStore } from 'react';

/** Moves the focus to an element, once what was just changed is there. */
export const focusOn = (id: string): unknown => setTimeout(() => document.getElementById(id)?.focus());

const query = matchMedia('(max-width: 47.99rem)');

function subscribe(changed: () => void): () => void {
  query.addEventListener('change', changed);
  return () => query.removeEventListener('change', changed);
}

/** Whether the window is too narrow for the rooms to stand beside the messages; the same width as in layout.css. */
const useNarrow = (): boolean => useSyncExternalStore(subscribe, () => query.matches);

/** The rooms as a drawer, where the window is too narrow for them to be always there. */
export interface Drawer {
  readonly open: boolean;
  /** Whether the rooms are out of sight. */
  readonly hidden: boolean;
  /** Brings up the rooms with the focus on this element of theirs. */
  readonly show: (id: string) => void;
  readonly hide: () => void;
  /** What opens it, and gets the focus back. */
  readonly menu: RefObject<HTMLButtonElement | null>;
}

/** Opens and closes the drawer, and moves the focus along. */
export function useDrawer(): Drawer {
  const narrow = useNarrow();
  const [aim, setAim] = useState<string>();
  const menu = useRef<HTMLButtonElement>(null);
  const drawn = narrow && aim !== undefined;
  useEffect(() => {
    if (!drawn) return;
    const button = menu.current;
    focusOn(aim);
    return () => button?.focus();
  }, [drawn, aim]);
  const show = (id: string) => (narrow ? setAim(id) : focusOn(id));
  return { open: drawn, hidden: narrow && !drawn, show, hide: () => setAim(undefined), menu };
}
