import { createContext, use, useEffect, useSyncExternalStore } from 'react';
import type { EditorState } from '../model/state.ts';
import type { Editor } from '../net/editor.ts';

export const EditorContext = createContext<Editor | undefined>(undefined);

/** The editor; only below an EditorContext. */
export function useEditor(): Editor {
  const editor = use(EditorContext);
  if (!editor) throw new Error('useEditor is used outside of an EditorContext');
  return editor;
}

/** A part of the editor's state; `pick` must return the same value while nothing changed. */
export function useEditorState<T>(pick: (state: EditorState) => T): T {
  const { store } = useEditor();
  return useSyncExternalStore(store.subscribe, () => pick(store.get()));
}

/** Listens to an event of the window. */
export function useListener<K extends keyof WindowEventMap>(
  type: K,
  listener: (event: WindowEventMap[K]) => void,
): void {
  useEffect(() => {
    addEventListener(type, listener);
    return () => removeEventListener(type, listener);
  });
}
