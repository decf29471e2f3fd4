import { type TestReport, testReportOf } from '../model/revisions.ts';
import { type ComponentSource, componentName, sourceOf } from '../model/source.ts';
import type { EditorCore } from './core.ts';

/** What came of trying source out or of saving it: how its tests went, and why it was not taken. */
export type SourceResult =
  | { readonly kind: 'tested'; readonly tested: TestReport }
  /** With the revision that was live before. */
  | { readonly kind: 'saved'; readonly before: number | undefined }
  | { readonly kind: 'refused'; readonly sentences: readonly string[] };

/** The source of a component of the library. */
export async function fetchSource(editor: EditorCore, component: string): Promise<ComponentSource | undefined> {
  const answer = await editor.ask('component', 'getsource', { name: component });
  return answer ? sourceOf(answer) : undefined;
}

/** Keeps source that was changed until it is saved, whatever is on show meanwhile, and through a reload. */
export function keepSource(editor: EditorCore, source: ComponentSource): void {
  become(editor, new Map(editor.state.unsaved).set(componentName(source), source));
}

/** Forgets what was changed of a component. */
export function forgetSource(editor: EditorCore, component: string): void {
  become(editor, new Map([...editor.state.unsaved].filter(([name]) => name !== component)));
}

function become(editor: EditorCore, unsaved: ReadonlyMap<string, ComponentSource>): void {
  editor.update(state => ({ ...state, unsaved }));
  editor.editStorage.setSource(unsaved);
}

/** Tries source out on the server, with its tests, and saves nothing. */
export function checkSource(editor: EditorCore, source: ComponentSource): Promise<SourceResult> {
  return attempt(async () => {
    const { payload } = await editor.connection.request('flowchat', 'check', source);
    return { kind: 'tested', tested: testReportOf(payload) };
  });
}

/** Has the server try source out and save it: in the draft where that waits, or else live at once. */
export function saveSource(editor: EditorCore, source: ComponentSource): Promise<SourceResult> {
  return attempt(async () => {
    const before = editor.state.status?.revision;
    const { payload } = await editor.connection.request('component', 'source', source);
    editor.learnt(payload);
    // What was typed while it was saved is not.
    if (editor.state.unsaved.get(componentName(source)) === source) forgetSource(editor, componentName(source));
    return { kind: 'saved', before };
  });
}

async function attempt(work: () => Promise<SourceResult>): Promise<SourceResult> {
  try {
    return await work();
  } catch (error) {
    return { kind: 'refused', sentences: (error as Error).message.split('\n') };
  }
}
