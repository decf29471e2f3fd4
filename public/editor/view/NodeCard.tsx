import { type Node as FlowNode, Handle, type NodeProps, Position, ViewportPortal } from '@xyflow/react';
import { memo, type ReactNode } from 'react';
import type { Card, Setting, Slot } from '../model/card.ts';
import { wiringFault } from '../model/drop-target.ts';
import { frameAround, nameIn } from '../model/level.ts';
import { activityAt, heat } from '../model/packets.ts';
import { groupBoxes } from '../model/scene.ts';
import {
  type EditorState,
  graphAt,
  isFaulty,
  livePath,
  mayEditAt,
  shownFaults,
  shownWarnings,
} from '../model/state.ts';
import { faultsAt } from '../model/status.ts';
import { duration, traceStateAt } from '../model/traces.ts';
import { EditorIcon, Glyph } from './EditorIcon.tsx';
import { Unfold } from './Unfold.tsx';
import { useEditorState } from './useEditor.ts';
import { innerSlot } from './useNodes.ts';

/** A node on the canvas. Renders only when its own card or state changes. */
export const NodeCard = memo(function NodeCard({ id, selected }: NodeProps) {
  const card = useEditorState(state => state.scene.cards.get(id));
  if (!card) return null;
  return (
    <CardShell id={id} card={card} selected={selected}>
      <div className="ports">
        <PortList node={id} slots={card.inports} side="in" />
        <PortList node={id} slots={card.outports} side="out" className="outs" />
      </div>
      {card.settings.length > 0 && <PortList node={id} slots={card.settings} side="in" className="settings" />}
      <Warning id={id} />
    </CardShell>
  );
});

/** An open subgraph: its ports on both sides, with room for its nodes between them. */
export const FrameCard = memo(function FrameCard({ id, selected }: NodeProps) {
  const card = useEditorState(state => state.scene.cards.get(id));
  if (!card) return null;
  return (
    <CardShell id={id} card={card} selected={selected} open>
      <PortList node={id} slots={card.inports} side="in" className="ins" framed />
      <PortList node={id} slots={card.outports} side="out" className="outs" framed />
    </CardShell>
  );
});

interface CardShellProps {
  readonly id: string;
  readonly card: Card;
  readonly selected: boolean;
  readonly open?: boolean;
  readonly children: ReactNode;
}

/** Common parts of cards and frames: their marks, head and faults. */
function CardShell({ id, card, selected, open = false, children }: CardShellProps) {
  const faulty = useEditorState(state => faultsAt(shownFaults(state), id).length > 0);
  const mark = useEditorState(state => state.marks.nodes.get(id));
  const trace = useEditorState(state => state.trace && traceStateAt(state.trace, livePath(state, id), open));
  return (
    <div
      className={open ? 'card frame' : 'card'}
      data-selected={selected || undefined}
      data-faulty={faulty || !card.known || undefined}
      data-mark={mark}
      data-way={trace}
    >
      <CardHead id={id} card={card} open={open} />
      {children}
      <Faults id={id} open={open} />
    </div>
  );
}

/** The head of a card or a frame. */
function CardHead({ id, card, open }: { id: string; card: Card; open: boolean }) {
  const { name, short, icon, subgraph, known } = card;
  return (
    <div className="head">
      <span className="glyph">
        <Glyph name={icon} subgraph={subgraph} />
      </span>
      <div>
        <strong>{name}</strong>
        <small>{known ? short : `${short || 'nothing'} is unknown`}</small>
      </div>
      <Pulse id={id} closed={subgraph && !open} />
      {/* The node itself has the tab stop, and opens by Enter. */}
      {subgraph && <Unfold path={id} open={open} tabIndex={-1} />}
    </div>
  );
}

/** The node's time and errors, from the rates or from the trace. */
function Pulse({ id, closed }: { id: string; closed: boolean }) {
  const [words, level, errors] = useEditorState(state => pulse(state, id, closed)).split('|');
  if (!words && !errors) return null;
  return (
    <span className="pulse" data-heat={level}>
      {words}
      {errors && <b title="errors since it went live">{errors}</b>}
    </span>
  );
}

/** One string, so that equal values don't render again. */
function pulse(state: EditorState, id: string, closed: boolean): string {
  const { trace, showsHeat: warm, rates, preview } = state;
  const path = livePath(state, id);
  if (trace) {
    const steps = trace.steps.filter(({ node }) => node === path);
    const ms = steps.reduce((sum, step) => sum + step.ms, 0);
    return steps.length > 0 ? `${duration(ms)}|${heat(ms)}|` : '||';
  }
  const activity = warm && !preview ? activityAt(rates, path, closed) : undefined;
  if (!activity) return '||';
  const { ms, perSecond, errors } = activity;
  return `${perSecond > 0 && ms > 0 ? duration(ms) : ''}|${heat(ms)}|${errors > 0 ? errors : ''}`;
}

interface PortListProps {
  readonly node: string;
  readonly slots: readonly (Slot | Setting)[];
  readonly side: 'in' | 'out';
  readonly className?: string;
  /** Whether each port has an inner handle, where a frame's line starts. */
  readonly framed?: boolean;
}

/** Ports of a card or a frame. */
function PortList({ slots, className, ...rest }: PortListProps) {
  return (
    <ul className={className}>
      {slots.map(slot => (
        <CardPort key={slot.id} slot={slot} {...rest} />
      ))}
    </ul>
  );
}

interface CardPortProps extends Pick<PortListProps, 'node' | 'side' | 'framed'> {
  readonly slot: Slot | Setting;
}

function CardPort({ node, slot, side, framed = false }: CardPortProps) {
  const fixed = useEditorState(state => !mayEditAt(state, frameAround(state, node)));
  const fixedInside = useEditorState(state => !framed || !mayEditAt(state, node));
  const fit = useEditorState(state => fitting(state, node, slot, side));
  const faulty = useEditorState(state => isFaulty(state, node, slot.port));
  return (
    <li
      title={slot.description || undefined}
      data-wired={slot.wired || undefined}
      data-failure={(side === 'out' && slot.failure) || undefined}
      data-faulty={faulty || undefined}
      data-fit={fit || undefined}
    >
      <Handle
        id={slot.id}
        type={side === 'in' ? 'target' : 'source'}
        position={side === 'in' ? Position.Left : Position.Right}
        {...(fixed && { isConnectable: false })}
      />
      <span className="port">{slot.label}</span>
      {'value' in slot && <code>{slot.value}</code>}
      {framed && (
        <Handle
          className="inner"
          id={innerSlot(slot.id)}
          type={side === 'in' ? 'source' : 'target'}
          position={side === 'in' ? Position.Right : Position.Left}
          {...(fixedInside && { isConnectable: false })}
        />
      )}
    </li>
  );
}

/** While a wire is drawn: whether it could end here. */
function fitting(state: EditorState, node: string, slot: Slot, side: 'in' | 'out'): string {
  const { wiring, components } = state;
  if (!wiring) return '';
  // In an open subgraph, the ports of its frame are those of its graph, which a new wire can connect to.
  if (wiring.frame === node) return !wiring.moved && wiring.outgoing === (side === 'out') ? 'yes' : 'no';
  if (wiring.outgoing === (side === 'out') || wiring.frame !== frameAround(state, node)) return 'no';
  const { port, index } = slot;
  const here = { node: nameIn(wiring.frame, node), port, ...(index !== undefined && { index }) };
  return wiringFault(graphAt(state, wiring.frame), components, wiring, here) ? 'no' : 'yes';
}

/** A warning sign on a card; the inspector shows the text. */
function Warning({ id }: { id: string }) {
  const sentence = useEditorState(state => {
    const bad = faultsAt(shownFaults(state), id).length > 0;
    return bad ? '' : (faultsAt(shownWarnings(state), id)[0]?.sentence ?? '');
  });
  if (!sentence) return null;
  return (
    <span className="warned" title={sentence}>
      <EditorIcon name="alert" />
    </span>
  );
}

/** With faults at more nodes, their sentences would overlap. */
const MANY_FAULTY = 2;

/** The first fault, above the card. Faults in an open subgraph are shown at its nodes. */
function Faults({ id, open = false }: { id: string; open?: boolean }) {
  const sentence = useEditorState(state => {
    if (state.preview) return '';
    const faults = faultsAt(shownFaults(state), id).filter(({ node }) => !open || node === id);
    const [first] = faults;
    if (!first) return state.errors.get(livePath(state, id)) ?? '';
    return faults.length > 1 ? `${first.sentence} (and ${faults.length - 1} more)` : first.sentence;
  });
  const folded = useEditorState(state => new Set(shownFaults(state).map(({ node }) => node)).size > MANY_FAULTY);
  if (!sentence) return null;
  return (
    <p className="fault" data-folded={folded || undefined} title={folded ? sentence : undefined}>
      {sentence}
    </p>
  );
}

const ROOM = 20;

const box = ({ position: { x, y }, width = 0, height = 0 }: FlowNode) => ({
  left: x,
  top: y,
  right: x + width,
  bottom: y + height,
});

/** The frames of groups. */
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
