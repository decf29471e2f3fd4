import { hrefOf } from '../model/address.ts';
import type { Listed } from '../model/state.ts';
import { Icon } from './Icon.tsx';

/** Rooms to go to, with what is unread in them. */
export function RoomList({ rooms, here, chosen }: { rooms: readonly Listed[]; here: string; chosen: () => void }) {
  return (
    <ul className="rooms">
      {rooms.map(({ name, unread, stuck }) => (
        <li key={name}>
          <a href={hrefOf(name)} aria-current={name === here ? 'page' : undefined} onClick={chosen}>
            <span className="hash" aria-hidden="true">
              #
            </span>
            <span className="called">{name}</span>
            {stuck && (
              <span className="stuck">
                <Icon name="alert" />
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
      ))}
    </ul>
  );
}
