import { createContext, use, useEffect } from 'react';
import { pageHooks } from '../../ui/hooks.ts';
import type { Edit } from '../model/edits.ts';
import { keyWithin } from '../model/graph.ts';
import { type EditorState, graphAt, mayEditAt } from '../model/state.ts';
import type { Editor } from '../net/editor.ts';

const hooks = pageHooks<Editor, EditorState>();
export const EditorContext = hooks.PageContext;
export const useEditor = hooks.usePage;
export const useEditorState = hooks.usePageState;

/** The path of a form's open subgraph; empty for the graph on the canvas. */
export const FrameContext = createContext('');

/** The graph of a form, with its own names, and functions to edit it and find it on the canvas. */
export function useFormGraph() {
  const editor = useEditor();
  const frame = use(FrameContext);
  const graph = useEditorState(state => graphAt(state, frame));
  const editable = useEditorState(state => mayEditAt(state, frame));
  return {
    frame,
    graph,
    editable,
    edit: (edit: Edit) => editor.editing.edit(edit, frame),
    /** The canvas name of a node. */
    pathOf: (node: string) => (frame ? `${frame}/${node}` : node),
    /** The canvas key of a wire. */
    keyOf: (key: string) => (frame ? keyWithin(`${frame}/`, key) : key),
  };
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
