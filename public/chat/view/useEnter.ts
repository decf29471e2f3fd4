import { useSyncExternalStore } from 'react';
import { useChat } from './useChat.ts';

/** What Enter does in the composer: send the message, or begin a new line. */
export type Enter = 'send' | 'line';

const NAME = 'enter';
const coarse = matchMedia('(pointer: coarse)');
const changed = new EventTarget();

function subscribe(listener: () => void): () => void {
  changed.addEventListener('change', listener);
  coarse.addEventListener('change', listener);
  return () => {
    changed.removeEventListener('change', listener);
    coarse.removeEventListener('change', listener);
  };
}

/** What Enter does, and how to change that. Unless one chose, it begins a line where there is no Shift key to be expected. */
export function useEnter(): [Enter, (enter: Enter) => void] {
  const chat = useChat();
  const enter = useSyncExternalStore(
    subscribe,
    () => chat.storage.read<Enter>(NAME) ?? (coarse.matches ? 'line' : 'send'),
  );
  const choose = (next: Enter) => {
    chat.choose(NAME, next);
    changed.dispatchEvent(new Event('change'));
  };
  return [enter, choose];
}
