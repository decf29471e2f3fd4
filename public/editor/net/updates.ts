import type { ServerMessageName, ServerPayloads } from '../../../src/model/server-messages.ts';
import { addressableBy, changeOf, othersChange, resumed, subgraphsIn, withOthersChange } from '../model/draft.ts';
import { without } from '../model/history.ts';
import { fields, graphOf } from '../model/json.ts';
import { ratesOf } from '../model/packets.ts';
import { withProgress } from '../model/revisions.ts';
import { afterRename, type EditorState } from '../model/state.ts';
import { traceOf } from '../model/traces.ts';
import { ConnectionLost, type ServerMessage } from './connection.ts';
import type { EditorCore } from './core.ts';
import { secret } from './sign-in.ts';

/** Loads everything after the connection was made or restored. */
export async function loadAll(editor: EditorCore): Promise<void> {
  try {
    if (!(await known(editor))) return;
    const { connection, state } = editor;
    if (state.onlySettings) {
      await editor.settings.load();
      editor.update(state => ({ ...state, link: { kind: 'live' } }));
      return;
    }
    const [status, { graph }] = await Promise.all([
      connection.request('flowchat:open', { hold: editor.publishing.holds }),
      connection.request('flowchat:graph', {}),
    ]);
    editor.took(status);
    await connection.request('component:list', {});
    await editor.learnTraits();
    await editor.subgraphLoader.reload(subgraphsIn(waiting(editor).pending.flatMap(({ changes }) => changes)));
    began(editor, graph);
    editor.editing.resend();
    editor.watching.resume();
  } catch (error) {
    // After a lost connection, loading is repeated; a refusal is permanent.
    if (!(error instanceof ConnectionLost)) editor.notify((error as Error).message, 'bad');
  }
}

/** Sends the secret. False for a wrong one, which ends the connection. */
async function known(editor: EditorCore): Promise<boolean> {
  const runtime = await editor.connection.request('runtime:getruntime', {
    // An owner who has just signed in to the chat needs no secret.
    ...(secret.get() && { secret: secret.get() }),
  });
  if (runtime.capabilities.length > 0) {
    const onlySettings = runtime.capabilities.every(capability => capability === 'flowchat:settings');
    editor.update(state => ({ ...state, id: runtime.graph ?? '', onlySettings }));
    editor.met(runtime.repositoryVersion ?? '');
    return true;
  }
  const access = secret.get() ? 'refused' : 'asking';
  secret.clear();
  editor.connection.close();
  editor.update(state => ({ ...state, access }));
  return false;
}

/** Edits that wait for a connection or reload. */
const waiting = ({ state, editStorage: keep }: EditorCore) =>
  state.draft ? { pending: state.draft.pending, history: state.history } : keep.get(state.id);

/** Applies waiting edits. */
function began(editor: EditorCore, json: unknown): void {
  const { state } = editor;
  const before = waiting(editor);
  const contents = { get: (component: string) => state.subgraphs.get(component)?.graph };
  const { draft, lost } = resumed(before, graphOf(json), addressableBy(state.components), contents);
  const history = lost.reduce((left, { entry }) => without(left, entry), before.history);
  editor.derive((state): EditorState => ({ ...state, draft, edited: 0, history, link: { kind: 'live' } }));
  editor.keepEdits();
  for (const { sentence } of lost) editor.notify(sentence, 'bad');
}

type Listeners = { readonly [Name in ServerMessageName]?: (payload: ServerPayloads[Name]) => void };

/** Handles unasked messages from the server. */
export class ServerUpdates {
  readonly #editor: EditorCore;
  readonly #listeners: Listeners;

  constructor(editor: EditorCore) {
    this.#editor = editor;
    this.#listeners = {
      'component:component': payload => editor.learnt(payload),
      'network:data': payload => payload.graph === editor.state.id && editor.watching.passed(payload),
      'flowchat:state': payload => editor.took(payload),
      'flowchat:threw': ({ node, sentence }) =>
        editor.update(state => ({ ...state, errors: new Map(state.errors).set(node, sentence) })),
      'flowchat:testing': payload => editor.update(state => ({ ...state, tests: withProgress(state.tests, payload) })),
      'flowchat:notice': ({ sentence }) => editor.notify(sentence),
      'flowchat:graph': ({ graph }) => editor.became(graph),
      'flowchat:gone': ({ name }) => this.#gone(name),
      'flowchat:rates': payload => editor.update(state => ({ ...state, rates: ratesOf(payload) })),
      'flowchat:way': payload => editor.watching.went(traceOf(payload)),
    };
  }

  /** Handles a message that is no answer. */
  take({ protocol, command, payload }: ServerMessage): void {
    if (protocol === 'graph') this.#changed(command, payload);
    else this.#listeners[`${protocol}:${command}` as ServerMessageName]?.(payload as never);
  }

  #changed(command: string, payload: unknown): void {
    const { id, graph } = fields(payload);
    if (command === 'clear' && (id === this.#editor.state.id || graph === this.#editor.state.id)) {
      void this.#editor.ask('flowchat:graph', {}).then(answer => answer && this.#editor.became(answer.graph));
    }
    if (typeof graph === 'string' && this.#editor.state.subgraphs.has(graph)) {
      this.#changedInside(graph, command, payload);
      return;
    }
    const change = graph === this.#editor.state.id ? changeOf(command, payload) : undefined;
    if (!change) return;
    if (change.command === 'removenode' && this.#editor.state.selection.nodes.has(change.payload.id))
      this.#editor.notify(`${change.payload.id} was deleted by another editor`);
    this.#editor.derive(state =>
      afterRename({ ...state, draft: state.draft && withOthersChange(state.draft, change) }, change),
    );
  }

  /** Applies somebody else's change of a subgraph. */
  #changedInside(within: string, command: string, payload: unknown): void {
    const change = changeOf(command, payload);
    if (!change) return;
    this.#editor.derive(state => {
      const content = state.subgraphs.get(within)!;
      const graph = othersChange(content.graph, change);
      const subgraphs = new Map(state.subgraphs).set(within, { ...content, graph });
      return afterRename({ ...state, subgraphs }, { ...change, within });
    });
  }

  /** Removes a component from the library. */
  #gone(name: string): void {
    this.#editor.subgraphs.gone(name);
    this.#editor.derive(state => ({
      ...state,
      components: new Map([...state.components].filter(([known]) => known !== name)),
      subgraphs: new Map([...state.subgraphs].filter(([known]) => known !== name)),
      coding: state.coding === name && !state.unsaved.has(name) ? undefined : state.coding,
    }));
  }
}
