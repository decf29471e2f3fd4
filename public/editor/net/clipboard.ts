import type { BareEdge } from '../../../src/model/graph.ts';
import { freeName } from '../../../src/model/words.ts';
import { cards } from '../model/card.ts';
import { addressableBy, conflictWith } from '../model/draft.ts';
import { type CanvasPoint, type EditorGraph, partialGraph } from '../model/graph.ts';
import { graphOf, jsonOf } from '../model/json.ts';
import { levelAt, pathIn } from '../model/level.ts';
import { pageSentence } from '../model/page-sentence.ts';
import { inStoreOf, paste, pastedNodes, pastedPlaces, pasteFault, preparePaste } from '../model/paste.ts';
import { textFault } from '../model/size-limits.ts';
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

  /** Pastes .fbp text; an empty text pastes the last copied one. Pastes everything or nothing. */
  async paste(given: string): Promise<void> {
    const words = given.trim() || this.#copied;
    if (!words || !mayEdit(this.#editor.state)) return;
    const pasted = await this.#read(words);
    if (!pasted) return;
    await this.insert(pasted);
  }

  /**
   * Adds the nodes of a text; replaces the wire that they bypass, or `into` if its type fits; as a group, if they have
   * a title. `frame` is the path of the target subgraph.
   */
  async insert(
    pasted: EditorGraph,
    { title, into, frame = '' }: { title?: string; into?: BareEdge | undefined; frame?: string } = {},
  ): Promise<void> {
    const content = await this.#laidOut(pastedNodes(pasted));
    // The graph may have changed meanwhile.
    const { components } = this.#editor.state;
    const { graph, places, cards } = levelAt(this.#editor.state, frame);
    const isRecipe = title !== undefined;
    const made = preparePaste(graph, isRecipe ? inStoreOf(graph, pasted, components) : pasted, components, into);
    const whole = !isRecipe ? {} : { label: `insert ${title}`, group: freeName(title, graph.groups) };
    const edit = paste(made, pastedPlaces(made, content, places, cards), whole);
    const reason = pasteFault(made, isRecipe) ?? conflictWith(graph, edit.changes, addressableBy(components));
    if (reason) return this.#refuse(reason, isRecipe ? `${title} can't be inserted` : undefined);
    if (!this.#editor.editing.place(edit, frame)) return;
    const added = new Set([...made.own.nodes.keys()].map(name => pathIn(frame, name)));
    this.#editor.select({ nodes: added, edges: new Set() });
    this.#editor.update(state => ({ ...state, sought: added }));
  }

  async #read(words: string): Promise<EditorGraph | undefined> {
    const long = textFault(words);
    if (long) return this.#refuse(long);
    const answer = await this.#editor.ask('flowchat:parse', { text: words });
    if (!answer) return;
    const [fault] = answer.faults.map(pageSentence);
    return fault ? this.#refuse(fault) : graphOf(answer.graph);
  }

  #refuse(reason: string, what = "this can't be pasted"): undefined {
    this.#editor.notify(`${what}: ${reason}`, 'bad');
  }

  /** Positions of nodes in a separate layout, in order. */
  async #laidOut(graph: EditorGraph): Promise<readonly CanvasPoint[]> {
    const content = await layOut(graph, cards(graph, this.#editor.state.components));
    return [...graph.nodes.keys()].map(name => content.get(name) ?? { x: 0, y: 0 });
  }
}
