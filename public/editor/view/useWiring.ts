import type { FinalConnectionState, OnConnectStartParams } from '@xyflow/react';
import { useCallback } from 'react';
import { portOfSlot } from '../model/card.ts';
import { connect } from '../model/edits.ts';
import { misfit } from '../model/fits.ts';
import { landing } from '../model/landing.ts';
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

/** The node under a pointer, and the port whose row is under it. */
function under(event: MouseEvent | TouchEvent): { node: string; slot: string | undefined } | undefined {
  const { clientX, clientY } = 'changedTouches' in event ? event.changedTouches[0]! : event;
  const element = document.elementFromPoint(clientX, clientY);
  const node = element?.closest<HTMLElement>('.react-flow__node')?.dataset.id;
  if (node === undefined) return;
  const slot = element?.closest('li')?.querySelector<HTMLElement>('.react-flow__handle')?.dataset.handleid;
  return { node, slot: slot ?? undefined };
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
        editor.editing.edit(connect(from, to));
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
        if (isValid || !fromHandle || !wiring || node === undefined || node === wiring.port.node) return;
        if (!at && toHandle?.type === fromHandle.type) return;
        // Over a card the nearest port is meant only where its row is under the pointer.
        const slot = at ? at.slot : toHandle?.id;
        const { ends, sentence } = landing(graph, components, wiring, node, slot ?? undefined);
        if (ends) editor.editing.edit(connect(ends.from, ends.to));
        else if (sentence) editor.notify(sentence, 'bad', 'edit');
      },
      [editor],
    ),
  };
}
