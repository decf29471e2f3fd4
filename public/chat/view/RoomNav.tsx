import { memo, useLayoutEffect, useRef, useState } from 'react';
import { ChatIcon } from '../../ui/Icon.tsx';
import { hrefOf } from '../model/address.ts';
import type { ListedRoom } from '../model/state.ts';
import { useChatState } from './useChat.ts';

/** How many rooms are drawn at once, so that a page with very many of them is as quick as with ten. */
const MAX_DRAWN = 200;

/** Rooms to go to, with what is unread in them. */
export function RoomNav({ rooms, here, chosen }: { rooms: readonly ListedRoom[]; here: string; chosen: () => void }) {
  const [most, setMost] = useState(MAX_DRAWN);
  const list = useRef<HTMLUListElement>(null);
  const drawn = rooms.slice(0, most);
  const onShow = rooms.findIndex(({ name }) => name === here);
  if (onShow >= most) drawn.push(rooms[onShow]!);
  const left = rooms.length - drawn.length;
  const isListed = useChatState(state => state.isListed);
  useLayoutEffect(() => {
    const room = list.current?.querySelector<HTMLElement>('[aria-current]');
    if (room) reveal(room);
  }, [here, isListed]);
  return (
    <>
      <ul className="rooms" ref={list}>
        {drawn.map(({ name, unread, stuck }) => (
          <RoomEntry key={name} name={name} unread={unread} stuck={stuck} current={name === here} chosen={chosen} />
        ))}
      </ul>
      {left > 0 && (
        <button type="button" className="more" onClick={() => setMost(most + MAX_DRAWN)}>
          {left.toLocaleString('en')} more rooms
        </button>
      )}
    </>
  );
}

/** Scrolls a room of the list into sight; scrollIntoView would also let Tab go on from there. */
function reveal(room: HTMLElement): void {
  const box = room.closest('.list');
  if (!box) return;
  const [inner, outer] = [room.getBoundingClientRect(), box.getBoundingClientRect()];
  if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top;
  else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom;
}

interface RoomEntryProps extends ListedRoom {
  readonly current: boolean;
  readonly chosen: () => void;
}

const RoomEntry = memo(
  ({ name, unread, stuck, current, chosen }: RoomEntryProps) => (
    <li>
      <a href={hrefOf(name)} aria-current={current ? 'page' : undefined} onClick={chosen}>
        <span className="hash" aria-hidden="true">
          #
        </span>
        <span className="called">{name}</span>
        {stuck && (
          <span className="stuck">
            <ChatIcon name="alert" />
            <span className="unseen">something was not sent</span>
          </span>
        )}
        {unread > 0 && (
          <span className="badge">
            {unread > 99 ? '99+' : unread}
            <span className="unseen"> unread</span>
          </span>
        )}
      </a>
    </li>
  ),
  // What is called when a room is chosen does the same for each drawing.
  (before, { name, unread, stuck, current }) =>
    before.name === name && before.unread === unread && before.stuck === stuck && before.current === current,
);
