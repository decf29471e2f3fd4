import { group } from '../model/edits.ts';
import type { Editor } from '../net/editor.ts';
import { selectText } from './focus.ts';

/** Groups what is selected; its first name is there to be typed over. */
export function groupSelected(editor: Editor): void {
  const { graph, selection } = editor.state;
  if (editor.editing.edit(group(graph, selection.nodes))) selectText('.group-name');
}
