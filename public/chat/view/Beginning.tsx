import type { Room } from '../model/room.ts';
import { roomRefusal } from '../model/words.ts';
import { useChat } from './useChat.ts';

/** What stands above the first message: that more is coming, that it did not, or that this is all. */
export function Beginning({ room: { name, older, renewed, messages, fault } }: { room: Room }) {
  const chat = useChat();
  if (fault !== undefined) return <p className="beginning">{roomRefusal(fault)}</p>;
  if (older === 'failed')
    return (
      <p className="beginning">
        Earlier messages could not be loaded.
        <button type="button" className="plain" onClick={() => chat.older(true)}>
          Try again
        </button>
      </p>
    );
  if (older === 'more' || older === 'loading') return <p className="beginning">Loading earlier messages…</p>;
  if (older === 'lost' || renewed) return <p className="beginning">Some earlier messages are not kept any more</p>;
  return messages.length > 0 && <p className="beginning">This is where #{name} begins</p>;
}
