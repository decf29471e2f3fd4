import { type FocusEvent, type KeyboardEvent, useRef, useState } from 'react';
import type { Reactions } from '../../../src/model/chat.ts';
import { shownName } from '../../../src/model/name.ts';
import { ChatIcon } from '../../ui/Icon.tsx';
import { can, reactionKey, roomIn } from '../model/state.ts';
import type { ShownMessage } from '../model/wire.ts';
import { useChat, useChatState } from './hooks.ts';

/** The emoji that the menu offers, each with its name. */
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

/** What the user can do with a message, as the server's graph is wired. */
function useWays(mine: boolean): { readonly react: boolean; readonly edit: boolean; readonly remove: boolean } {
  const about = useChatState(state => state.about);
  return {
    react: can({ about }, 'react'),
    edit: mine && can({ about }, 'edit'),
    remove: mine && can({ about }, 'remove'),
  };
}

/** The menu of a message: adds a reaction; one's own is edited in the composer, or removed after a second question. */
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
  const { react, edit, remove } = useWays(mine);
  if (!(react || edit || remove)) return null;
  const change = react ? 'React to this message or change it' : 'Change this message';
  const words = edit || remove ? change : 'React to this message';
  return (
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
      {isOpen && <MenuChoices id={id} mine={mine} close={close} />}
    </details>
  );
}

function MenuChoices({ id, mine, close }: { id: string; mine: boolean; close: () => void }) {
  const chat = useChat();
  const message = useMessage(id);
  const reacted = useChatState(state => state.reacted);
  const [isAsked, ask] = useState(false);
  const { react, edit, remove } = useWays(mine);
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
    </div>
  );
}

/** How many of those who reacted are named. */
const NAMED = 10;

/** Who reacted, in words: `ann, bob and 3 others`. */
function namesOf(by: Reactions[string]): string {
  const named = by.slice(0, NAMED).map(({ name }) => shownName(name));
  const others = by.length - named.length;
  if (others > 0) named.push(others === 1 ? '1 other' : `${others} others`);
  return new Intl.ListFormat('en').format(named);
}

/** The reactions to a message; each is a button that adds the user's own or takes it back. */
export function ReactionList({ id, reactions }: { id: string; reactions: Reactions }) {
  const chat = useChat();
  const message = useMessage(id);
  const reacted = useChatState(state => state.reacted);
  const { react } = useWays(false);
  if (!message) return null;
  return (
    // The log tells of messages, not of reactions to them.
    <ul className="reactions" aria-label="Reactions" aria-live="off">
      {Object.entries(reactions).map(([emoji, by]) => (
        <li key={emoji}>
          <button
            type="button"
            aria-pressed={reacted.has(reactionKey(id, emoji))}
            disabled={!react}
            title={`${namesOf(by)} reacted with ${emoji}`}
            onClick={() => chat.react(message, emoji)}
          >
            {emoji} <span>{by.length}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
