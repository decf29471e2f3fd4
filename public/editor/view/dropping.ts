import { type Node as FlowNode, useReactFlow } from '@xyflow/react';
import type { DragEvent } from 'react';
import { FIRST_PORT, WIDTH } from '../model/card.ts';
import type { CanvasPoint } from '../model/graph.ts';
import { frameAround, lineOn, nameIn } from '../model/level.ts';
import type { Recipe } from '../model/recipe.ts';
import { isLoose } from '../model/splices.ts';
import { type EditorState, graphAt, mayEditAt } from '../model/state.ts';
import type { Editor } from '../net/editor.ts';
import { useEditor } from './useEditor.ts';
import { linesUnder } from './WireEdge.tsx';

/** MIME types of items dragged from the library: the name of a component, or of a recipe. */
const MIME = { component: 'application/x-flowchat-component', recipe: 'application/x-flowchat-recipe' };

type Carried = NonNullable<EditorState['carried']>;

/** Attributes of elements that can be dragged from the library. */
export const carrying = (editor: Editor, carried: Carried) => ({
  onDragStart: ({ dataTransfer }: DragEvent) => {
    if ('recipe' in carried) dataTransfer.setData(MIME.recipe, carried.recipe.name);
    else dataTransfer.setData(MIME.component, carried.component);
    dataTransfer.effectAllowed = 'copy';
    editor.update(state => ({ ...state, carried }));
  },
  onDragEnd: () => editor.update(state => ({ ...state, carried: undefined, splicing: undefined })),
});

/** The dropped item; undefined if it isn't from the library. */
function droppedIn({ recipes }: EditorState, { dataTransfer }: DragEvent): Carried | undefined {
  const component = dataTransfer.getData(MIME.component);
  if (component) return { component };
  const name = dataTransfer.getData(MIME.recipe);
  const recipe = recipes.find(each => each.name === name);
  return recipe && { recipe };
}

/**
 * Handlers for items dragged from the library: inserted into the line that they are dropped on, or added beside the
 * nodes.
 */
export function useDrop() {
  const editor = useEditor();
  const flow = useReactFlow();
  return {
    onDragOver: (event: DragEvent) => {
      if (!Object.values(MIME).some(type => event.dataTransfer.types.includes(type))) return;
      event.preventDefault();
      const { carried } = editor.state;
      if (carried) aim(editor, linesUnder(event), carried);
    },
    onDragLeave: (event: DragEvent) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) aimNowhere(editor);
    },
    onDrop: (event: DragEvent) => {
      const dropped = droppedIn(editor.state, event);
      if (!dropped) return;
      event.preventDefault();
      const aimed = targetOf(editor, linesUnder(event), dropped);
      aimNowhere(editor);
      if ('recipe' in dropped) void insertRecipe(editor, dropped.recipe, aimed?.fault ? '' : aimed?.line);
      else {
        const point = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
        if (aimed && !aimed.fault && editor.splicing.add(aimed.line, dropped.component, point)) return;
        place(editor, dropped.component, point, frameUnder(editor.state, event));
      }
      if (aimed?.fault) editor.notify(aimed.fault, 'bad', 'edit');
    },
  };
}

/** Places a component at a canvas point, in the open subgraph there. */
function place(editor: Editor, component: string, { x, y }: CanvasPoint, frame: string): void {
  const fault = editor.splicing.misplaced(component, frame);
  if (fault) editor.notify(fault, 'bad', 'edit');
  else editor.editing.add(component, { x: x - 40, y: y - 24 }, frame);
}

/** Inserts a recipe and goes to its first setting. */
export async function insertRecipe(editor: Editor, recipe: Recipe, line?: string): Promise<void> {
  await editor.insertRecipe(recipe, line);
  // On a touch screen the keyboard would cover the canvas.
  if (matchMedia('(hover: none)').matches) return;
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>('.inspector section .field :is(input, textarea)')?.focus(),
  );
}

const targetOf = ({ splicing }: Editor, lines: readonly string[], carried: Carried) =>
  'recipe' in carried ? splicing.recipeTarget(lines, carried.recipe) : splicing.target(lines, carried.component);

/** A point of the window. */
interface ScreenPoint {
  readonly clientX: number;
  readonly clientY: number;
}

/** The open subgraph under a window point, if the user may edit it; empty for the outermost graph. */
function frameUnder(state: EditorState, point: ScreenPoint): string {
  const node = nodeUnder(point);
  const frame = node === undefined || state.scene.frames.has(node) ? (node ?? '') : frameAround(state, node);
  return mayEditAt(state, frame) ? frame : '';
}

const nodeUnder = ({ clientX, clientY }: ScreenPoint): string | undefined =>
  document.elementFromPoint(clientX, clientY)?.closest<HTMLElement>('.react-flow__node')?.dataset.id;

/** Shows which of some lines the dragged item would be inserted into, and whether it fits. */
export function aim(editor: Editor, lines: readonly string[], carried: Carried): void {
  const aimed = targetOf(editor, lines, carried);
  if (editor.state.splicing?.line !== aimed?.line) editor.update(state => ({ ...state, splicing: aimed }));
}

const aimNowhere = (editor: Editor): void => {
  if (editor.state.splicing) editor.update(state => ({ ...state, splicing: undefined }));
};

/** The lines under a single dragged node without wires: under the pointer, or under the middle of its card. */
export function linesUnderNode({ state }: Editor, event: MouseEvent | TouchEvent, dragged: readonly FlowNode[]) {
  const [only, ...more] = dragged;
  if (!only || more.length > 0 || !isLooseAt(state, only.id)) return [];
  const card = document.querySelector(`.react-flow__node[data-id="${CSS.escape(only.id)}"]`)?.getBoundingClientRect();
  const middle = card && { clientX: card.x + card.width / 2, clientY: card.y + card.height / 2 };
  const near = linesUnder(pointOf(event), only.id);
  const lines = near.length > 0 || !middle ? near : linesUnder(middle, only.id);
  // A node stays in its own graph.
  return lines.filter(line => lineOn(state, line)?.frame === frameAround(state, only.id));
}

const isLooseAt = (state: EditorState, path: string): boolean => {
  const frame = frameAround(state, path);
  return isLoose(graphAt(state, frame), nameIn(frame, path));
};

/** A canvas node's position; nodes in an open subgraph have positions relative to it. */
function pointOfNode({ scene }: EditorState, { id, position: { x, y } }: FlowNode): CanvasPoint {
  const frame = scene.places.get(scene.parents.get(id) ?? '') ?? { x: 0, y: 0 };
  return { x: frame.x + x, y: frame.y + y };
}

/** Stores the positions of dragged nodes, or inserts one into the line that it was dropped on. */
export function settle(editor: Editor, moved: readonly FlowNode[]): void {
  const { state } = editor;
  const { splicing } = state;
  const { places } = state.scene;
  const [only] = moved;
  aimNowhere(editor);
  if (splicing && only && isLooseAt(state, only.id)) {
    const { x, y } = pointOfNode(state, only);
    const pointer = { x: x + WIDTH / 2, y: y + FIRST_PORT };
    if (editor.splicing.put(splicing.line, only.id, pointer)) return;
  }
  const elsewhere = moved.flatMap(node => {
    const { x, y } = pointOfNode(state, node);
    const before = places.get(node.id);
    const isMoved = before && (Math.round(x) !== before.x || Math.round(y) !== before.y);
    return isMoved ? [[node.id, { x, y }] as const] : [];
  });
  if (elsewhere.length > 0) editor.editing.drag(new Map(elsewhere));
}

/** The position of a pointer or finger. */
export const pointOf = (event: MouseEvent | TouchEvent): ScreenPoint =>
  'changedTouches' in event ? event.changedTouches[0]! : event;
