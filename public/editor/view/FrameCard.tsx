import { Handle, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import type { Setting, Slot } from '../model/card.ts';
import { marks } from '../model/difference.ts';
import { faultsAt } from '../model/status.ts';
import { wayAt } from '../model/ways.ts';
import { innerSlot } from './flow.ts';
import { Faults, Head, Port } from './NodeCard.tsx';
import { usePart } from './useEditor.ts';

/** A subgraph that is open: its ports at both sides, with room for its nodes between them. */
export const FrameCard = memo(function FrameCard({ id, selected }: NodeProps) {
  const card = usePart(state => state.scene.cards.get(id));
  const faulty = usePart(state => !state.glance && faultsAt(state.status?.faults ?? [], id).length > 0);
  const mark = usePart(state => (state.drawn.length > 0 ? marks(state.drawn).get(id) : undefined));
  const way = usePart(state => state.way && wayAt(state.way, id, true));
  if (!card) return null;
  return (
    <div
      className="card frame"
      data-selected={selected || undefined}
      data-faulty={faulty || undefined}
      data-mark={mark}
      data-way={way}
    >
      <Head id={id} card={card} open />
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
        <Port key={slot.id} node={node} slot={slot} side={side} value={'value' in slot ? slot.value : undefined}>
          <Handle
            className="inner"
            id={innerSlot(slot.id)}
            type={side === 'in' ? 'source' : 'target'}
            position={side === 'in' ? Position.Right : Position.Left}
            isConnectable={false}
          />
        </Port>
      ))}
    </ul>
  );
}
