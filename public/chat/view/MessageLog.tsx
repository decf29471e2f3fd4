import { useEffect, useMemo, useRef, useState } from 'react';
import { CopyTextButton } from '../../ui/CopyTextButton.tsx';
import { ChatIcon } from '../../ui/Icon.tsx';
import { signInHref } from '../model/address.ts';
import { unreadIn } from '../model/read-positions.ts';
import { MAX_UNREAD } from '../model/reading.ts';
import type { Room } from '../model/room.ts';
import { can, roomIn } from '../model/state.ts';
import { timeline } from '../model/timeline.ts';
import { useChat, useChatState, useRoomTitle } from './hooks.ts';
import { ChunkView } from './MessageChunk.tsx';
import { useFollow, usePlace } from './useScroll.ts';

/** Scrolls once to the message that the address links to; loads it first unless it is very far up. */
function useTarget({ messages, older }: Room, target: number | undefined, toTarget: () => boolean): void {
  const chat = useChat();
  const shown = useRef<number>(undefined);
  useEffect(() => {
    if (target === undefined) shown.current = undefined;
    if (target === undefined || shown.current === target) return;
    if (toTarget()) shown.current = target;
    else if (older === 'more' && (messages[0]?.seq ?? 0) - target <= MAX_UNREAD) void chat.reach(target);
  });
}

const events = ['focus', 'blur', 'visibilitychange'];

/** Reports whether the user is looking at the end of the log: it is visible, and the window has the focus. */
function useAttention(ended: boolean): void {
  const chat = useChat();
  useEffect(() => {
    const tell = () => chat.attend(ended && !document.hidden && document.hasFocus());
    tell();
    for (const event of events) addEventListener(event, tell);
    return () => {
      for (const event of events) removeEventListener(event, tell);
    };
  }, [chat, ended]);
}

/** Milliseconds until a browser has announced additions to screen readers. */
const announcementMs = 400;

/** Whether messages change other than by new ones, so that screen readers should stay silent. */
function useQuiet({ loaded, epoch, messages, reach }: Room): boolean {
  const beginning = loaded ? `${epoch} ${messages[0]?.seq ?? reach + 1}` : '';
  const [settled, setSettled] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSettled(beginning), announcementMs);
    return () => clearTimeout(timer);
  }, [beginning]);
  return !loaded || settled !== beginning;
}

/** A button to the first unread message, if it is above the loaded ones. */
function Above({ room: { loaded, line, messages, older, newest }, toLine }: { room: Room; toLine: () => void }) {
  const chat = useChat();
  const [loading, setLoading] = useState(false);
  const isAbove = loaded && line !== undefined && line + 1 < (messages[0]?.seq ?? 0);
  if (!isAbove || older === 'none' || older === 'lost') return null;
  const go = async () => {
    setLoading(true);
    await chat.toLine();
    setLoading(false);
    // Loaded messages are rendered in the next frame.
    requestAnimationFrame(() => requestAnimationFrame(toLine));
  };
  const count = (newest - line).toLocaleString('en');
  return (
    <button type="button" className="above" onClick={go} disabled={loading}>
      <ChatIcon name="up" />
      {loading ? 'Loading…' : `${count} new messages: jump to the first`}
    </button>
  );
}

const shapes = ['a', 'b', 'c', 'd', 'e', 'f'];

const UNREADABLE = 'Messages can’t be read at the moment: reading is not wired in this server’s graph.';

/** Shown until messages are loaded: progress, or an error. */
function Absent({ room: { name, fault } }: { room: Room }) {
  const chat = useChat();
  const maySignIn = useChatState(state => state.hasAccounts === true && !state.me);
  const offline = useChatState(({ link }) => link.kind === 'offline');
  const readable = useChatState(state => can(state, 'read'));
  if (fault !== undefined)
    return (
      <div className="absent">
        <p>{readable ? fault : UNREADABLE}</p>
        {maySignIn && <a href={signInHref(name)}>Sign in</a>}
        <button type="button" onClick={() => chat.reload()}>
          Try again
        </button>
      </div>
    );
  if (offline) return <p className="absent">Messages load when you are back online</p>;
  return (
    <div className="skeleton">
      <span className="unseen">Loading messages…</span>
      {shapes.map(shape => (
        <i key={shape} className={shape} />
      ))}
    </div>
  );
}

/** Shown above the first message: loading, an error, or the beginning of the room. */
function Beginning({ room: { name, older, renewed, messages, fault } }: { room: Room }) {
  const title = useRoomTitle(name);
  const chat = useChat();
  if (fault !== undefined) return <p className="beginning">{fault}</p>;
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
  if (older === 'lost' || renewed) return <p className="beginning">Some earlier messages are no longer stored</p>;
  return messages.length > 0 && <p className="beginning">This is the beginning of {title}</p>;
}

/** Whether the page's address works on this computer only. */
const isHidden = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname);

/** The text in an empty room, by its kind. */
const BEFORE_THE_FIRST = {
  open: isHidden
    ? 'Be the first. You can open this address on this computer:'
    : 'Be the first. Anyone with this address can join:',
  private: 'Be the first. Only members can see this room.',
  direct: 'Only the two of you can see this room.',
};

/** Shown in a room without messages. */
function Empty({ name }: { name: string }) {
  const me = useChatState(state => state.me);
  const made = useChatState(state => state.made.get(name));
  const kind = made?.kind ?? 'open';
  return (
    <div className="empty">
      <p className="hash" aria-hidden="true">
        #
      </p>
      <h2>{kind === 'direct' ? 'No messages yet' : `No messages in ${made?.title ?? name} yet`}</h2>
      <p>{BEFORE_THE_FIRST[kind]}</p>
      {kind === 'open' && (
        <p className="address">
          <code>{location.href}</code>
          <CopyTextButton text={location.href} />
        </p>
      )}
      {isHidden && !me && (
        <div className="next">
          <h3>To let others in</h3>
          <p>
            Start flowchat with <code>HOST=0.0.0.0 npm start</code>, and give others this computer’s address in your
            network in place of <code>{location.hostname}</code>. Anybody who has it can then read and write here.
          </p>
          <p>
            What the server does is one graph: <a href="editor/">open it in the editor</a> with the secret that was
            shown when it started.
          </p>
        </div>
      )}
    </div>
  );
}

/** A button to the newest message, with the number of new ones. */
function Jump({ room, go }: { room: Room; go: () => void }) {
  const unread = useChatState(({ readPositions }) => unreadIn(room, readPositions));
  const label = unread ? `${unread} new message${unread === 1 ? '' : 's'}` : 'Jump to latest';
  return (
    <button type="button" className={unread ? 'jump fresh' : 'jump'} onClick={go}>
      <ChatIcon name="down" />
      {label}
    </button>
  );
}

/** The messages of one room, and the user's pending posts. */
export function MessageLog({ name: here }: { name: string }) {
  const title = useRoomTitle(here);
  const room = useChatState(state => roomIn(state, here));
  const name = useChatState(state => state.name);
  const target = useChatState(state => state.target);
  const outbox = useChatState(state => state.outbox);
  const me = useChatState(state => state.me?.id);
  const authors = useChatState(state => state.authors);
  const chunks = useMemo(
    () => timeline(room, outbox, { name, me, target, authors }),
    [room, outbox, name, me, target, authors],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { ended, toEnd, toLine, toTarget } = usePlace(scroller, content, room);
  useAttention(ended === true && room.loaded);
  useFollow(outbox, here, toEnd);
  useTarget(room, target, toTarget);
  return (
    <div className="stage">
      <Above room={room} toLine={toLine} />
      <div
        ref={scroller}
        className="scroller"
        id="log"
        role="log"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable area must be reachable by keyboard
        tabIndex={0}
        aria-label={`Messages in ${title}`}
        aria-live={useQuiet(room) ? 'off' : 'polite'}
        aria-relevant="additions"
      >
        <div ref={content} className="content">
          {room.loaded && <Beginning room={room} />}
          {chunks.map(({ key, items }) => (
            <ChunkView key={`${room.epoch} ${key}`} items={items} />
          ))}
        </div>
        {!room.loaded && <Absent room={room} />}
        {room.loaded && chunks.length === 0 && <Empty name={here} />}
      </div>
      {ended === false && <Jump room={room} go={toEnd} />}
    </div>
  );
}
