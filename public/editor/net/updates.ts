import { addressableBy, changeOf, resumed, withOthersChange } from '../model/draft.ts';
import { without } from '../model/history.ts';
import { arrayOf, fields, graphOf, textOf } from '../model/json.ts';
import { ratesOf } from '../model/packets.ts';
import { type EditorState, followed } from '../model/state.ts';
import { traceOf } from '../model/traces.ts';
import { ConnectionLost, type ServerMessage } from './connection.ts';
import type { EditorCore } from './core.ts';
import { secret } from './sign-in.ts';

/** Everything that is asked for when a connection has been made, for the first time or again. */
export async function loadAll(editor: EditorCore): Promise<void> {
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
    if (!(error instanceof ConnectionLost)) editor.notify((error as Error).message, 'bad');
  }
}

/** Shows the secret. False where it is a wrong one, which ends the connection. */
async function known(editor: EditorCore): Promise<boolean> {
  const { payload } = await editor.connection.request('runtime', 'getruntime', { secret: secret.get() });
  const runtime = fields(payload);
  if (arrayOf(runtime.capabilities).length > 0) {
    editor.update(state => ({ ...state, id: textOf(runtime.graph) }));
    editor.met(textOf(runtime.repositoryVersion));
    return true;
  }
  secret.clear();
  editor.connection.close();
  editor.update(state => ({ ...state, access: 'refused' }));
  return false;
}

/** Brings in what waited for a connection, or for a reload. */
function began(editor: EditorCore, json: unknown): void {
  const { state, editStorage: keep } = editor;
  const before = state.draft ? { pending: state.draft.pending, history: state.history } : keep.get(state.id);
  const { draft, lost } = resumed(before, graphOf(json), addressableBy(state.components));
  const history = lost.reduce((left, { entry }) => without(left, entry), before.history);
  editor.derive((state): EditorState => ({ ...state, draft, history, link: { kind: 'live' } }));
  editor.keepEdits();
  for (const { sentence } of lost) editor.notify(sentence, 'bad');
}

/** What the server tells without being asked, and what the page makes of it. */
export class ServerUpdates {
  readonly #editor: EditorCore;

  constructor(editor: EditorCore) {
    this.#editor = editor;
  }

  /** Takes in a message that answers nothing. */
  take({ protocol, command, payload }: ServerMessage): void {
    if (protocol === 'graph') this.#changed(command, payload);
    else if (protocol === 'component' && command === 'component') this.#editor.learnt(payload);
    else if (protocol === 'network') this.#network(command, payload);
    else if (protocol === 'flowchat') this.#addition(command, payload);
  }

  #changed(command: string, payload: unknown): void {
    const { id, graph } = fields(payload);
    if (command === 'clear' && (id === this.#editor.state.id || graph === this.#editor.state.id)) {
      void this.#editor.ask('flowchat', 'graph').then(answer => answer && this.#editor.became(fields(answer).graph));
    }
    const change = graph === this.#editor.state.id ? changeOf(command, payload) : undefined;
    if (!change) return;
    if (change.command === 'removenode' && this.#editor.state.selection.nodes.has(change.payload.id))
      this.#editor.notify(`${change.payload.id} was deleted by another editor`);
    this.#editor.derive(state =>
      followed({ ...state, draft: state.draft && withOthersChange(state.draft, change) }, change),
    );
  }

  /** A component is in the library no more. */
  #gone(name: string): void {
    this.#editor.derive(state => ({
      ...state,
      components: new Map([...state.components].filter(([known]) => known !== name)),
      coding: state.coding === name && !state.unsaved.has(name) ? undefined : state.coding,
    }));
  }

  #network(command: string, payload: unknown): void {
    if (command === 'data' && fields(payload).graph === this.#editor.state.id) this.#editor.watching.passed(payload);
  }

  /** A node of what is live has let an error out. */
  #threw(payload: unknown): void {
    const { node, sentence } = fields(payload);
    this.#editor.update(state => ({ ...state, errors: new Map(state.errors).set(textOf(node), textOf(sentence)) }));
  }

  #addition(command: string, payload: unknown): void {
    if (command === 'state') this.#editor.took(payload);
    else if (command === 'threw') this.#threw(payload);
    else if (command === 'notice') this.#editor.notify(textOf(fields(payload).sentence));
    else if (command === 'graph') this.#editor.became(fields(payload).graph);
    else if (command === 'gone') this.#gone(textOf(fields(payload).name));
    else if (command === 'rates') this.#editor.update(state => ({ ...state, rates: ratesOf(payload) }));
    else if (command === 'way') this.#editor.watching.went(traceOf(payload));
  }
}
