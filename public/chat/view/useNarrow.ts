import { useSyncExternalStore } from 'react';

const query = matchMedia('(max-width: 47.99rem)');

function subscribe(changed: () => void): () => void {
  query.addEventListener('change', changed);
  return () => query.removeEventListener('change', changed);
}

/** Whether the window is too narrow for the rooms to stand beside the messages; the same width as in layout.css. */
export const useNarrow = (): boolean => useSyncExternalStore(subscribe, () => query.matches);
