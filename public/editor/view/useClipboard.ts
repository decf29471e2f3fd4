import { useEffect } from 'react';
import { useEditor } from './useEditor.ts';

const elsewhere = (event: Event): boolean =>
  (event.target instanceof Element &&
    event.target.closest('input, textarea, select, [contenteditable], .code') !== null) ||
  document.querySelector('dialog[open]') !== null;

/** Copies nodes as .fbp text, and pastes such text. */
export function useClipboard(): void {
  const editor = useEditor();
  useEffect(() => {
    const copy = (event: Event) => {
      if (elsewhere(event) || editor.state.selection.nodes.size === 0 || String(getSelection())) return;
      event.preventDefault();
      // The clipboard is there on https and loopback only; elsewhere what was copied stays within this page.
      void editor.clipboard.copy().then(text => navigator.clipboard?.writeText(text).catch(() => {}));
      editor.notify('copied as .fbp text');
    };
    const paste = (event: ClipboardEvent) => {
      if (elsewhere(event)) return;
      event.preventDefault();
      void editor.clipboard.paste(event.clipboardData?.getData('text/plain') ?? '');
    };
    addEventListener('copy', copy);
    addEventListener('paste', paste);
    return () => {
      removeEventListener('copy', copy);
      removeEventListener('paste', paste);
    };
  }, [editor]);
}
