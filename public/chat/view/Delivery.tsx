import { ChatIcon } from '../../ui/Icon.tsx';
import { isBehind, type OutboxItem } from '../model/outbox.ts';
import { useNow } from './now.ts';
import { useChat, useChatState, useCompose } from './useChat.ts';

/** What becomes of a post that is not yet a message, and what one can do about it. */
export function Delivery({ entry }: { entry: OutboxItem }) {
  if (entry.state === 'refused') return <Refused entry={entry} />;
  return <Waiting entry={entry} />;
}

function Refused({ entry: { key, text, reason } }: { entry: OutboxItem }) {
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

function Waiting({ entry }: { entry: OutboxItem }) {
  const chat = useChat();
  const { key, state, reason, until, unkept } = entry;
  const live = useChatState(({ link }) => link.kind === 'live');
  const behind = useChatState(({ outbox }) => state === 'waiting' && isBehind(outbox, entry));
  const held = useChatState(({ outbox }) => behind && outbox.some(other => other.room === entry.room && other.reason));
  if (live && !unkept && (state === 'sent' ? !reason : !reason && !held))
    return <p className="delivery sending">Sending…</p>;
  return (
    <div className="delivery">
      <p>
        {!live && 'Waiting for the connection'}
        {live && reason && <Again reason={reason} until={until} />}
        {live && !reason && (held ? 'Waiting for the message before it' : 'Sending…')}
        {unkept && <strong> It is kept only while this tab is open.</strong>}
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
