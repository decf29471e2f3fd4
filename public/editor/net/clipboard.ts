import { cards } from '../model/card.ts';
import { addressableBy, conflictWith } from '../model/draft.ts';
import { paste, pastedNodes, pasteFault } from '../model/edits.ts';
import { pageSentence } from '../model/form.ts';
import { type CanvasPoint, type EditorGraph, partialGraph } from '../model/graph.ts';
import { graphOf, jsonOf } from '../model/json.ts';
import { textFault } from '../model/names.ts';
import { mayEdit } from '../model/state.ts';
import type { EditorCore } from './core.ts';
import { layOut } from './layouter.ts';

/** Copies nodes as .fbp text, and pastes such text. */
export class Clipboard {
  readonly #editor: EditorCore;
  #copied = '';

  constructor(editor: EditorCore) {
    this.#editor = editor;
  }

  /** The selected nodes as .fbp text. */
  async copy(): Promise<string> {
    const { graph, selection } = this.#editor.state;
    const answer = await this.#editor.ask('flowchat:text', { graph: jsonOf(partialGraph(graph, selection.nodes)) });
    this.#copied = answer?.text ?? '';
    return this.#copied;
  }

  /** Pastes .fbp text, or what was copied last if the text is empty. All of it is pasted or nothing. */
  async paste(given: string): Promise<void> {
    const words = given.trim() || this.#copied;
    if (!words || !mayEdit(this.#editor.state)) return;
    const pasted = await this.#read(words);
    if (!pasted) return;
    const placed = await this.#placed(pastedNodes(pasted));
    // The graph may have changed while the server parsed the text.
    const { graph, components } = this.#editor.state;
    const edit = paste(graph, pasted, placed);
    const reason = pasteFault(graph, pasted) ?? conflictWith(graph, edit.changes, addressableBy(components));
    if (reason) return this.#refuse(reason);
    if (!this.#editor.editing.place(edit)) return;
    const added = new Set(edit.changes.flatMap(({ command, payload }) => (command === 'addnode' ? [payload.id] : [])));
    this.#editor.select({ nodes: added, edges: new Set() });
    this.#editor.update(state => ({ ...state, sought: added }));
  }

  async #read(words: string): Promise<EditorGraph | undefined> {
    const long = textFault(words);
    if (long) return this.#refuse(long);
    const answer = await this.#editor.ask('flowchat:parse', { text: words });
    if (!answer) return;
    const [fault] = answer.faults.map(pageSentence);
    const pasted = graphOf(answer.graph);
    const reason = fault ?? pasteFault(this.#editor.state.graph, pasted);
    return reason ? this.#refuse(reason) : pasted;
  }

  #refuse(reason: string): undefined {
    this.#editor.notify(`this can't be pasted: ${reason}`, 'bad');
  }

  /** Places for pasted nodes: laid out among themselves, below all others. */
  async #placed(graph: EditorGraph): Promise<ReadonlyMap<string, CanvasPoint>> {
    const content = await layOut(graph, cards(graph, this.#editor.state.components));
    const { places, cards: drawn } = this.#editor.state;
    const bottom = Math.max(0, ...[...places].map(([name, { y }]) => y + (drawn.get(name)?.height ?? 0)));
    const left = Math.min(0, ...[...places.values()].map(({ x }) => x));
    return new Map([...content].map(([name, { x, y }]) => [name, { x: left + x, y: bottom + 80 + y }]));
  }
}
