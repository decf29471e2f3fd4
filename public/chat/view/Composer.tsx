import { type FormEvent, type KeyboardEvent, type Ref, useImperativeHandle, useRef } from 'react';
import { Hint } from './Hint.tsx';
import { Icon } from './Icon.tsx';
import { useDraft } from './useDraft.ts';
import type { Edit } from './useEdit.ts';
import { type Enter, useEnter } from './useEnter.ts';
import { useFirstFocus } from './useFirstFocus.ts';

/** From how many characters left on the composer counts them. */
const few = 200;

/** Whether a key sends. 229 is one that an input method took, in browsers that end the composition before they say so. */
function sends({ key, shiftKey, ctrlKey, metaKey, nativeEvent, keyCode }: KeyboardEvent, enter: Enter): boolean {
  if (key !== 'Enter' || nativeEvent.isComposing || keyCode === 229) return false;
  return ctrlKey || metaKey || (enter === 'send' && !shiftKey);
}

/** Where one writes: Enter sends and Shift+Enter begins a new line, or Enter begins a line and the button sends. */
export function Composer({ room, edit }: { room: string; edit: Ref<Edit> }) {
  const { text, write, left, fit, send } = useDraft(room);
  const [enter] = useEnter();
  const field = useRef<HTMLTextAreaElement>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send();
    field.current?.focus();
  };
  useImperativeHandle(edit, () => given => {
    write(text.trim() ? `${text.trimEnd()}\n${given}` : given);
    field.current?.focus();
  });
  useFirstFocus(field);
  return (
    <form className="composer" onSubmit={submit}>
      <div className="field" data-text={`${text}\n`}>
        <textarea
          ref={field}
          id="composer"
          rows={1}
          value={text}
          onChange={event => write(event.target.value)}
          onKeyDown={event => sends(event, enter) && submit(event)}
          placeholder={`Message #${room}`}
          aria-label={`Message #${room}`}
          aria-describedby="hint"
          aria-invalid={left < 0}
          enterKeyHint={enter === 'send' ? 'send' : 'enter'}
          dir="auto"
        />
      </div>
      <button type="submit" className="send" aria-label="Send" disabled={!fit}>
        <Icon name="send" />
      </button>
      <Hint left={left <= few ? left : undefined} enter={enter} />
    </form>
  );
}
