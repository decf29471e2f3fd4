import { hrefOf } from '../model/address.ts';
import { Icon } from './Icon.tsx';
import { useChat, usePart } from './useChat.ts';

/** What the whole page has to say, above the messages. */
export function Notices() {
  const chat = useChat();
  const outdated = usePart(state => state.outdated);
  const unknown = usePart(state => state.unknown);
  const here = usePart(state => state.here);
  const reload = () => {
    chat.drafts.leave();
    location.reload();
  };
  const dismiss = () => {
    history.replaceState(null, '', hrefOf(here));
    chat.open(here);
  };
  return (
    <div className="notices" role="status">
      {outdated && (
        <p className="notice">
          <span>flowchat was updated. Your drafts and unsent messages are kept.</span>
          <button type="button" onClick={reload}>
            Reload
          </button>
        </p>
      )}
      {unknown !== undefined && (
        <p className="notice">
          <span>
            <q>{unknown}</q> is no room’s name: it needs letters from a to z or digits. This is #{here}.
          </span>
          <button type="button" className="quiet" aria-label="Dismiss" onClick={dismiss}>
            <Icon name="close" />
          </button>
        </p>
      )}
    </div>
  );
}
