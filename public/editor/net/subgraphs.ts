import { Refused } from '../../../src/model/refused.ts';
import { cards } from '../model/card.ts';
import { libraryOf } from '../model/component.ts';
import type { Edit } from '../model/edits.ts';
import { mergedPlaces } from '../model/layout.ts';
import { contentOf, type EditorState, emptySelection, ofNodes } from '../model/state.ts';
import { inlineEdit, newSubgraph } from '../model/subgraphs.ts';
import type { EditorCore } from './core.ts';

/** Opens subgraphs on the whole canvas for editing, makes them of nodes, and inlines them. */
export class Subgraphs {
  readonly #editor: EditorCore;

  constructor(editor: EditorCore) {
    this.#editor = editor;
  }

  /** Shows a subgraph on the whole canvas. */
  async enter(path: string): Promise<void> {
    const { scene, components } = this.#editor.state;
    const component = scene.graph.nodes.get(path)?.component ?? '';
    if (!components.get(component)?.subgraph || !(await this.#editor.subgraphLoader.load(component))) return;
    this.#show(({ entered, open, automatic, selection, subgraphs }) => ({
      entered: [...entered, { component, path, open, automatic, selection }],
      selection: emptySelection,
      open: new Set(),
      automatic: subgraphs.get(component)!.automatic,
    }));
  }

  /** Returns to the graph around the subgraph on the canvas; without a number, to the main graph. */
  leave(count = this.#editor.state.entered.length): void {
    const left = this.#editor.state.entered.at(-count);
    if (!left) return;
    const { open, automatic, selection } = left;
    this.#show(({ entered }) => ({ entered: entered.slice(0, -count), open, automatic, selection }));
  }

  /** Call when a component was removed: leaves it if it is entered. */
  gone(component: string): void {
    const { entered } = this.#editor.state;
    const at = entered.findIndex(each => each.component === component);
    if (at >= 0) this.leave(entered.length - at);
  }

  /** Makes a subgraph of the selected nodes. Returns whether that was possible. */
  make(name: string): boolean {
    const { state } = this.#editor;
    const component = `${libraryOf(state.id)}/${name}`;
    const made = this.#tried(`make ${name}`, () => newSubgraph(state, state.selection.nodes, component));
    if (!made) return false;
    this.#editor.derive(state => ({ ...state, components: new Map(state.components).set(component, made.component) }));
    if (!this.#edit(made.edit)) return false;
    this.#editor.select(ofNodes(made.node));
    return true;
  }

  /** Replaces a subgraph's node by its content. */
  async inline(node: string): Promise<void> {
    const component = this.#editor.state.graph.nodes.get(node)?.component ?? '';
    if (!(await this.#editor.subgraphLoader.load(component))) return;
    const { state } = this.#editor;
    const [graph, content] = [contentOf(state, component)!, state.subgraphs.get(component)!];
    const inside = { graph, places: mergedPlaces(graph, content.automatic), cards: cards(graph, state.components) };
    const edit = this.#tried(`inline ${node}`, () => inlineEdit(state, node, inside));
    if (!edit || !this.#edit(edit)) return;
    const added = edit.changes.flatMap(({ command, payload }) => (command === 'addnode' ? [payload.id] : []));
    this.#editor.select(ofNodes(...added));
  }

  /** Uses `place` for edits that place nodes. */
  #edit(edit: Edit): boolean {
    const places = edit.changes.some(({ command, payload }) => command === 'addnode' && 'x' in payload.metadata);
    return places ? this.#editor.editing.place(edit) : this.#editor.editing.edit(edit);
  }

  #tried<Result>(what: string, work: () => Result): Result | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#editor.notify(`could not ${what}: ${error.message}`, 'bad');
    }
  }

  #show(change: (state: EditorState) => Partial<EditorState>): void {
    this.#editor.derive(state => ({ ...state, preview: undefined, ...change(state) }));
    this.#editor.watching.follow();
  }
}
