import type { FinalConnectionState, OnConnectStartParams } from '@xyflow/react';
import { useCallback } from 'react';
import { portOfSlot, slotId } from '../model/card.ts';
import { dropTarget, type PortRow, type Wiring } from '../model/drop-target.ts';
import { connectEdit } from '../model/edits.ts';
import { misfit } from '../model/fits.ts';
import { useEditor } from './useEditor.ts';

interface Ends {
  readonly source: string;
  readonly target: string;
  readonly sourceHandle?: string | null;
  readonly targetHandle?: string | null;
}

/** Both ends of a wire that is being drawn. */
const endsOf = ({ source, target, sourceHandle, targetHandle }: Ends) => ({
  from: portOfSlot(source, sourceHandle ?? ''),
  to: portOfSlot(target, targetHandle ?? ''),
});

/** The node under a pointer, and the port's row that is under it. */
function under(event: MouseEvent | TouchEvent): { node: string; row: PortRow | undefined } | undefined {
  const { clientX, clientY } = 'changedTouches' in event ? event.changedTouches[0]! : event;
  const element = document.elementFromPoint(clientX, clientY);
  const node = element?.closest<HTMLElement>('.react-flow__node')?.dataset.id;
  if (node === undefined) return;
  return { node, row: rowOf(element?.closest('li')?.querySelector<HTMLElement>('.react-flow__handle')) };
}

const sideOf = (type: string): PortRow['side'] => (type === 'source' ? 'outports' : 'inports');

/** Whether a wire began at this row. */
const isSlot = ({ port, outgoing }: Wiring, { id, side }: PortRow): boolean =>
  id === slotId(port) && (side === 'outports') === outgoing;

function rowOf(handle: HTMLElement | null | undefined): PortRow | undefined {
  const id = handle?.dataset.handleid;
  return handle && id ? { id, side: handle.classList.contains('source') ? 'outports' : 'inports' } : undefined;
}

/** Draws wires by hand: from port to port, or to a card on which one port fits. */
export function useWiring() {
  const editor = useEditor();
  const reason = useCallback(
    (ends: Ends) => {
      const { graph, components } = editor.state;
      const { from, to } = endsOf(ends);
      return misfit(graph, components, from, to);
    },
    [editor],
  );
  return {
    isValidConnection: useCallback((ends: Ends) => reason(ends) === undefined, [reason]),
    onConnect: useCallback(
      (ends: Ends) => {
        const { from, to } = endsOf(ends);
        editor.editing.edit(connectEdit(from, to));
      },
      [editor],
    ),
    onConnectStart: useCallback(
      (_: unknown, { nodeId, handleId, handleType }: OnConnectStartParams) => {
        const wiring = { port: portOfSlot(nodeId ?? '', handleId ?? ''), outgoing: handleType === 'source' };
        editor.update(state => ({ ...state, wiring }));
      },
      [editor],
    ),
    onConnectEnd: useCallback(
      (event: MouseEvent | TouchEvent, { isValid, fromHandle, toHandle }: FinalConnectionState) => {
        const { wiring, graph, components } = editor.state;
        editor.update(state => ({ ...state, wiring: undefined }));
        const at = under(event);
        const node = at?.node ?? toHandle?.nodeId;
        if (isValid || !fromHandle || !wiring || node === undefined) return;
        // Over a card the nearest port is meant only where its row is under the pointer.
        const near = toHandle?.id ? { id: toHandle.id, side: sideOf(toHandle.type) } : undefined;
        const row = at ? at.row : near;
        // Who lets go where the wire began, or beside a row of that card, has thought better of it.
        if (node === wiring.port.node && (!row || isSlot(wiring, row))) return;
        const { ends, sentence } = dropTarget(graph, components, wiring, node, row);
        if (ends) editor.editing.edit(connectEdit(ends.from, ends.to));
        else if (sentence) editor.notify(sentence, 'bad', 'edit');
      },
      [editor],
    ),
  };
}
