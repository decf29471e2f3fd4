import { usePart } from './useChat.ts';

/** What stands below the composer: how many letters are left, that there is no connection, or how to send. */
export function Hint({ left }: { left: number | undefined }) {
  const offline = usePart(({ link }) => link.kind === 'offline');
  return (
    <p className="hint" id="hint" data-bad={(left ?? 0) < 0 || undefined}>
      {left !== undefined && (left < 0 ? `${-left} too many letters` : `${left} letters left`)}
      {left === undefined && offline && 'You are offline. What you send goes out later.'}
      {left === undefined && !offline && (
        <span className="keys">
          <kbd>Enter</kbd> to send, <kbd>Shift+Enter</kbd> for a new line
        </span>
      )}
    </p>
  );
}
