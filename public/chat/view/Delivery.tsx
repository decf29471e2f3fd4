import { type Entry, isBehind } from '../model/outbox.ts';
import { Icon } from './Icon.tsx';
import { useChat, usePart } from './useChat.ts';
import { useEdit } from './useEdit.ts';
import { useNow } from './useNow.ts';

/** What becomes of a post that is not yet a message, and what one can do about it. */
export function Delivery({ entry }: { entry: Entry }) {
  if (entry.state === 'refused') return <Refused entry={entry} />;
  return <Waiting entry={entry} />;
}

function Refused({ entry: { key, text, reason } }: { entry: Entry }) {
  const chat = useChat();
  const edit = useEdit();
  const change = () => {
    chat.discard(key);
    edit(text);
  };
  return (
    <div className="delivery refused" role="alert">
      <p>
        <Icon name="alert" />
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

function Waiting({ entry }: { entry: Entry }) {
  const chat = useChat();
  const { key, state, reason, until, unkept } = entry;
  const live = usePart(({ link }) => link.kind === 'live');
  const behind = usePart(({ outbox }) => state === 'waiting' && isBehind(outbox, entry));
  const held = usePart(({ outbox }) => behind && outbox.some(other => other.room === entry.room && other.reason));
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
