import type { Room } from '../model/room.ts';
import { roomRefusal } from '../model/words.ts';
import { useChat, usePart } from './useChat.ts';

const shapes = ['a', 'b', 'c', 'd', 'e', 'f'];

/** What stands in place of messages that are not loaded: that they are coming, or why they are not. */
export function Absent({ room: { fault } }: { room: Room }) {
  const chat = useChat();
  const offline = usePart(({ link }) => link.kind === 'offline');
  if (fault !== undefined)
    return (
      <div className="absent">
        <p>{roomRefusal(fault)}</p>
        <button type="button" onClick={() => chat.reload()}>
          Try again
        </button>
      </div>
    );
  if (offline) return <p className="absent">The messages come as soon as there is a connection</p>;
  return (
    <div className="skeleton">
      <span className="unseen">Loading messages…</span>
      {shapes.map(shape => (
        <i key={shape} className={shape} />
      ))}
    </div>
  );
}
