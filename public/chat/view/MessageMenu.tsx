import { type FocusEvent, type FormEvent, type KeyboardEvent, useId, useRef, useState } from 'react';
import type { Reactions } from '../../../src/model/chat.ts';
import { MAX_REASON_LENGTH } from '../../../src/model/limits.ts';
import { shownName } from '../../../src/model/name.ts';
import { isModerating } from '../../../src/model/who.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { ChatIcon } from '../../ui/Icon.tsx';
import { type Authors, authorName } from '../model/people.ts';
import { can, reactionKey, roomIn } from '../model/state.ts';
import type { ShownMessage } from '../model/wire.ts';
import { useChat, useChatState } from './hooks.ts';

/** Offered emoji with their names. */
const OFFERED = [
  ['👍', 'Thumbs up'],
  ['❤️', 'Heart'],
  ['😂', 'Laughing'],
  ['🎉', 'Party'],
  ['😮', 'Surprised'],
  ['😢', 'Sad'],
] as const;

/** The message with this id in the shown room; undefined if it is not loaded. */
const useMessage = (id: string): ShownMessage | undefined =>
  useChatState(state => roomIn(state, state.here).messages.findLast(known => known.id === id));

/** The user's possible actions on a message. */
function useWays(mine: boolean) {
  const about = useChatState(state => state.about);
  const moderates = useChatState(({ me }) => isModerating(me));
  return {
    react: can({ about }, 'react'),
    edit: mine && can({ about }, 'edit'),
    remove: (mine || moderates) && can({ about }, 'remove'),
    report: !mine && about?.can.includes('report') === true,
  };
}

/**
 * The menu of a message: adds a reaction; the user's own can be edited in the composer, or removed after confirmation.
 */
export function MessageMenu({ id, mine }: { id: string; mine: boolean }) {
  const [isOpen, open] = useState(false);
  const menu = useRef<HTMLDetailsElement>(null);
  const close = () => {
    if (menu.current) menu.current.open = false;
  };
  const left = (event: FocusEvent) => !menu.current?.contains(event.relatedTarget as Node | null) && close();
  const leave = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    close();
    menu.current?.querySelector('summary')?.focus();
  };
  const { react, edit, remove, report } = useWays(mine);
  const [isReporting, setReporting] = useState(false);
  if (!(react || edit || remove || report)) return null;
  const change = react ? 'React to this message or change it' : 'Change this message';
  const words = edit || remove ? change : react ? 'React to this message' : 'Report this message';
  return (
    <>
      <details
        className="change"
        ref={menu}
        onBlur={left}
        onKeyDown={leave}
        onToggle={() => open(menu.current?.open ?? false)}
      >
        <summary aria-label={words} title={words}>
          <ChatIcon name="more" />
        </summary>
        {isOpen && <MenuChoices id={id} mine={mine} close={close} report={() => setReporting(true)} />}
      </details>
      {isReporting && <ReportForm id={id} close={() => setReporting(false)} />}
    </>
  );
}

/** Reports a message to the moderators. */
function ReportForm({ id, close }: { id: string; close: () => void }) {
  const chat = useChat();
  const message = useMessage(id);
  const authors = useChatState(state => state.authors);
  const field = useId();
  const [reason, setReason] = useState('');
  const [said, say] = useState('');
  const [isDone, setDone] = useState(false);
  if (!message) return null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    chat.account.report(message.room, id, reason).then(
      () => {
        say('The report was sent to the moderators.');
        setDone(true);
      },
      (error: Error) => say(`${error.message}.`),
    );
  };
  return (
    <Dialog title={`Report this message by ${shownName(authorName(message, authors))}`} close={close}>
      {!isDone && (
        <form className="name" onSubmit={submit}>
          <label htmlFor={field}>What is wrong with it?</label>
          <input
            id={field}
            value={reason}
            onChange={event => setReason(event.target.value)}
            maxLength={MAX_REASON_LENGTH}
            required
          />
          <button type="submit" className="primary">
            Report
          </button>
          <p className="note">Moderators will see the message, even if the room is private.</p>
        </form>
      )}
      <p role="status">{said}</p>
    </Dialog>
  );
}

function MenuChoices({
  id,
  mine,
  close,
  report: askWhy,
}: {
  id: string;
  mine: boolean;
  close: () => void;
  report: () => void;
}) {
  const chat = useChat();
  const message = useMessage(id);
  const reacted = useChatState(state => state.reacted);
  const [isAsked, ask] = useState(false);
  const { react, edit, remove, report } = useWays(mine);
  if (!message) return null;
  const done = (act: () => void) => () => {
    close();
    act();
  };
  if (isAsked)
    return (
      <div className="choices">
        <p>Remove it for everybody?</p>
        <button type="button" className="grave" onClick={done(() => chat.remove(message))}>
          Remove
        </button>
        <button type="button" onClick={close}>
          Keep
        </button>
      </div>
    );
  return (
    <div className="choices">
      {(react ? OFFERED : []).map(([emoji, name]) => (
        <button
          type="button"
          className="emoji"
          key={emoji}
          aria-label={name}
          title={name}
          aria-pressed={reacted.has(reactionKey(id, emoji))}
          onClick={done(() => chat.react(message, emoji))}
        >
          {emoji}
        </button>
      ))}
      {edit && (
        <button type="button" onClick={done(() => chat.edit(message))}>
          Edit
        </button>
      )}
      {remove && (
        <button type="button" onClick={() => ask(true)}>
          Remove…
        </button>
      )}
      {report && (
        <button type="button" onClick={done(askWhy)}>
          Report…
        </button>
      )}
    </div>
  );
}

/** Limit of named reactors. */
const NAMED = 10;

/** The names of reactors: `ann, bob and 3 others`. */
function namesOf(reactors: Reactions[string], authors: Authors): string {
  const named = reactors.slice(0, NAMED).map(({ name, by }) => shownName(authorName({ author: name, by }, authors)));
  const others = reactors.length - named.length;
  if (others > 0) named.push(others === 1 ? '1 other' : `${others} others`);
  return new Intl.ListFormat('en').format(named);
}

/** The reactions to a message; each is a button that adds or removes the user's own. */
export function ReactionList({ id, reactions }: { id: string; reactions: Reactions }) {
  const chat = useChat();
  const message = useMessage(id);
  const reacted = useChatState(state => state.reacted);
  const authors = useChatState(state => state.authors);
  const { react } = useWays(false);
  if (!message) return null;
  return (
    // Screen readers announce messages, but not reactions.
    <ul className="reactions" aria-label="Reactions" aria-live="off">
      {Object.entries(reactions).map(([emoji, by]) => (
        <li key={emoji}>
          <button
            type="button"
            aria-pressed={reacted.has(reactionKey(id, emoji))}
            disabled={!react}
            title={`${namesOf(by, authors)} reacted with ${emoji}`}
            onClick={() => chat.react(message, emoji)}
          >
            {emoji} <span>{by.length}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
