import { type Node as FlowNode, ViewportPortal } from '@xyflow/react';
import { usePart } from './useEditor.ts';

const ROOM = 20;

/** Frames around nodes that belong together. */
export function Groups({ nodes }: { nodes: readonly FlowNode[] }) {
  const groups = usePart(state => state.graph.groups);
  if (groups.size === 0) return null;
  const frames = [...groups.values()].flatMap(({ name, nodes: members }) => {
    const boxes = nodes.filter(({ id }) => members.includes(id));
    if (boxes.length === 0) return [];
    const left = Math.min(...boxes.map(({ position }) => position.x)) - ROOM;
    const top = Math.min(...boxes.map(({ position }) => position.y)) - ROOM - 24;
    const right = Math.max(...boxes.map(({ position, width }) => position.x + (width ?? 0))) + ROOM;
    const bottom = Math.max(...boxes.map(({ position, height }) => position.y + (height ?? 0))) + ROOM;
    return [{ name, style: { left, top, width: right - left, height: bottom - top } }];
  });
  return (
    <ViewportPortal>
      {frames.map(({ name, style }) => (
        <div key={name} className="group" style={style}>
          {name}
        </div>
      ))}
    </ViewportPortal>
  );
}
