import { useState } from 'react';
import { hrefOf } from '../model/address.ts';
import { Icon } from './Icon.tsx';
import { useChat, usePart } from './useChat.ts';

/** What the whole page has to say, above the messages. */
export function Notices() {
  const chat = useChat();
  const outdated = usePart(state => state.outdated);
  const unknown = usePart(state => state.unknown);
  const unkept = usePart(state => state.unkept.size > 0);
  const here = usePart(state => state.here);
  const [isRead, read] = useState(false);
  const reload = () => {
    chat.drafts.leave();
    location.reload();
  };
  const dismiss = () => {
    history.replaceState(null, '', hrefOf(here));
    chat.open({ room: here });
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
      {unkept && !isRead && (
        <p className="notice">
          <span>
            This browser keeps nothing more: your name, your choices and what you have read are forgotten when the tab
            is closed.
          </span>
          <button type="button" className="quiet" aria-label="Dismiss" onClick={() => read(true)}>
            <Icon name="close" />
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
