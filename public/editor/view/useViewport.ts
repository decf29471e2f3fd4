import { useReactFlow } from '@xyflow/react';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { failsBy } from '../model/card.ts';
import { EMPTY_GRAPH, edgesOf } from '../model/graph.ts';
import { type EditorState, onlyEdge, onlyNode } from '../model/state.ts';
import { faultsAt } from '../model/status.ts';
import {
  bounds,
  centredOn,
  fitted,
  gathered,
  isVisible,
  overview,
  type Rect,
  scrolledTo,
  type Viewport,
} from '../model/viewport.ts';
import { useEditor, useEditorState, useListener } from './useEditor.ts';

/** The uncovered part of the canvas: on a phone, panels cover its lower part. */
function clear(): Rect | undefined {
  const pane = document.querySelector('.canvas')?.getBoundingClientRect();
  if (!pane) return;
  const sheets = [...document.querySelectorAll('.side, .inspector')].map(sheet => sheet.getBoundingClientRect());
  const covering = sheets.filter(({ left, right, width }) => {
    return left < pane.right && right > pane.left && width >= pane.width;
  });
  const bottom = Math.min(pane.bottom, ...covering.map(({ top }) => top));
  const bar = pane.width < 600 ? 56 : 0;
  return { x: 0, y: bar, width: pane.width, height: Math.max(80, bottom - pane.top - bar) };
}

/** While the canvas moves, it is a single layer, so nothing on it is repainted. */
function gliding(glides: boolean): void {
  document.querySelector('.canvas')?.toggleAttribute('data-gliding', glides);
}

/** The bounds of the selection. */
function chosen(state: EditorState): Rect | undefined {
  const edge = state.scene.graph.edges.get(onlyEdge(state) ?? '');
  return around(state, edge ? [edge.from.node, edge.to.node] : [onlyNode(state) ?? '']);
}

/** The bounds of the selected node and the nodes it is wired to. */
function chosenWithNear(state: EditorState): Rect | undefined {
  const node = onlyNode(state);
  if (node === undefined) return chosen(state);
  const near = edgesOf(state.scene.graph, node).filter(({ from }) => !failsBy(state.scene.cards, from));
  return around(state, [node, ...near.flatMap(({ from, to }) => [from.node, to.node])]);
}

/**
 * Time for the second click of a double click, in milliseconds; until then the clicked node stays under the pointer.
 */
const DOUBLE = 400;

/** The last press of a pointer button, and whether it is still held. */
const press = { at: Number.NEGATIVE_INFINITY, held: false };
addEventListener(
  'pointerdown',
  () => {
    press.at = performance.now();
    press.held = true;
  },
  true,
);
for (const end of ['pointerup', 'pointercancel', 'dragend']) addEventListener(end, () => (press.held = false), true);

/** The greatest height of a fault above a card. */
const FAULT = 72;

/** The bounds of nodes. */
function around({ scene: { places, cards }, status }: EditorState, names: readonly string[]): Rect | undefined {
  const there = names.filter(name => places.has(name));
  if (there.length === 0) return;
  const chosen = new Map(there.map(name => [name, places.get(name)!]));
  const { x, y, width, height } = bounds(EMPTY_GRAPH, chosen, cards);
  // Faults are shown above the card.
  const above = there.some(name => faultsAt(status?.faults ?? [], name).length > 0) ? FAULT : 0;
  return { x, y: y - above, width, height: height + above };
}

/** The bounds of the whole graph. */
function whole({ scene: { graph, places, cards } }: EditorState): Rect | undefined {
  return places.size > 0 ? bounds(graph, places, cards) : undefined;
}

/** Runs work in the next frame, once after each change of its dependencies. */
function useFrame(work: () => void, dependencies: readonly unknown[]): void {
  useEffect(() => {
    const frame = requestAnimationFrame(work);
    return () => cancelAnimationFrame(frame);
  }, dependencies);
}

/**
 * Shows the whole graph until the user moves the canvas, and scrolls to things selected elsewhere. Returns `touch`, to
 * be called for such moves, and functions that show the graph.
 */
export function useViewport() {
  const editor = useEditor();
  const { getViewport, setViewport } = useReactFlow();
  const touched = useRef(false);
  const title = useEditorState(({ preview, entered }) => preview?.title ?? entered.map(({ path }) => path).join('/'));
  const node = useEditorState(onlyNode);
  const edge = useEditorState(onlyEdge);
  const panel = useEditorState(state => state.panel);
  const trace = useEditorState(state => state.trace);
  const sought = useEditorState(state => state.sought);
  const frames = useEditorState(state => [...state.scene.frames.keys()].join('\n'));
  const known = useRef(new Set<string>());

  /** Moves the canvas to a rectangle, as computed by `how`. */
  const goTo = useCallback(
    (what: Rect | undefined, how: (what: Rect, area: Rect, now: Viewport) => Viewport | undefined) => {
      const area = clear();
      const viewport = what && area && how(what, area, getViewport());
      if (viewport) void setViewport(viewport);
    },
    [getViewport, setViewport],
  );
  const showAll = useCallback(() => {
    touched.current = false;
    goTo(whole(editor.state), fitted);
  }, [editor, goTo]);
  const showWhole = useCallback(() => goTo(whole(editor.state), overview), [editor, goTo]);

  // Show all of another graph.
  useFrame(showAll, [title, showAll]);

  // An open panel and its content reduce the visible area.
  const look = useCallback(() => {
    if (touched.current) return;
    // Show a trace as a whole, else the selection.
    if (trace) return showWhole();
    showAll();
    goTo(chosen(editor.state), centredOn);
  }, [trace, showAll, showWhole, editor, goTo]);
  useFrame(look, [panel, look]);
  useListener('resize', look);

  // Scroll to the selection, unless it is visible.
  useEffect(() => {
    const look = () => {
      const near = chosenWithNear(editor.state);
      if (!near || press.held) return;
      const isFrame = editor.state.scene.frames.has(node ?? '');
      goTo(chosen(editor.state), (what, area, now) =>
        // A frame is large, and the user may click on it again.
        isFrame && isVisible(what, area, now) ? undefined : gathered(what, near, area, now),
      );
    };
    const timer = setTimeout(() => requestAnimationFrame(look), Math.max(0, press.at + DOUBLE - performance.now()));
    return () => clearTimeout(timer);
  }, [node, edge, editor, goTo]);

  // Scroll to pasted nodes.
  useFrame(() => {
    if (sought.size === 0) return;
    touched.current = true;
    goTo(around(editor.state, [...sought]), scrolledTo);
  }, [sought, editor, goTo]);

  // Scroll to a newly opened subgraph.
  useFrame(() => {
    const now = new Set(frames.split('\n').filter(Boolean));
    const [path = ''] = [...now].filter(each => !known.current.has(each));
    known.current = now;
    if (!touched.current) showAll();
    goTo(around(editor.state, [path]), centredOn);
  }, [frames, editor, showAll, goTo]);

  const moving = useMemo(() => {
    const touch = () => {
      touched.current = true;
    };
    const onMoveStart = (event: unknown) => {
      if (!event) return;
      touch();
      gliding(true);
    };
    return { touch, onMoveStart, onMoveEnd: () => gliding(false) };
  }, []);
  return { showAll, showWhole, ...moving };
}
