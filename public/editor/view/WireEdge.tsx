import { BaseEdge, type EdgeProps, getBezierPath, getSmoothStepPath } from '@xyflow/react';
import { type MouseEvent, memo } from 'react';
import { wireText } from '../../../src/model/graph-lookup.ts';
import type { CanvasPoint } from '../model/graph.ts';
import { editableLine } from '../model/level.ts';
import { perSecond } from '../model/packets.ts';
import { type EdgeRoute, edgeRoutePath, type FailureRoute, failureRoutePath } from '../model/routes.ts';
import { lineName } from '../model/splices.ts';
import { type EditorState, liveKey, shownWarnings } from '../model/state.ts';
import { lit, litLines } from '../model/traces.ts';
import { useEditor, useEditorState } from './useEditor.ts';

/** A wire on the canvas, with its packets per second. Failures run below the nodes, in shared lanes. */
export const WireEdge = memo(function Wire(props: EdgeProps) {
  const { id, data, selected } = props;
  const deep = useEditorState(state => (data?.failure ? state.scene.failureRoutes.get(id) : undefined));
  const level = useEditorState(state => state.scene.edgeRoutes.get(id));
  const [failureRoute, route] = carried(props, deep, level);
  const rate = useEditorState(state =>
    state.showsHeat && !state.trace && !state.preview && isWire(state.scene, id)
      ? perSecond(state.rates.edges.get(liveKey(state, id)) ?? 0)
      : '',
  );
  const trace = useEditorState(state => traceOn(state, id));
  const mark = useEditorState(({ marks, graph }) => {
    const edge = marks.wires.size > 0 ? graph.edges.get(id) : undefined;
    return edge && marks.wires.get(wireText(edge));
  });
  const warned = useEditorState(state => shownWarnings(state).some(({ edge }) => edge === id));
  const splice = useEditorState(({ splicing }) =>
    splicing?.line === id ? (splicing.fault ? 'no' : 'yes') : undefined,
  );
  const [path, x, y] = shape(props, failureRoute, route);
  return (
    <g
      className="wire"
      data-selected={selected || undefined}
      data-failure={(data?.failure as boolean) || undefined}
      data-outer={(data?.outer as boolean) || undefined}
      data-line={(data?.line as boolean) || undefined}
      data-moving={rate !== '' || undefined}
      data-warned={warned || undefined}
      data-way={trace}
      data-mark={mark}
      data-splice={splice}
    >
      <BaseEdge id={id} path={path} interactionWidth={18} />
      {rate && (
        <text x={x} y={y} dy={-6} textAnchor="middle">
          {rate}
        </text>
      )}
      <Insert id={id} x={x} y={y} />
    </g>
  );
});

/** Distance of the button below its line, so that it covers no figures. */
const BELOW = 14;

/** A button on a wire, visible while the wire is hovered or selected: lists components that can be inserted. */
function Insert({ id, x, y }: { id: string; x: number; y: number }) {
  const editor = useEditor();
  const words = useEditorState(state => {
    const found = editableLine(state, id);
    return found && `Insert a node into ${lineName(found.line)}`;
  });
  if (!words) return null;
  const open = (event: MouseEvent) => {
    event.stopPropagation();
    editor.update(state => ({ ...state, inserting: id }));
  };
  return (
    // The form of the wire has the same for the keyboard.
    // biome-ignore lint/a11y/noStaticElementInteractions: see above
    <g className="insert nopan" transform={`translate(${x} ${y + BELOW})`} onClick={open}>
      <title>{words}</title>
      <circle r={9} />
      <path d="M-4 0h8M0 -4v8" />
    </g>
  );
}

function traceOn(state: EditorState, id: string): 'lit' | 'dark' | undefined {
  const { trace, scene } = state;
  if (!trace) return undefined;
  return lit(trace).edges.has(isWire(scene, id) ? liveKey(state, id) : id) || litLines(trace, scene).has(id)
    ? 'lit'
    : 'dark';
}

const isWire = ({ graph }: EditorState['scene'], id: string): boolean => graph.edges.has(id);

/** While a frame is dragged, the routes of its inner wires move with it. */
function carried({ data, sourceX, sourceY }: EdgeProps, failureRoute?: FailureRoute, level?: EdgeRoute) {
  const start = data?.start as CanvasPoint | undefined;
  if (!start) return [failureRoute, level] as const;
  const [x, y] = [sourceX - start.x, sourceY - start.y];
  // Below this distance the ends only differ by the handle's width.
  if (Math.hypot(x, y) < 12) return [failureRoute, level] as const;
  return [
    failureRoute && { ...failureRoute, depth: failureRoute.depth + y },
    level && { left: level.left + x, right: level.right + x, y: level.y + y },
  ] as const;
}

type Shape = readonly [path: string, x: number, y: number, ...offset: number[]];

/** The path, and the position of its label. */
function shape(props: EdgeProps, failureRoute: FailureRoute | undefined, route: EdgeRoute | undefined): Shape {
  const { sourceX, sourceY, targetX, targetY } = props;
  const [from, to] = [
    { x: sourceX, y: sourceY },
    { x: targetX, y: targetY },
  ];
  if (failureRoute) return [failureRoutePath(from, to, failureRoute), sourceX + 20, sourceY + 24];
  // While a node is dragged, its wires may have left their corridors.
  if (route && route.left > sourceX && route.right < targetX) {
    return [edgeRoutePath(from, to, route), (route.left + route.right) / 2, route.y];
  }
  // A backward wire goes around.
  if (targetX < sourceX + 16) return getSmoothStepPath({ ...props, borderRadius: 14, offset: 24 });
  return getBezierPath({ ...props, curvature: 0.35 });
}

/** Hit distance of a line, in window pixels. */
const NEAR = 8;

type WindowPoint = Readonly<Record<'clientX' | 'clientY', number>>;

/** The canvas lines at a window point, nearest first, unless a card other than the dragged one covers them. */
export function linesUnder(pointer: WindowPoint, dragged?: string): readonly string[] {
  const { clientX, clientY } = pointer;
  const lines = new Map<string, number>();
  for (const dy of [0, -NEAR, NEAR]) {
    for (const element of document.elementsFromPoint(clientX, clientY + dy)) {
      // A port's hit area and a sentence above a card don't hide lines.
      if (element.closest('.react-flow__handle, .fault')) continue;
      const node = element.closest<HTMLElement>('.react-flow__node')?.dataset.id;
      if (node !== undefined && node !== dragged) break;
      const edge = element.closest<HTMLElement>('.react-flow__edge');
      const line = edge?.dataset.id;
      if (line !== undefined && !lines.has(line)) lines.set(line, distanceTo(edge!, pointer));
    }
  }
  return [...lines.keys()].sort((a, b) => lines.get(a)! - lines.get(b)!);
}

/** Number of points of a line that are compared. */
const POINTS = 32;

/** Distance of a line from a point, in window pixels. */
function distanceTo(edge: HTMLElement, { clientX, clientY }: WindowPoint): number {
  const path = edge.querySelector<SVGPathElement>('.react-flow__edge-path');
  const onScreen = path?.getScreenCTM();
  if (!path || !onScreen) return Number.POSITIVE_INFINITY;
  const step = path.getTotalLength() / POINTS;
  const distances = Array.from({ length: POINTS + 1 }, (_, at) => {
    const { x, y } = path.getPointAtLength(at * step).matrixTransform(onScreen);
    return Math.hypot(x - clientX, y - clientY);
  });
  return Math.min(...distances);
}
