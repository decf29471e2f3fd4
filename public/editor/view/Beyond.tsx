import { useStore } from '@xyflow/react';
import { beyond } from '../model/sight.ts';
import { usePart } from './useEditor.ts';

/** Says how much of the graph lies out of sight, and shows all of it. */
export function Beyond({ showWhole }: { showWhole: () => void }) {
  const { places, cards } = usePart(state => state.scene);
  const count = useStore(({ transform: [x, y, zoom], width, height }) =>
    beyond(places, cards, { x: 0, y: 0, width, height }, { x, y, zoom }),
  );
  if (count === 0) return null;
  return (
    <p className="beyond">
      <span>{count === 1 ? '1 more node is' : `${count} more nodes are`} out of sight</span>
      <button type="button" className="plain" onClick={showWhole}>
        Show all
      </button>
    </p>
  );
}
