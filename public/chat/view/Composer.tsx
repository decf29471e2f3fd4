import {
  type FormEvent,
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  type RefObject,
  useEffect,
  useImperativeHandle,
  useRef,
  useState,
} from 'react';
import { hasVisible } from '../../../src/model/text.ts';
import { ChatIcon } from '../../ui/Icon.tsx';
import { can, mostCharacters } from '../model/state.ts';
import type { ShownMessage } from '../model/wire.ts';
import { type ComposeText, type Enter, useChat, useChatState, useEnter, useRoomTitle } from './hooks.ts';

/** Focuses an element when it mounts, except on touch devices, where that opens the on-screen keyboard. */
function useFirstFocus(element: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    if (matchMedia('(hover: hover)').matches) element.current?.focus({ preventScroll: true });
  }, [element]);
}

/** The text in the composer. */
interface Writing {
  readonly text: string;
  readonly write: (text: string) => void;
  /** How many characters are left; negative if there are too many. */
  readonly left: number;
  /** Whether it can be sent. */
  readonly fit: boolean;
  /** Why the server accepts no such texts now; undefined if it does. */
  readonly closed: string | undefined;
  /** Sends it, if possible. */
  readonly send: () => void;
}

/** Why nothing can be sent, by the missing feature of the graph. */
const CLOSED = {
  post: 'Messages can’t be sent at the moment: sending is not wired in this server’s graph.',
  edit: 'Messages can’t be edited at the moment: editing is not wired in this server’s graph.',
};

/** The composer's text, and whether and how it can be sent; `feature` is the required one. */
function useWriting(
  feature: keyof typeof CLOSED,
  first: () => string,
  store: (text: string) => void,
  sent: (text: string) => void,
): Writing {
  const [text, setText] = useState(first);
  const most = useChatState(mostCharacters);
  const closed = useChatState(state => (can(state, feature) ? undefined : CLOSED[feature]));
  // Counted in code points, as the server does.
  const leftOf = (text: string) => most - [...text.trim()].length;
  const isFit = (text: string) => closed === undefined && leftOf(text) >= 0 && hasVisible(text);
  // The latest text, even before it is rendered: a second Enter finds that the first one sent it.
  const now = useRef(text);
  const write = (next: string) => {
    now.current = next;
    setText(next);
    store(next);
  };
  const send = () => {
    if (!isFit(now.current)) return;
    sent(now.current);
    write('');
  };
  return { text, write, left: leftOf(text), fit: isFit(text), closed, send };
}

const counted = (count: number): string => (count === 1 ? '1 character' : `${count} characters`);

/** The hint below the composer: characters left, a storage or connection problem, or how to send. */
function Hint({ left, enter, closed }: { left: number | undefined; enter: Enter; closed: string | undefined }) {
  const offline = useChatState(({ link }) => link.kind === 'offline');
  const why = useChatState(({ link }) => (link.kind === 'offline' && link.why) || 'You are offline');
  const unkept = useChatState(({ draftUnkept }) => draftUnkept);
  const unchanged = useChatState(state => state.unchanged);
  const isBad = unkept || (left ?? 0) < 0;
  if (closed !== undefined)
    return (
      <p className="hint" id="hint" role="status">
        {closed}
      </p>
    );
  if (unchanged !== undefined)
    return (
      <p className="hint" id="hint" role="alert" data-bad>
        {unchanged}
      </p>
    );
  return (
    <p className="hint" id="hint" data-bad={isBad || undefined}>
      {left !== undefined && (left < 0 ? `${counted(-left)} too many` : `${counted(left)} left`)}
      {left === undefined &&
        unkept &&
        'This browser can’t store drafts: what you write is lost when you close this tab.'}
      {left === undefined && !unkept && offline && `${why}. Messages are sent when you are back online.`}
      {left === undefined && !unkept && !offline && (
        <span className="keys">
          <kbd>{enter === 'send' ? 'Enter' : 'Ctrl+Enter'}</kbd> to send,{' '}
          <kbd>{enter === 'send' ? 'Shift+Enter' : 'Enter'}</kbd> for a new line
        </span>
      )}
    </p>
  );
}

/** The composer shows the characters left from this number down. */
const few = 200;

/** Whether a key sends. Key code 229 belongs to an input method, in browsers that end the composition first. */
function sends({ key, shiftKey, ctrlKey, metaKey, nativeEvent, keyCode }: KeyboardEvent, enter: Enter): boolean {
  if (key !== 'Enter' || nativeEvent.isComposing || keyCode === 229) return false;
  return ctrlKey || metaKey || (enter === 'send' && !shiftKey);
}

/** The composer: for a new message, or for editing one of the user's. */
export function Composer({ room, edit }: { room: string; edit: Ref<ComposeText> }) {
  const editing = useChatState(state => (state.editing?.room === room ? state.editing : undefined));
  return editing ? <EditForm key={editing.id} message={editing} /> : <PostForm room={room} edit={edit} />;
}

/** Writes a new message; the draft is stored until it is sent. */
function PostForm({ room, edit }: { room: string; edit: Ref<ComposeText> }) {
  const chat = useChat();
  const writing = useWriting(
    'post',
    () => chat.drafts.read(room),
    text => chat.draft(room, text),
    text => chat.post(text),
  );
  const field = useRef<HTMLTextAreaElement>(null);
  const { text, write } = writing;
  useImperativeHandle(edit, () => given => {
    write(text.trim() ? `${text.trimEnd()}\n${given}` : given);
    field.current?.focus();
  });
  const title = useRoomTitle(room);
  // In an empty field, the up arrow key has no other use.
  const editLast = (event: KeyboardEvent) => {
    if (event.key === 'ArrowUp' && text === '' && chat.editLast()) event.preventDefault();
  };
  return <ComposeForm {...writing} field={field} label={`Message ${title}`} onKey={editLast} />;
}

/** Edits a message. */
function EditForm({ message }: { message: ShownMessage }) {
  const chat = useChat();
  const writing = useWriting(
    'edit',
    () => message.text,
    () => undefined,
    text => chat.saveEdit(text),
  );
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(message.text.length, message.text.length);
  }, [message.text.length]);
  const cancel = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.nativeEvent.isComposing) chat.edit();
  };
  return (
    <ComposeForm {...writing} field={field} label="Edit message" onKey={cancel}>
      <p className="editing">
        <span>Editing a message</span>
        <button type="button" className="plain" onClick={() => chat.edit()}>
          Cancel
        </button>
      </p>
    </ComposeForm>
  );
}

type FormProps = Writing & {
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly label: string;
  readonly onKey: (event: KeyboardEvent) => void;
  readonly children?: ReactNode;
};

/**
 * A text and a button that sends it. Depending on the setting, Enter sends and Shift+Enter starts a new line, or Enter
 * starts a new line and the button sends.
 */
function ComposeForm({ text, write, left, fit, closed, send, field, label, onKey, children }: FormProps) {
  const isOpen = closed === undefined;
  const [enter] = useEnter();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send();
    field.current?.focus();
  };
  useFirstFocus(field);
  return (
    <form className="composer" onSubmit={submit} data-closed={!isOpen || undefined}>
      {children}
      <div className="field" data-text={`${text}\n`}>
        <textarea
          ref={field}
          id="composer"
          rows={1}
          value={text}
          onChange={event => write(event.target.value)}
          onKeyDown={event => (sends(event, enter) ? submit(event) : onKey(event))}
          placeholder={isOpen ? label : 'Nobody can write here at the moment'}
          aria-label={label}
          // An existing text stays, and can be copied.
          readOnly={!isOpen && text === ''}
          aria-describedby="hint"
          aria-invalid={left < 0}
          enterKeyHint={enter === 'send' ? 'send' : 'enter'}
          dir="auto"
        />
      </div>
      <button type="submit" className="send" aria-label="Send" disabled={!fit}>
        <ChatIcon name="send" />
      </button>
      <Hint
        left={left <= few ? left : undefined}
        enter={enter}
        closed={closed && text !== '' ? `${closed} What you wrote is kept.` : closed}
      />
    </form>
  );
}
