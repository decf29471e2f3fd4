import { ChatIcon } from '../../ui/Icon.tsx';
import type { ListedRoom } from '../model/state.ts';
import { useNow } from './now.ts';
import { useChat, useChatState } from './useChat.ts';
import type { Drawer } from './useDrawer.ts';

/** Says how the connection is; offline it counts down to the next try and offers to try now. */
function Connection() {
  const chat = useChat();
  const link = useChatState(state => state.link);
  const words = { live: 'Live', connecting: 'Connecting…', offline: 'Offline' };
  const again = link.kind === 'connecting' && link.again;
  const polled = link.kind === 'live' && link.polled;
  return (
    <div className="connection" data-kind={polled ? 'polled' : link.kind}>
      <output aria-label="Connection">{again ? 'Reconnecting…' : words[link.kind]}</output>
      {polled && <Polled />}
      {link.kind === 'offline' && (
        <>
          <Countdown until={link.until} />
          <button type="button" className="plain" onClick={() => chat.wake()}>
            Try now
          </button>
        </>
      )}
    </div>
  );
}

/** Says that messages come over HTTP, and whom to ask. */
function Polled() {
  return (
    <details className="polled">
      <summary>without WebSocket</summary>
      <p>
        Messages come and go, but the live connection is refused, so other rooms’ news come later. Ask who runs this
        server, or your network, to let WebSocket through. It is tried again by itself.
      </p>
    </details>
  );
}

/** Is hidden from screen readers, which would say it each second. */
function Countdown({ until }: { until: number }) {
  const now = useNow(250);
  return (
    <span className="countdown" aria-hidden="true">
      <span className="words">trying </span>again in {Math.max(1, Math.ceil((until - now) / 1_000))} s
    </span>
  );
}

interface Props {
  readonly here: string;
  readonly rooms: readonly ListedRoom[];
  readonly drawer: Drawer;
}

/** The room's name and how the connection is; on a narrow window also what brings up the rooms. */
export function ChatHeader({ here, rooms, drawer }: Props) {
  const elsewhere = rooms.reduce((sum, { name, unread }) => sum + (name === here ? 0 : unread), 0);
  return (
    <header className="header">
      <button
        ref={drawer.menu}
        type="button"
        className="quiet narrow"
        aria-label={elsewhere ? `Rooms, ${elsewhere} unread elsewhere` : 'Rooms'}
        aria-controls="rooms"
        aria-expanded={drawer.open}
        onClick={() => drawer.show('fold')}
      >
        <ChatIcon name="menu" />
        {elsewhere > 0 && <span className="dot" />}
      </button>
      <h1>
        <span className="hash" aria-hidden="true">
          #
        </span>
        {here}
      </h1>
      <Connection />
    </header>
  );
}
