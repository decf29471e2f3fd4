import { type Tested, testedOf } from '../model/revisions.ts';
import { componentName, type Source, sourceOf } from '../model/source.ts';
import type { Editor } from './editor.ts';

/** What came of trying source out or of saving it: how its tests went, and why it was not taken. */
export type Outcome =
  | { readonly kind: 'tested'; readonly tested: Tested }
  /** With the revision that was live before. */
  | { readonly kind: 'saved'; readonly before: number | undefined }
  | { readonly kind: 'refused'; readonly sentences: readonly string[] };

/** The source of a component of the library. */
export async function fetchSource(editor: Editor, component: string): Promise<Source | undefined> {
  const answer = await editor.ask('component', 'getsource', { name: component });
  return answer ? sourceOf(answer) : undefined;
}

/** Keeps source that was changed until it is saved, whatever is on show meanwhile, and through a reload. */
export function keep(editor: Editor, source: Source): void {
  become(editor, new Map(editor.state.unsaved).set(componentName(source), source));
}

/** Forgets what was changed of a component. */
export function forget(editor: Editor, component: string): void {
  become(editor, new Map([...editor.state.unsaved].filter(([name]) => name !== component)));
}

function become(editor: Editor, unsaved: ReadonlyMap<string, Source>): void {
  editor.update(state => ({ ...state, unsaved }));
  editor.keep.setSource(unsaved);
}

/** Tries source out on the server, with its tests, and saves nothing. */
export function checkSource(editor: Editor, source: Source): Promise<Outcome> {
  return attempt(async () => {
    const { payload } = await editor.connection.request('flowchat', 'check', source);
    return { kind: 'tested', tested: testedOf(payload) };
  });
}

/** Has the server try source out and save it: in the draft where that waits, or else live at once. */
export function saveSource(editor: Editor, source: Source): Promise<Outcome> {
  return attempt(async () => {
    const before = editor.state.status?.revision;
    const { payload } = await editor.connection.request('component', 'source', source);
    editor.learnt(payload);
    // What was typed while it was saved is not.
    if (editor.state.unsaved.get(componentName(source)) === source) forget(editor, componentName(source));
    return { kind: 'saved', before };
  });
}

async function attempt(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    return { kind: 'refused', sentences: (error as Error).message.split('\n') };
  }
}
