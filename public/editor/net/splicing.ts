import type { PortRef } from '../../../src/model/graph.ts';
import type { Change } from '../../../src/model/graph-commands.ts';
import { shortName } from '../model/component.ts';
import { moveAside, moveEdit } from '../model/edits.ts';
import { gapIn } from '../model/gap.ts';
import type { CanvasPoint } from '../model/graph.ts';
import { placeFor } from '../model/layout.ts';
import { canvasLine, editableLine, frameAround, type Level, levelAt, lineOn, nameIn, pathIn } from '../model/level.ts';
import { nodeName } from '../model/names.ts';
import { intoFault, wireOfLine } from '../model/paste.ts';
import type { Recipe } from '../model/recipe.ts';
import {
  type LineEnd,
  moveEndEdit,
  type Spliced,
  spliceEdit,
  spliceNewEdit,
  spliceTarget,
  takeOutEdit,
} from '../model/splices.ts';
import { type EditorState, emptySelection, graphAt, mayEditAt, ofEdge, ofNodes } from '../model/state.ts';
import type { EditorCore } from './core.ts';

/**
 * Inserts nodes into wires, moves the ends of wires, and removes nodes from wires, also in open subgraphs. Each is one
 * edit.
 */
export class Splicing {
  readonly #editor: EditorCore;

  constructor(editor: EditorCore) {
    this.#editor = editor;
  }

  /** The line among some on the canvas that a component would be inserted into, or why it can't be. */
  target(lines: readonly string[], component: string): EditorState['splicing'] {
    const { state } = this.#editor;
    const known = state.components.get(component);
    const found = lines.flatMap(line => lineOn(state, line) ?? []);
    const frame = found[0]?.frame ?? '';
    if (!known || !mayEditAt(state, frame)) return;
    const { graph } = levelAt(state, frame);
    const own = found.filter(line => line.frame === frame).map(({ id }) => id);
    const target = spliceTarget(graph, state.components, own, known);
    return (
      target && { line: canvasLine(state, frame, target.line), fault: this.misplaced(component, frame) ?? target.fault }
    );
  }

  /** The line among some on the canvas that a recipe would be inserted into, or why it can't be. */
  recipeTarget(lines: readonly string[], { title, graph }: Recipe): EditorState['splicing'] {
    const { state } = this.#editor;
    const found = lines.flatMap(line => {
      const { frame, line: meant } = editableLine(state, line) ?? { frame: '' };
      const into = meant && wireOfLine(meant);
      if (!into) return [];
      const fault = intoFault(graphAt(state, frame), graph, state.components, into);
      return [{ line, fault: fault && `${title} goes into no wire here: ${fault}; it is put where it belongs` }];
    });
    return found.find(({ fault }) => !fault) ?? found[0];
  }

  /** Why a component can't be added to an open subgraph, or to the graph on the canvas; undefined if it can. */
  misplaced(component: string, frame: string): string | undefined {
    const { scene, entered } = this.#editor.state;
    const around = [...scene.frames].filter(([path]) => path === frame || frame.startsWith(`${path}/`));
    const isIn = [...around.map(([, open]) => open), ...entered].some(each => each.component === component);
    return isIn ? `${shortName(component)} can't be a part of itself` : undefined;
  }

  /** Adds a component in a line, at the pointer if there is room; returns the node's canvas name if it fits. */
  add(id: string, component: string, pointer?: CanvasPoint): string | undefined {
    const { state } = this.#editor;
    const found = lineOn(state, id);
    if (!found) return;
    const level = levelAt(state, found.frame);
    const { graph } = level;
    const name = nodeName(component, graph.nodes);
    const { place, moved } = gapIn(level, found.line, stored(level, name, pointer));
    const edit = spliceNewEdit(graph, state.components, found.line, { name, component, at: place });
    return this.#splice(level, edit, moveAside(graph, moved)) ? pathIn(found.frame, name) : undefined;
  }

  /** Inserts a node into the line that it was dropped on. */
  put(id: string, path: string, pointer: CanvasPoint): boolean {
    const { state } = this.#editor;
    const found = lineOn(state, id);
    if (!found || found.frame !== frameAround(state, path)) return false;
    const level = levelAt(state, found.frame);
    const { graph, cards } = level;
    const name = nameIn(found.frame, path);
    const places = new Map([...level.places].filter(([other]) => other !== name));
    const { place, moved } = gapIn(
      { ...level, places },
      found.line,
      stored(level, name, pointer),
      cards.get(name)?.height,
    );
    const edit = spliceEdit(graph, state.components, found.line, name);
    const placing = [...moveAside(graph, moved), ...moveEdit(graph, new Map([[name, place]])).changes];
    return this.#splice(level, edit, placing);
  }

  /** Moves an end of a canvas line to another port of its graph; reports why if it can't. */
  moveEnd(id: string, end: LineEnd, port: PortRef): void {
    const { state } = this.#editor;
    const found = lineOn(state, id);
    if (!found) return;
    const { frame, line } = found;
    const edit = moveEndEdit(levelAt(state, frame).graph, state.components, line, end, port);
    if ('fault' in edit) this.#editor.notify(edit.fault, 'bad', 'edit');
    else if (this.#editor.editing.place(edit, frame) && edit.key)
      this.#editor.select(ofEdge(canvasLine(this.#editor.state, frame, edit.key)));
  }

  /** Deletes a canvas node and closes the gap. */
  takeOut(path: string): void {
    const { state } = this.#editor;
    const frame = frameAround(state, path);
    if (!mayEditAt(state, frame)) return;
    const edit = takeOutEdit(levelAt(state, frame).graph, state.components, nameIn(frame, path));
    if (!edit) {
      const cure = 'delete it, and draw the wires by hand';
      this.#editor.notify(
        `${path} can't be taken out, as it has not one way in and one way on; ${cure}`,
        'bad',
        'edit',
      );
    } else if (this.#editor.editing.place(edit, frame)) this.#editor.select(emptySelection);
  }

  #splice({ frame }: Level, edit: Spliced, placing: readonly Change[]): boolean {
    if ('fault' in edit) {
      this.#editor.notify(edit.fault, 'bad', 'edit');
      return false;
    }
    if (!this.#editor.editing.place({ ...edit, changes: [...placing, ...edit.changes] }, frame)) return false;
    this.#editor.select(ofNodes(pathIn(frame, edit.node)));
    if (edit.sentence) this.#editor.notify(edit.sentence, 'info', 'edit');
    return true;
  }
}

/** The position to store for a canvas point, which open subgraphs may have shifted. */
function stored({ places, cards, drawn, origin }: Level, name: string, point: CanvasPoint | undefined) {
  return point && placeFor(name, { x: point.x - origin.x, y: point.y - origin.y }, places, cards, drawn);
}
