import { usePart } from './useChat.ts';
import type { Enter } from './useEnter.ts';

const counted = (count: number): string => (count === 1 ? '1 character' : `${count} characters`);

/** What stands below the composer: how many characters are left, that nothing is kept or connected, or how to send. */
export function Hint({ left, enter }: { left: number | undefined; enter: Enter }) {
  const offline = usePart(({ link }) => link.kind === 'offline');
  const why = usePart(({ link }) => (link.kind === 'offline' && link.why) || 'You are offline');
  const unkept = usePart(({ draftUnkept }) => draftUnkept);
  const isBad = unkept || (left ?? 0) < 0;
  return (
    <p className="hint" id="hint" data-bad={isBad || undefined}>
      {left !== undefined && (left < 0 ? `${counted(-left)} too many` : `${counted(left)} left`)}
      {left === undefined && unkept && 'This browser keeps nothing: what you write is lost when the tab is closed.'}
      {left === undefined && !unkept && offline && `${why}. What you send goes out later.`}
      {left === undefined && !unkept && !offline && (
        <span className="keys">
          <kbd>{enter === 'send' ? 'Enter' : 'Ctrl+Enter'}</kbd> to send,{' '}
          <kbd>{enter === 'send' ? 'Shift+Enter' : 'Enter'}</kbd> for a new line
        </span>
      )}
    </p>
  );
}
