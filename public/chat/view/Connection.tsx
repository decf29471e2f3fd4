import { useChat, usePart } from './useChat.ts';
import { useNow } from './useNow.ts';

/** Says how the connection is; offline it counts down to the next try and offers to try now. */
export function Connection() {
  const chat = useChat();
  const link = usePart(state => state.link);
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
