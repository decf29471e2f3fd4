import { type RefObject, useEffect, useRef, useState } from 'react';
import { useNarrow } from './useNarrow.ts';

/** The rooms as a drawer, where the window is too narrow for them to be always there. */
export interface Drawer {
  readonly open: boolean;
  /** Whether the rooms are out of sight. */
  readonly hidden: boolean;
  readonly show: () => void;
  readonly hide: () => void;
  /** What opens it, and gets the focus back. */
  readonly menu: RefObject<HTMLButtonElement | null>;
}

/** Opens and closes the drawer, and moves the focus along. */
export function useDrawer(): Drawer {
  const narrow = useNarrow();
  const [drawn, setDrawn] = useState(false);
  const menu = useRef<HTMLButtonElement>(null);
  const open = narrow && drawn;
  useEffect(() => {
    if (!open) return;
    const button = menu.current;
    document.querySelector<HTMLElement>('#rooms button')?.focus();
    return () => button?.focus();
  }, [open]);
  return { open, hidden: narrow && !drawn, show: () => setDrawn(true), hide: () => setDrawn(false), menu };
}
