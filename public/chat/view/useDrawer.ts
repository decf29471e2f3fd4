import { type RefObject, useEffect, useRef, useState } from 'react';
import { focusOn } from './focus.ts';
import { useNarrow } from './useNarrow.ts';

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
