import { useEffect } from 'react';

/** What the keyboard can do anywhere on the page. */
export interface Hotkeys {
  /** To the next room (1) or the previous one (-1), or to the next unread one. */
  readonly step: (by: 1 | -1, unread: boolean) => void;
  readonly find: () => void;
  readonly help: () => void;
  readonly leave: () => void;
}

const writes = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;

/** Listens to the keyboard, except while a dialog is open. */
export function useHotkeys(hotkeys: Hotkeys): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const action = event.defaultPrevented || event.isComposing ? undefined : actionOf(event, hotkeys);
      if (!action || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [hotkeys]);
}

function actionOf(event: KeyboardEvent, { step, find, help, leave }: Hotkeys): (() => void) | undefined {
  const { key, altKey, shiftKey, ctrlKey, metaKey, target } = event;
  if (altKey && key === 'ArrowDown') return () => step(1, shiftKey);
  if (altKey && key === 'ArrowUp') return () => step(-1, shiftKey);
  if ((ctrlKey || metaKey) && key.toLowerCase() === 'k') return find;
  if (key === '?' && !writes(target)) return help;
  if (key === 'Escape') return leave;
}
