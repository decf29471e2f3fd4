import { useCallback, useRef, useState } from 'react';
import { ChatIcon } from '../../ui/Icon.tsx';
import { hrefOf } from '../model/address.ts';
import type { ListedRoom } from '../model/state.ts';
import { ChatHeader } from './ChatHeader.tsx';
import { Composer } from './Composer.tsx';
import { MessageLog } from './MessageLog.tsx';
import { NameForm } from './NameForm.tsx';
import { ComposeContext, type ComposeText, useChat, useChatState } from './useChat.ts';
import type { Drawer } from './useDrawer.ts';

/** What the whole page has to say, above the messages. */
function Notices() {
  const chat = useChat();
  const outdated = useChatState(state => state.outdated);
  const unknown = useChatState(state => state.unknown);
  const unkept = useChatState(state => state.unkept.size > 0);
  const here = useChatState(state => state.here);
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
            <ChatIcon name="close" />
          </button>
        </p>
      )}
      {unknown !== undefined && (
        <p className="notice">
          <span>
            <q>{unknown}</q> is no room’s name: it needs letters from a to z or digits. This is #{here}.
          </span>
          <button type="button" className="quiet" aria-label="Dismiss" onClick={dismiss}>
            <ChatIcon name="close" />
          </button>
        </p>
      )}
    </div>
  );
}

interface Props {
  readonly rooms: readonly ListedRoom[];
  readonly here: string;
  readonly drawer: Drawer;
}

/** The room on show: its messages, and where one writes, or first gives a name. */
export function RoomView({ rooms, here, drawer }: Props) {
  const named = useChatState(state => state.name !== '');
  const composer = useRef<ComposeText>(null);
  const edit = useCallback((text: string) => composer.current?.(text), []);
  return (
    <main className="main" inert={drawer.open}>
      <ChatHeader here={here} rooms={rooms} drawer={drawer} />
      <Notices />
      <ComposeContext value={edit}>
        <MessageLog key={`log ${here}`} name={here} />
      </ComposeContext>
      {named ? (
        <Composer key={`composer ${here}`} room={here} edit={composer} />
      ) : (
        <NameForm label="What should others call you?" action="Join" />
      )}
    </main>
  );
}
