import { createContext, use, useSyncExternalStore } from 'react';
import type { EditorState } from '../model/state.ts';
import type { Editor } from '../net/editor.ts';

/** Where the components below find the editor. */
export const EditorContext = createContext<Editor | undefined>(undefined);

/** The editor; to be used below an EditorContext. */
export function useEditor(): Editor {
  const editor = use(EditorContext);
  if (!editor) throw new Error('useEditor is used outside of an EditorContext');
  return editor;
}

/** A part of the editor's state; `pick` gives the same value as long as nothing changed. */
export function useEditorState<T>(pick: (state: EditorState) => T): T {
  const { store } = useEditor();
  return useSyncExternalStore(store.subscribe, () => pick(store.get()));
}
