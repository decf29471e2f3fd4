import { failedFirst, type TestReport } from '../model/revisions.ts';
import { type CodeFault, type ComponentSource, codeFaultsOf, componentName } from '../model/source.ts';
import { RequestRefused } from './connection.ts';
import type { EditorCore } from './core.ts';

/** Result of checking or saving source. */
export type SourceResult =
  | { readonly kind: 'tested'; readonly tested: TestReport; readonly faults: readonly CodeFault[] }
  /** `before` is the revision that was live before. */
  | { readonly kind: 'saved'; readonly before: number | undefined }
  | { readonly kind: 'refused'; readonly faults: readonly CodeFault[] };

/** Loads the source of a component; undefined if the server refuses. */
export async function fetchSource(editor: EditorCore, component: string): Promise<ComponentSource | undefined> {
  const answer = await editor.ask('component:getsource', { name: component });
  return answer && { ...answer, tests: answer.tests ?? '' };
}

/** Stores unsaved source, so that it survives changing panels and reloading. */
export function keepSource(editor: EditorCore, source: ComponentSource): void {
  become(editor, new Map(editor.state.unsaved).set(componentName(source), source));
}

/** Drops the unsaved source of a component. */
export function forgetSource(editor: EditorCore, component: string): void {
  become(editor, new Map([...editor.state.unsaved].filter(([name]) => name !== component)));
}

function become(editor: EditorCore, unsaved: ReadonlyMap<string, ComponentSource>): void {
  editor.update(state => ({ ...state, unsaved }));
  editor.editStorage.setSource(unsaved);
}

/** Checks source on the server and runs its tests, without saving. */
export function checkSource(editor: EditorCore, source: ComponentSource): Promise<SourceResult> {
  return attempt(source, async () => {
    const tested = await editor.connection.request('flowchat:check', source);
    const failed = tested.results.flatMap(({ fault }) => fault ?? []);
    return { kind: 'tested', tested: failedFirst(tested), faults: codeFaultsOf(source, failed) };
  });
}

/** Checks and saves source: to the draft if it is held, otherwise live at once. */
export function saveSource(editor: EditorCore, source: ComponentSource): Promise<SourceResult> {
  return attempt(source, async () => {
    await editor.editing.settled();
    const before = editor.state.status?.revision;
    editor.learnt(await editor.connection.request('component:source', source));
    // Text typed while saving stays unsaved.
    if (editor.state.unsaved.get(componentName(source)) === source) forgetSource(editor, componentName(source));
    return { kind: 'saved', before };
  });
}

async function attempt(source: ComponentSource, work: () => Promise<SourceResult>): Promise<SourceResult> {
  try {
    return await work();
  } catch (error) {
    const told = (error instanceof RequestRefused && error.payload.faults) || [];
    const faults = codeFaultsOf(
      source,
      told.flatMap(fault => ('file' in fault ? fault : [])),
    );
    const lines = (error as Error).message.split('\n').map(words => ({ part: undefined, line: 1, column: 1, words }));
    return { kind: 'refused', faults: faults.length > 0 ? faults : lines };
  }
}
