import { type Node as FlowNode, Handle, type NodeProps, Position, ViewportPortal } from '@xyflow/react';
import { memo } from 'react';
import type { Setting, Slot } from '../model/card.ts';
import { nodeChanges } from '../model/difference.ts';
import { groupBoxes } from '../model/scene.ts';
import { faultsAt } from '../model/status.ts';
import { traceStateAt } from '../model/traces.ts';
import { innerSlot } from './flow.ts';
import { CardHead, CardPort, Faults } from './NodeCard.tsx';
import { useEditorState } from './useEditor.ts';

/** A subgraph that is open: its ports at both sides, with room for its nodes between them. */
export const FrameCard = memo(function FrameCard({ id, selected }: NodeProps) {
  const card = useEditorState(state => state.scene.cards.get(id));
  const faulty = useEditorState(state => !state.preview && faultsAt(state.status?.faults ?? [], id).length > 0);
  const mark = useEditorState(state => (state.drawn.length > 0 ? nodeChanges(state.drawn).get(id) : undefined));
  const trace = useEditorState(state => state.trace && traceStateAt(state.trace, id, true));
  if (!card) return null;
  return (
    <div
      className="card frame"
      data-selected={selected || undefined}
      data-faulty={faulty || undefined}
      data-mark={mark}
      data-way={trace}
    >
      <CardHead id={id} card={card} open />
      <Ports node={id} slots={card.inports} side="in" />
      <Ports node={id} slots={card.outports} side="out" />
      <Faults id={id} />
    </div>
  );
});

/** Ports with a second end at their inner side, from where lines lead on. */
function Ports({ node, slots, side }: { node: string; slots: readonly (Slot | Setting)[]; side: 'in' | 'out' }) {
  return (
    <ul className={side === 'out' ? 'outs' : 'ins'}>
      {slots.map(slot => (
        <CardPort key={slot.id} node={node} slot={slot} side={side} value={'value' in slot ? slot.value : undefined}>
          <Handle
            className="inner"
            id={innerSlot(slot.id)}
            type={side === 'in' ? 'source' : 'target'}
            position={side === 'in' ? Position.Right : Position.Left}
            isConnectable={false}
          />
        </CardPort>
      ))}
    </ul>
  );
}

const ROOM = 20;

const box = ({ position: { x, y }, width = 0, height = 0 }: FlowNode) => ({
  left: x,
  top: y,
  right: x + width,
  bottom: y + height,
});

/** Frames around nodes that belong together. */
export function Groups({ nodes }: { nodes: readonly FlowNode[] }) {
  const groups = useEditorState(state => state.graph.groups);
  const selected = useEditorState(state => state.selection.nodes);
  if (groups.size === 0) return null;
  const frames = [...groups.values()].flatMap(({ name, nodes: members }) => {
    const own = nodes.filter(({ id }) => members.includes(id)).map(box);
    const others = nodes.filter(({ id, parentId }) => !members.includes(id) && parentId === undefined).map(box);
    const className = members.every(member => selected.has(member)) ? 'group carried' : 'group';
    return groupBoxes(own, others).map(({ left, top, right, bottom }, index) => {
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
