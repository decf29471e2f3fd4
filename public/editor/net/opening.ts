import { resumed } from '../model/draft.ts';
import { without } from '../model/history.ts';
import { fields, graphOf, list, text } from '../model/json.ts';
import { addressableBy } from '../model/obstacle.ts';
import type { State } from '../model/state.ts';
import { Lost } from './connection.ts';
import type { Editor } from './editor.ts';
import { secret } from './secret.ts';

/** Everything that is asked for when a connection has been made, for the first time or again. */
export async function opening(editor: Editor): Promise<void> {
  try {
    if (!(await known(editor))) return;
    const { connection } = editor;
    const [{ payload: status }, { payload: graph }] = await Promise.all([
      connection.request('flowchat', 'open', { hold: editor.publishing.holds }),
      connection.request('flowchat', 'graph'),
    ]);
    editor.took(status);
    await connection.request('component', 'list');
    await editor.learnTraits();
    began(editor, fields(graph).graph);
    editor.editing.resend();
    editor.watching.resume();
  } catch (error) {
    // A connection that is lost is made again; what is refused is not going to be otherwise by itself.
    if (!(error instanceof Lost)) editor.notify((error as Error).message, 'bad');
  }
}

/** Shows the secret. False where it is a wrong one, which ends the connection. */
async function known(editor: Editor): Promise<boolean> {
  const { payload } = await editor.connection.request('runtime', 'getruntime', { secret: secret.get() });
  const runtime = fields(payload);
  if (list(runtime.capabilities).length > 0) {
    editor.update(state => ({ ...state, id: text(runtime.graph) }));
    editor.met(text(runtime.repositoryVersion));
    return true;
  }
  secret.clear();
  editor.connection.close();
  editor.update(state => ({ ...state, access: 'refused' }));
  return false;
}

/** Brings in what waited for a connection, or for a reload. */
function began(editor: Editor, json: unknown): void {
  const { state, keep } = editor;
  const before = state.draft ? { pending: state.draft.pending, history: state.history } : keep.get(state.id);
  const { draft, lost } = resumed(before, graphOf(json), addressableBy(state.components));
  const history = lost.reduce((left, { entry }) => without(left, entry), before.history);
  editor.derive((state): State => ({ ...state, draft, history, link: { kind: 'live' } }));
  editor.keepEdits();
  for (const { sentence } of lost) editor.notify(sentence, 'bad');
}
