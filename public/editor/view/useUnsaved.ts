import { useEffect } from 'react';
import { usePart } from './useEditor.ts';

/** Has the browser ask before the window is closed with source in it that is not saved. */
export function useUnsaved(): void {
  const unsaved = usePart(state => state.unsaved.size > 0);
  useEffect(() => {
    if (!unsaved) return;
    const ask = (event: Event) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [unsaved]);
}
