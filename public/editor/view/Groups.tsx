import { type Node as FlowNode, ViewportPortal } from '@xyflow/react';
import { usePart } from './useEditor.ts';

const ROOM = 20;

/** Frames around nodes that belong together. */
export function Groups({ nodes }: { nodes: readonly FlowNode[] }) {
  const groups = usePart(state => state.graph.groups);
  const selected = usePart(state => state.selection.nodes);
  if (groups.size === 0) return null;
  const frames = [...groups.values()].flatMap(({ name, nodes: members }) => {
    const boxes = nodes.filter(({ id }) => members.includes(id));
    if (boxes.length === 0) return [];
    const left = Math.min(...boxes.map(({ position }) => position.x)) - ROOM;
    const top = Math.min(...boxes.map(({ position }) => position.y)) - ROOM - 24;
    const right = Math.max(...boxes.map(({ position, width }) => position.x + (width ?? 0))) + ROOM;
    const bottom = Math.max(...boxes.map(({ position, height }) => position.y + (height ?? 0))) + ROOM;
    const className = members.every(member => selected.has(member)) ? 'group carried' : 'group';
    return [{ name, className, style: { left, top, width: right - left, height: bottom - top } }];
  });
  return (
    <ViewportPortal>
      {frames.map(({ name, className, style }) => (
        <div key={name} className={className} style={style}>
          {name}
        </div>
      ))}
    </ViewportPortal>
  );
}
