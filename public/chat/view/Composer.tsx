import { type KeyboardEvent, type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react';
import { Hint } from './Hint.tsx';
import { Icon } from './Icon.tsx';
import { useChat } from './useChat.ts';
import type { Edit } from './useEdit.ts';

/** The longest text that the server takes. */
const most = 4_000;
/** How many letters before that the composer begins to count. */
const near = 200;

/** Where one writes: Enter sends, Shift+Enter begins a new line. What is not sent stays, room by room. */
export function Composer({ room, edit }: { room: string; edit: Ref<Edit> }) {
  const chat = useChat();
  const [text, setText] = useState(() => chat.keep.read<string>(`draft/${room}`) ?? '');
  const field = useRef<HTMLTextAreaElement>(null);
  const left = most - text.trim().length;

  const write = (next: string) => {
    setText(next);
    chat.keep.write(`draft/${room}`, next || undefined);
  };
  const send = () => {
    if (left < 0 || !text.trim()) return;
    chat.post(text);
    write('');
    field.current?.focus();
  };
  const key = (event: KeyboardEvent) => {
    // 229: a key that an input method took, in browsers that end the composition before they say so.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  };
  useImperativeHandle(edit, () => given => {
    write(text.trim() ? `${text.trimEnd()}\n${given}` : given);
    field.current?.focus();
  });
  useEffect(() => {
    // On a phone this would bring up the keyboard unasked.
    if (matchMedia('(hover: hover)').matches) field.current?.focus({ preventScroll: true });
  }, []);

  return (
    <form
      className="composer"
      onSubmit={event => {
        event.preventDefault();
        send();
      }}
    >
      <div className="field" data-text={`${text}\n`}>
        <textarea
          ref={field}
          id="composer"
          rows={1}
          value={text}
          onChange={event => write(event.target.value)}
          onKeyDown={key}
          placeholder={`Message #${room}`}
          aria-label={`Message #${room}`}
          aria-describedby="hint"
          aria-invalid={left < 0}
          enterKeyHint="send"
          dir="auto"
        />
      </div>
      <button type="submit" className="send" aria-label="Send" disabled={left < 0 || !text.trim()}>
        <Icon name="send" />
      </button>
      <Hint left={left <= near ? left : undefined} />
    </form>
  );
}
