import type { Entry } from '../model/outbox.ts';
import { Icon } from './Icon.tsx';
import { useChat, usePart } from './useChat.ts';
import { useEdit } from './useEdit.ts';

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
        Not sent: {reason}
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

function Waiting({ entry: { key, state, reason } }: { entry: Entry }) {
  const chat = useChat();
  const live = usePart(({ link }) => link.kind === 'live');
  if (live && !reason) return <p className="delivery sending">Sending…</p>;
  return (
    <div className="delivery">
      <p>{live ? `Trying again: ${reason}` : 'Waiting for the connection'}</p>
      {state === 'waiting' && (
        <button type="button" onClick={() => chat.discard(key)}>
          Discard
        </button>
      )}
    </div>
  );
}
