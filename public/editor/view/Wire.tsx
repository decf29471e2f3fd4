import { BaseEdge, type EdgeProps, getBezierPath, getSmoothStepPath } from '@xyflow/react';
import { memo } from 'react';
import { edgeMarks } from '../model/difference.ts';
import { type Lane, lanePath } from '../model/lane.ts';
import type { Point } from '../model/point.ts';
import { perSecond } from '../model/rates.ts';
import { type Corridor, corridorPath } from '../model/route.ts';
import type { State } from '../model/state.ts';
import { lit, litLines } from '../model/ways.ts';
import { usePart } from './useEditor.ts';

/** A wire on the canvas, with its packets a second. Failures run below the nodes, in a lane that they share. */
export const Wire = memo(function Wire(props: EdgeProps) {
  const { id, data, selected } = props;
  const deep = usePart(state => (data?.failure ? state.scene.lanes.get(id) : undefined));
  const level = usePart(state => state.scene.corridors.get(id));
  const [lane, corridor] = carried(props, deep, level);
  const rate = usePart(state =>
    state.warm && !state.way && !state.glance ? perSecond(state.rates.edges.get(id) ?? 0) : '',
  );
  const way = usePart(state => wayOn(state, id));
  const mark = usePart(state => (state.drawn.length > 0 ? edgeMarks(state.drawn, state.graph).get(id) : undefined));
  const warned = usePart(state => !state.glance && (state.status?.warnings.some(({ edge }) => edge === id) ?? false));
  const [path, x, y] = shape(props, lane, corridor);
  return (
    <g
      className="wire"
      data-selected={selected || undefined}
      data-failure={(data?.failure as boolean) || undefined}
      data-outer={(data?.outer as boolean) || undefined}
      data-line={(data?.line as boolean) || undefined}
      data-moving={rate !== '' || undefined}
      data-warned={warned || undefined}
      data-way={way}
      data-mark={mark}
    >
      <BaseEdge id={id} path={path} interactionWidth={data?.outer || data?.line ? 0 : 18} />
      {rate && (
        <text x={x} y={y} dy={-6} textAnchor="middle">
          {rate}
        </text>
      )}
    </g>
  );
});

function wayOn({ way, scene }: State, id: string): 'lit' | 'dark' | undefined {
  if (!way) return undefined;
  return lit(way).edges.has(id) || litLines(way, scene).has(id) ? 'lit' : 'dark';
}

/** While a frame is dragged, the ways of the wires in it go with it. */
function carried({ data, sourceX, sourceY }: EdgeProps, lane?: Lane, level?: Corridor) {
  const start = data?.start as Point | undefined;
  if (!start) return [lane, level] as const;
  const [x, y] = [sourceX - start.x, sourceY - start.y];
  // What is less is the handle's own breadth.
  if (Math.hypot(x, y) < 12) return [lane, level] as const;
  return [
    lane && { ...lane, depth: lane.depth + y },
    level && { left: level.left + x, right: level.right + x, y: level.y + y },
  ] as const;
}

type Shape = readonly [path: string, x: number, y: number, ...offset: number[]];

/** The path, and where its label stands. */
function shape(props: EdgeProps, lane: Lane | undefined, corridor: Corridor | undefined): Shape {
  const { sourceX, sourceY, targetX, targetY } = props;
  const [from, to] = [
    { x: sourceX, y: sourceY },
    { x: targetX, y: targetY },
  ];
  if (lane) return [lanePath(from, to, lane), sourceX + 20, sourceY + 24];
  // While a node is dragged, its wires may have left their corridors behind.
  if (corridor && corridor.left > sourceX && corridor.right < targetX) {
    return [corridorPath(from, to, corridor), (corridor.left + corridor.right) / 2, corridor.y];
  }
  // A wire that leads back goes around.
  if (targetX < sourceX + 16) return getSmoothStepPath({ ...props, borderRadius: 14, offset: 24 });
  return getBezierPath({ ...props, curvature: 0.35 });
}
