import type { PortRef } from '../../../src/model/graph.ts';
import type { Change } from '../../../src/model/graph-commands.ts';
import { moveAside, moveEdit } from '../model/edits.ts';
import { gapIn } from '../model/gap.ts';
import type { CanvasPoint } from '../model/graph.ts';
import { placeFor } from '../model/layout.ts';
import { nodeName } from '../model/names.ts';
import {
  type LineEnd,
  lineAt,
  moveEndEdit,
  type Spliced,
  spliceEdit,
  spliceNewEdit,
  spliceTarget,
  takeOutEdit,
} from '../model/splices.ts';
import { type EditorState, nothing, ofEdge, ofNodes } from '../model/state.ts';
import type { EditorCore } from './core.ts';

/** Puts nodes into wires, moves the ends of wires, and takes nodes out. Each is one edit. */
export class Splicing {
  readonly #editor: EditorCore;

  constructor(editor: EditorCore) {
    this.#editor = editor;
  }

  /** Which of some lines a component would be put into, and why it can't be put there, if so. */
  target(lines: readonly string[], component: string): EditorState['splicing'] {
    const { graph, components } = this.#editor.state;
    const known = components.get(component);
    return known && spliceTarget(graph, components, lines, known);
  }

  /** Adds a component in a line, at the pointer if there is room; returns the node's name if it fits. */
  add(id: string, component: string, pointer?: CanvasPoint): string | undefined {
    const { graph, components } = this.#editor.state;
    const line = lineAt(graph, id);
    if (!line) return;
    const name = nodeName(component, graph.nodes);
    const { place, moved } = gapIn(this.#scenery(), line, this.#stored(name, pointer));
    const edit = spliceNewEdit(graph, components, line, { name, component, at: place });
    return this.#splice(edit, moveAside(graph, moved)) ? name : undefined;
  }

  /** Puts a node that was dropped on a line into it. */
  put(id: string, name: string, pointer: CanvasPoint): boolean {
    const { graph, components, cards } = this.#editor.state;
    const line = lineAt(graph, id);
    if (!line) return false;
    const { place, moved } = gapIn(this.#scenery(name), line, this.#stored(name, pointer), cards.get(name)?.height);
    const edit = spliceEdit(graph, components, line, name);
    const placing = [...moveAside(graph, moved), ...moveEdit(graph, new Map([[name, place]])).changes];
    return this.#splice(edit, placing);
  }

  /** Moves an end of a line to another port; says why if it can't. */
  moveEnd(id: string, end: LineEnd, port: PortRef): void {
    const { graph, components } = this.#editor.state;
    const line = lineAt(graph, id);
    if (!line) return;
    const edit = moveEndEdit(graph, components, line, end, port);
    if ('fault' in edit) this.#editor.notify(edit.fault, 'bad', 'edit');
    else if (this.#editor.editing.place(edit) && edit.key) this.#editor.select(ofEdge(edit.key));
  }

  /** Deletes a node and closes the gap. */
  takeOut(name: string): void {
    const { graph, components } = this.#editor.state;
    const edit = takeOutEdit(graph, components, name);
    if (!edit) {
      const cure = 'delete it, and draw the wires by hand';
      this.#editor.notify(
        `${name} can't be taken out, as it has not one way in and one way on; ${cure}`,
        'bad',
        'edit',
      );
    } else if (this.#editor.editing.place(edit)) this.#editor.select(nothing);
  }

  /** The picture without a node, with closed subgraphs, as places are stored. */
  #scenery(without = '') {
    const { graph, places, cards } = this.#editor.state;
    return { graph, places: new Map([...places].filter(([name]) => name !== without)), cards };
  }

  /** The place to store for what is at a point of the canvas, where open subgraphs take room. */
  #stored(name: string, pointer: CanvasPoint | undefined): CanvasPoint | undefined {
    const { places, cards, scene } = this.#editor.state;
    return pointer && placeFor(name, pointer, places, cards, scene.cards);
  }

  #splice(edit: Spliced, placing: readonly Change[]): boolean {
    if ('fault' in edit) {
      this.#editor.notify(edit.fault, 'bad', 'edit');
      return false;
    }
    if (!this.#editor.editing.place({ ...edit, changes: [...placing, ...edit.changes] })) return false;
    this.#editor.select(ofNodes(edit.node));
    if (edit.sentence) this.#editor.notify(edit.sentence, 'said', 'edit');
    return true;
  }
}
