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

/** The path of the open subgraph that a form is of; empty for the graph on the canvas. */
export const FrameContext = createContext('');

/** The graph that a form is of, under its own names, and how it is edited and found on the canvas. */
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
    /** The node on the canvas. */
    pathOf: (node: string) => (frame ? `${frame}/${node}` : node),
    /** The wire on the canvas. */
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
