import { unreadIn } from '../model/marks.ts';
import type { Room } from '../model/room.ts';
import { Icon } from './Icon.tsx';
import { usePart } from './useChat.ts';

/** Leads back to the newest message, and says how many came in the meantime. */
export function Jump({ room, go }: { room: Room; go: () => void }) {
  const unread = usePart(({ marks }) => unreadIn(room, marks));
  const label = unread ? `${unread} new message${unread === 1 ? '' : 's'}` : 'Jump to latest';
  return (
    <button type="button" className={unread ? 'jump fresh' : 'jump'} onClick={go}>
      <Icon name="down" />
      {label}
    </button>
  );
}
