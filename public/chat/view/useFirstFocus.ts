import { type RefObject, useEffect } from 'react';

/** Gives an element the focus when it comes up, except where this would bring up an on-screen keyboard unasked. */
export function useFirstFocus(element: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    if (matchMedia('(hover: hover)').matches) element.current?.focus({ preventScroll: true });
  }, [element]);
}
