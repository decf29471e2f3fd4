import { createContext, memo, type ReactNode, use, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { PrivateAnswer } from '../../../src/model/chat.ts';
import { shownName } from '../../../src/model/name.ts';
import { asSentence } from '../../../src/model/text.ts';
import { Avatar } from '../../ui/Avatar.tsx';
import type { TraceLink } from '../../ui/channel.ts';
import { ChatIcon } from '../../ui/Icon.tsx';
import { segments } from '../model/links.ts';
import { isBehind, type OutboxItem } from '../model/outbox.ts';
import { can } from '../model/state.ts';
import type { Chunk as Items, MessageLine, Divider as Model, TimelineItem } from '../model/timeline.ts';
import { calendar, useChat, useChatState, useCompose, useNow } from './hooks.ts';
import { MessageMenu, ReactionList } from './MessageMenu.tsx';

/** Distance from the view beyond which chunks are left out of layout. */
const margin = '1500px 0px';

/**
 * Sets `data-far` while an element is far from the view, until the returned function is called. The element is laid out
 * once before, so that the browser knows its height.
 */
function farMarked(element: HTMLElement): () => void {
  const mark = (entries: IntersectionObserverEntry[]) =>
    element.toggleAttribute('data-far', !entries.at(-1)!.isIntersecting);
  const observer = new IntersectionObserver(mark, { root: element.closest('.scroller'), rootMargin: margin });
  observer.observe(element);
  return () => observer.disconnect();
}

/** A day, "New messages", or a gap. */
const Divider = memo(({ kind, at }: { kind: Model['kind']; at: number | undefined }) => {
  if (kind === 'new') return <h2 className="divider new">New messages</h2>;
  if (kind === 'gap') return <p className="divider gap">Some messages are no longer stored</p>;
  return <Day at={at!} />;
});

function Day({ at }: { at: number }) {
  const now = useNow(60_000);
  return (
    <h2 className="divider day">
      <time dateTime={new Date(at).toISOString()} title={calendar.full(at)}>
        {calendar.day(at, now)}
      </time>
    </h2>
  );
}

function same(a: TimelineItem, b: TimelineItem): boolean {
  if (a.key !== b.key || a.kind !== b.kind) return false;
  if (a.kind !== 'line' || b.kind !== 'line') return true;
  return (
    a.opens === b.opens &&
    a.author === b.author &&
    a.outboxItem === b.outboxItem &&
    a.id === b.id &&
    a.at === b.at &&
    a.text === b.text &&
    a.mine === b.mine &&
    a.target === b.target &&
    a.edited === b.edited &&
    a.removed === b.removed &&
    a.reactions === b.reactions &&
    a.alike === b.alike
  );
}

/** Messages that are drawn together, and left out of layout while far from the view. */
export const ChunkView = memo(
  ({ items }: { items: Items['items'] }) => {
    const element = useRef<HTMLDivElement>(null);
    useEffect(() => farMarked(element.current!), []);
    return (
      <div className="chunk" ref={element}>
        {items.map(item =>
          item.kind === 'line' ? (
            <MessageRow {...item} key={item.key} line={item.key} outboxItem={item.outboxItem} id={item.id} />
          ) : (
            <Divider key={item.key} kind={item.kind} at={item.at} />
          ),
        )}
      </div>
    );
  },
  (before, { items }) =>
    before.items.length === items.length && items.every((item, index) => same(item, before.items[index]!)),
);

/** A message's text, with links, and whether it was edited. */
const Text = memo(({ text, edited }: { text: string; edited: number | undefined }) => {
  let at = 0;
  return (
    <p className="text" dir="auto">
      {segments(text).map(({ text, href }) => {
        const key = at;
        at += text.length;
        if (!href) return text;
        return (
          <a key={key} href={href} target="_blank" rel="noopener noreferrer nofollow">
            {text}
          </a>
        );
      })}
      {edited !== undefined && <Edited at={edited} />}
    </p>
  );
});

type Props = Pick<
  MessageLine,
  'author' | 'text' | 'at' | 'opens' | 'mine' | 'alike' | 'href' | 'target' | 'edited' | 'removed' | 'reactions'
> & {
  /** The message's key in the timeline. */
  line: string;
  outboxItem: OutboxItem | undefined;
  id: string | undefined;
};

/** One message: with its author if it starts a group, and with its delivery state if it is on its way. */
const MessageRow = memo((props: Props) => {
  const { line, author, text, at, opens, mine, alike, href, target, edited, removed, reactions, outboxItem, id } =
    props;
  return (
    <article
      className={opens ? 'row opens' : 'row'}
      data-state={outboxItem?.state ?? 'kept'}
      data-mine={mine || undefined}
      data-key={line}
      data-target={target || undefined}
    >
      {opens && <Avatar name={author} />}
      {/* Separates name and time in copied text, even if the name is hidden. */}
      <b className={opens ? 'author' : 'unseen'} dir="auto">
        {`${shownName(author)} `}
      </b>
      {opens && mine && <span className="you">you</span>}
      {opens && alike !== undefined && <Alike name={alike} />}
      <When at={at} href={href} />
      {removed ? <p className="removed">This message was removed.</p> : <Text text={text} edited={edited} />}
      {id && reactions && <ReactionList id={id} reactions={reactions} />}
      {outboxItem && <Delivery item={outboxItem} />}
      {id && !removed && <MessageMenu id={id} mine={mine} />}
      {id && <TraceButton message={id} />}
    </article>
  );
});

/** Shows that a message was edited, with the time. */
function Edited({ at }: { at: number }) {
  return (
    <span className="edited" title={`Edited on ${calendar.full(at)}`}>
      {' (edited)'}
    </span>
  );
}

/**
 * The time; a link to the message once the server has it. The log is one tab stop, so these links are not tab stops.
 */
function When({ at, href }: { at: number; href: string | undefined }) {
  const time = (
    <time dateTime={new Date(at).toISOString()} title={calendar.full(at)}>
      {calendar.clock(at)}
    </time>
  );
  return href === undefined ? (
    time
  ) : (
    <a className="when" href={href} tabIndex={-1}>
      {time}
    </a>
  );
}

/** Warns of a name that is easily mistaken for another. */
function Alike({ name }: { name: string }) {
  const words = `Looks like ${shownName(name)}, but is a different name`;
  return (
    <span className="alike" title={words}>
      <span aria-hidden="true">≈</span>
      <span className="unseen">({words})</span>
    </span>
  );
}

/** The delivery state of a post, and its actions. */
function Delivery({ item }: { item: OutboxItem }) {
  if (item.state === 'refused') return <Refused item={item} />;
  if (item.state === 'held') return <Held item={item} />;
  if (item.answer) return <Answered item={item} answer={item.answer} />;
  return <Waiting item={item} />;
}

function Refused({ item: { key, text, reason } }: { item: OutboxItem }) {
  const chat = useChat();
  const edit = useCompose();
  const change = () => {
    chat.discard(key);
    edit(text);
  };
  return (
    <div className="delivery refused" role="alert">
      <p>
        <ChatIcon name="alert" />
        <span>Not sent: {reason}</span>
      </p>
      <button type="button" onClick={() => chat.retry(key)}>
        Try again
      </button>
      <button type="button" onClick={change}>
        Edit
      </button>
      <button type="button" onClick={() => chat.discard(key)}>
        Discard
      </button>
    </div>
  );
}

/** A post that is held for a moderator. */
function Held({ item: { key, reason = '' } }: { item: OutboxItem }) {
  const chat = useChat();
  return (
    <div className="delivery" role="status">
      <p>{asSentence(reason)}</p>
      <button type="button" onClick={() => chat.discard(key)}>
        Hide
      </button>
    </div>
  );
}

/** A bot's answer to a post that nobody else sees. */
function Answered({ item: { key }, answer: { author, text } }: { item: OutboxItem; answer: PrivateAnswer }) {
  const chat = useChat();
  return (
    <div className="delivery answered" role="status">
      <p>
        <b dir="auto">{shownName(author)}</b> answers, and only you see it
      </p>
      <button type="button" onClick={() => chat.discard(key)}>
        Hide
      </button>
      <Text text={text} edited={undefined} />
    </div>
  );
}

function Waiting({ item }: { item: OutboxItem }) {
  const chat = useChat();
  const { key, state, reason, until, unkept } = item;
  const live = useChatState(({ link }) => link.kind === 'live');
  const taken = useChatState(state => can(state, 'post'));
  const behind = useChatState(({ outbox }) => state === 'waiting' && isBehind(outbox, item));
  const isBehindRefused = useChatState(
    ({ outbox }) => behind && outbox.some(other => other.room === item.room && other.reason),
  );
  if (live && taken && !unkept && (state === 'sent' ? !reason : !reason && !isBehindRefused))
    return <p className="delivery sending">Sending…</p>;
  return (
    <div className="delivery">
      <p>
        {!live && 'Waiting for the connection'}
        {live && !taken && 'Waiting until this server takes messages again'}
        {live && taken && reason && <Again reason={reason} until={until} />}
        {live && taken && !reason && (isBehindRefused ? 'Waiting for the message before it' : 'Sending…')}
        {unkept && <strong> Kept only while this tab is open.</strong>}
      </p>
      {state === 'waiting' && (
        <button type="button" onClick={() => chat.discard(key)}>
          Discard
        </button>
      )}
    </div>
  );
}

/** Counts down to the next try. */
function Again({ reason, until }: { reason: string; until: number | undefined }) {
  const now = useNow(250);
  const seconds = Math.max(0, Math.ceil(((until ?? 0) - now) / 1_000));
  return (
    <>
      {reason}. Trying again
      <span aria-hidden="true">{seconds > 0 ? ` in ${seconds} s` : '…'}</span>
    </>
  );
}

/** Asks the editor to trace a message, by its id. */
type ShowTrace = (message: string) => void;

/** Undefined while no editor is open in this browser. */
const TraceContext = createContext<ShowTrace | undefined>(undefined);

/** Provides the function that traces messages, while an editor is open. */
export function TraceProvider({ traceLink, children }: { traceLink: TraceLink; children: ReactNode }) {
  const open = useSyncExternalStore(traceLink.store.subscribe, traceLink.store.get);
  return <TraceContext value={open ? traceLink.show : undefined}>{children}</TraceContext>;
}

/** A button that traces a message in the editor, if one is open in this browser. */
function TraceButton({ message }: { message: string }) {
  const show = use(TraceContext);
  const [shown, setShown] = useState(false);
  if (!show) return null;
  const go = () => {
    show(message);
    setShown(true);
  };
  const words = shown ? 'Shown in the editor' : 'Trace this message';
  return (
    // Screen readers should announce the message, not this button.
    <button type="button" className="way" aria-live="off" aria-label={words} title={words} onClick={go}>
      <ChatIcon name={shown ? 'done' : 'way'} />
    </button>
  );
}
