import { fields, text } from '../model/json.ts';
import type { Editor } from './editor.ts';

/** A component's source, and its tests as YAML. */
export interface Source {
  readonly name: string;
  readonly library: string;
  readonly language: string;
  readonly code: string;
  readonly tests: string;
}

/** The source of a component of the library. */
export async function fetchSource(editor: Editor, component: string): Promise<Source | undefined> {
  const answer = await editor.ask('component', 'getsource', { name: component });
  if (!answer) return;
  const { name, library, language, code, tests } = fields(answer);
  return {
    name: text(name),
    library: text(library),
    language: text(language),
    code: text(code),
    tests: text(tests),
  };
}

/** Keeps a component's source as a draft. Says whether the server has taken it. */
export async function saveSource(editor: Editor, source: Source): Promise<boolean> {
  const answer = await editor.ask('component', 'source', source);
  if (answer) editor.learnt(answer);
  return answer !== undefined;
}
