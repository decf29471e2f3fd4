import { type Node as FlowNode, ViewportPortal } from '@xyflow/react';
import { apart } from '../model/groups.ts';
import { usePart } from './useEditor.ts';

const ROOM = 20;

const box = ({ position: { x, y }, width = 0, height = 0 }: FlowNode) => ({
  left: x,
  top: y,
  right: x + width,
  bottom: y + height,
});

/** Frames around nodes that belong together. */
export function Groups({ nodes }: { nodes: readonly FlowNode[] }) {
  const groups = usePart(state => state.graph.groups);
  const selected = usePart(state => state.selection.nodes);
  if (groups.size === 0) return null;
  const frames = [...groups.values()].flatMap(({ name, nodes: members }) => {
    const own = nodes.filter(({ id }) => members.includes(id)).map(box);
    const others = nodes.filter(({ id, parentId }) => !members.includes(id) && parentId === undefined).map(box);
    const className = members.every(member => selected.has(member)) ? 'group carried' : 'group';
    return apart(own, others).map(({ left, top, right, bottom }, index) => {
      const style = { left: left - ROOM, top: top - ROOM - 24 };
      const size = { width: right - left + 2 * ROOM, height: bottom - top + 2 * ROOM + 24 };
      return { key: `${name}\n${index}`, name, className, style: { ...style, ...size } };
    });
  });
  return (
    <ViewportPortal>
      {frames.map(({ key, name, className, style }) => (
        <div key={key} className={className} style={style}>
          {name}
        </div>
      ))}
    </ViewportPortal>
  );
}
