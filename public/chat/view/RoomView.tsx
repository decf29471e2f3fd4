import { useCallback, useRef, useState } from 'react';
import { ChatIcon } from '../../ui/Icon.tsx';
import { hrefOf } from '../model/address.ts';
import { can, comesLive, type ListedRoom, roomIn } from '../model/state.ts';
import { Composer } from './Composer.tsx';
import { ComposeContext, type ComposeText, type Drawer, useChat, useChatState, useNow } from './hooks.ts';
import { Members } from './Members.tsx';
import { MessageLog } from './MessageLog.tsx';
import { NameForm } from './Person.tsx';
import { RoomSign } from './RoomList.tsx';
import { RoomSettings } from './RoomSettings.tsx';

const ASKED_FOR = 'New messages don’t arrive live at the moment. This page checks for them every few seconds.';
const NOTHING_NEW = 'No new messages are shown at the moment: reading is not wired in this server’s graph.';
const WATCHED = 'An administrator can read private messages at the moment.';

/** Notices of the whole page, above the messages. */
function Notices() {
  const chat = useChat();
  const outdated = useChatState(state => state.outdated);
  const unknown = useChatState(state => state.unknown);
  const unkept = useChatState(state => state.unkept.size > 0);
  const here = useChatState(state => state.here);
  const isWatched = useChatState(
    ({ about, made, here }) => about?.watched && (made.get(here)?.kind ?? 'open') !== 'open',
  );
  const unlive = useChatState(state => (comesLive(state) ? undefined : can(state, 'read') ? ASKED_FOR : NOTHING_NEW));
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
      {unlive !== undefined && (
        <p className="notice calm">
          <span>{unlive}</span>
        </p>
      )}
      {isWatched && (
        <p className="notice calm">
          <span>{WATCHED}</span>
        </p>
      )}
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
            This browser has no storage left: your name, settings and read positions are lost when you close this tab.
          </span>
          <button type="button" className="quiet" aria-label="Dismiss" onClick={() => read(true)}>
            <ChatIcon name="close" />
          </button>
        </p>
      )}
      {unknown !== undefined && (
        <p className="notice">
          <span>
            <q>{unknown}</q> is not a room name: use letters from a to z or digits. This is #{here}.
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

/** The shown room: its messages, and the composer, or the form that asks for a name. */
export function RoomView({ rooms, here, drawer }: Props) {
  // Readers who can't write need no name.
  const named = useChatState(state => state.name !== '' || !can(state, 'post'));
  const isRefused = useChatState(state => state.hasAccounts && !state.me && roomIn(state, here).fault !== undefined);
  const isArchived = useChatState(state => state.made.get(here)?.isArchived === true);
  const composer = useRef<ComposeText>(null);
  const edit = useCallback((text: string) => composer.current?.(text), []);
  return (
    <main className="main" inert={drawer.open}>
      <ChatHeader here={here} rooms={rooms} drawer={drawer} />
      <Notices />
      <ComposeContext value={edit}>
        <MessageLog key={`log ${here}`} name={here} />
      </ComposeContext>
      {isArchived ? (
        <p className="archived">This room is archived and read-only.</p>
      ) : named ? (
        <Composer key={`composer ${here}`} room={here} edit={composer} />
      ) : (
        !isRefused && <NameForm label="What should others call you?" action="Join" />
      )}
    </main>
  );
}

/** Shows the state of the connection; offline, a countdown to the next try and a button to try now. */
function Connection() {
  const chat = useChat();
  const link = useChatState(state => state.link);
  const live = useChatState(comesLive);
  const words = { live: live ? 'Live' : 'Connected', connecting: 'Connecting…', offline: 'Offline' };
  const again = link.kind === 'connecting' && link.again;
  const polled = link.kind === 'live' && link.polled;
  return (
    <div className="connection" data-kind={polled ? 'polled' : link.kind === 'live' && !live ? 'asking' : link.kind}>
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

/** Explains that messages are loaded over HTTP, and whom to ask. */
function Polled() {
  return (
    <details className="polled">
      <summary>without WebSocket</summary>
      <p>
        WebSocket is blocked, so other rooms update more slowly. Ask whoever runs this server or your network to allow
        it. The page keeps trying.
      </p>
    </details>
  );
}

/** Hidden from screen readers, which would read it every second. */
function Countdown({ until }: { until: number }) {
  const now = useNow(250);
  return (
    <span className="countdown" aria-hidden="true">
      <span className="words">trying </span>again in {Math.max(1, Math.ceil((until - now) / 1_000))} s
    </span>
  );
}

/** Links a moderator to waiting posts and reports. */
function Waiting() {
  const waiting = useChatState(state => state.waiting);
  if (waiting === 0) return null;
  const count = waiting.toLocaleString('en');
  return (
    <a className="waiting" href="people/#waiting" aria-label={`${count} waiting for a moderator`}>
      <span className="count">{count}</span>
      <span className="words">to review</span>
    </a>
  );
}

/** Links a moderator to new joins. */
function Joined() {
  const joined = useChatState(state => state.joined);
  if (joined === 0) return null;
  const count = joined.toLocaleString('en');
  return (
    <a className="waiting" href="people/#joined" aria-label={`${count} joined lately`}>
      <ChatIcon name="people" />
      <span className="count">{count}</span>
      <span className="words">joined</span>
    </a>
  );
}

/** The room's name and the connection; on a narrow window also the button that opens the rooms. */
function ChatHeader({ here, rooms, drawer }: Props) {
  const made = useChatState(state => state.made.get(here));
  const me = useChatState(state => state.me);
  const mayChange = made?.isMine || me?.role === 'moderator' || me?.role === 'owner';
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
        <RoomSign kind={made?.kind} />
        {made?.title ?? here}
      </h1>
      {me && mayChange && made?.kind !== 'direct' && <RoomSettings key={`settings ${here}`} room={here} />}
      {me && made?.kind === 'private' && <Members key={here} room={here} title={made.title} />}
      <Joined />
      <Waiting />
      <Connection />
    </header>
  );
}
