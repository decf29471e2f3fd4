import { changeOf } from '../model/change.ts';
import { heard } from '../model/draft.ts';
import { followed } from '../model/follow.ts';
import { fields, text } from '../model/json.ts';
import { ratesOf } from '../model/rates.ts';
import { inWords } from '../model/sentence.ts';
import { withError } from '../model/state.ts';
import { wayOf } from '../model/ways.ts';
import type { Message } from './connection.ts';
import type { Editor } from './editor.ts';

/** What the server tells without being asked, and what the page makes of it. */
export class Hearing {
  readonly #editor: Editor;

  constructor(editor: Editor) {
    this.#editor = editor;
  }

  /** Takes in a message that answers nothing. */
  told({ protocol, command, payload }: Message): void {
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
    this.#editor.derive(state => followed({ ...state, draft: state.draft && heard(state.draft, change) }, change));
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
    const { graph, id, error, message } = fields(payload);
    if (command === 'output') this.#said(inWords(text(message)));
    if (graph !== this.#editor.state.id) return;
    if (command === 'processerror') {
      this.#editor.update(state => withError(state, text(id), inWords(text(error))));
    } else if (command === 'data') {
      this.#editor.watching.passed(payload);
    }
  }

  /** Something that the server says to everybody; what is wrong with the draft is told as faults. */
  #said(sentence: string): void {
    const { faults = [] } = this.#editor.state.status ?? {};
    // Whether changes wait is what the badge says.
    if (!sentence || /^changes (wait|go live)/.test(sentence)) return;
    if (!faults.some(fault => fault.sentence === sentence)) this.#editor.notify(sentence);
  }

  #addition(command: string, payload: unknown): void {
    if (command === 'state') this.#editor.took(payload);
    else if (command === 'graph') this.#editor.became(fields(payload).graph);
    else if (command === 'gone') this.#gone(text(fields(payload).name));
    else if (command === 'rates') this.#editor.update(state => ({ ...state, rates: ratesOf(payload) }));
    else if (command === 'way') this.#editor.watching.went(wayOf(payload));
  }
}
