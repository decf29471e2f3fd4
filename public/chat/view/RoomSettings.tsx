import { type FormEvent, useId, useState } from 'react';
import { DialogButton } from '../../ui/Dialog.tsx';
import { useChat, useChatState } from './hooks.ts';

/** Renames or archives the shown room; for its creator, and for moderators. */
export function RoomSettings({ room }: { room: string }) {
  return (
    <DialogButton label="Room" title={`The room #${room}`}>
      <RoomForm room={room} />
    </DialogButton>
  );
}

function RoomForm({ room }: { room: string }) {
  const chat = useChat();
  const made = useChatState(state => state.made.get(room));
  const id = useId();
  const [title, setTitle] = useState(made?.title ?? room);
  const [said, say] = useState('');
  const isArchived = made?.isArchived === true;
  const change = (wanted: { title?: string; archived?: boolean }, done: string) =>
    chat.account.changeRoom(room, wanted).then(
      () => say(done),
      (error: Error) => say(`${error.message}.`),
    );
  const rename = (event: FormEvent) => {
    event.preventDefault();
    void change({ title }, 'Renamed. Its address is unchanged.');
  };
  return (
    <div className="account">
      <form className="name" onSubmit={rename}>
        <label htmlFor={id}>Room title</label>
        <input id={id} value={title} onChange={event => setTitle(event.target.value)} autoComplete="off" required />
        <button type="submit" className="primary">
          Rename
        </button>
      </form>
      <div className="acts">
        <button
          type="button"
          onClick={() =>
            change({ archived: !isArchived }, isArchived ? 'The room is open again.' : 'The room is archived.')
          }
        >
          {isArchived ? 'Open it again' : 'Archive it'}
        </button>
      </div>
      <p className="note">An archived room is read-only.</p>
      <p role="status">{said}</p>
    </div>
  );
}
