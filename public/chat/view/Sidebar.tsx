import { useLayoutEffect, useState } from 'react';
import { shownName } from '../../../src/model/name.ts';
import { Avatar } from '../../ui/Avatar.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { ChatIcon, Logo } from '../../ui/Icon.tsx';
import { paintTheme } from '../../ui/theme.ts';
import { can, chatTitle, type ListedRoom, nextTheme, type Theme } from '../model/state.ts';
import { Account, SignInLink } from './Account.tsx';
import { focusOn, useChat, useChatState, useEnter } from './hooks.ts';
import { NameForm } from './Person.tsx';
import { type Finder, Offered, optionId, RoomNav, useFinder } from './RoomList.tsx';

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

/** Switches between the system's theme, light and dark. */
function ThemeSwitch() {
  const chat = useChat();
  const [theme, setTheme] = useState(() => chat.storage.read<Theme>('theme') ?? 'system');
  useLayoutEffect(() => paintTheme(theme), [theme]);
  const change = () => {
    const next = nextTheme(theme, systemIsDark.matches);
    setTheme(next);
    chat.choose('theme', next);
  };
  const label = `Theme: ${theme}`;
  return (
    <button type="button" className="quiet" aria-label={label} title={label} onClick={change}>
      <ChatIcon name={theme} />
    </button>
  );
}

function EnterChoice() {
  const [enter, choose] = useEnter();
  return (
    <label className="choice">
      <input
        type="checkbox"
        checked={enter === 'send'}
        onChange={event => choose(event.target.checked ? 'send' : 'line')}
      />
      <span>Enter sends the message. Otherwise it begins a new line, and the button or Ctrl+Enter sends.</span>
    </label>
  );
}

/** The user's name, the theme switch, and help. */
function Me({ help }: { help: () => void }) {
  const name = useChatState(state => state.name);
  const me = useChatState(state => state.me);
  const here = useChatState(state => state.here);
  const hasAccounts = useChatState(state => state.hasAccounts === true);
  const [asking, setAsking] = useState(false);
  return (
    <footer className="me">
      <button type="button" className="who" onClick={() => setAsking(true)}>
        <Avatar name={name} />
        <span className="called" dir="auto">
          {name ? shownName(name) : 'No name yet'}
        </span>
        <span className="unseen">{me ? '(your account)' : '(change your name)'}</span>
      </button>
      {hasAccounts && !me && <SignInLink here={here} />}
      <ThemeSwitch />
      <button type="button" className="quiet" aria-label="Help" title="Help (?)" onClick={help}>
        <ChatIcon name="help" />
      </button>
      {asking && (
        <Dialog title={me ? 'Your account' : 'Your name'} close={() => setAsking(false)}>
          {me ? (
            <Account done={() => setAsking(false)} />
          ) : (
            <NameForm label="Your name for new messages" action="Save" done={() => setAsking(false)} />
          )}
          <EnterChoice />
        </Dialog>
      )}
    </footer>
  );
}

interface Props {
  readonly rooms: readonly ListedRoom[];
  readonly here: string;
  /** Set while the sidebar is hidden. */
  readonly inert: boolean;
  /** Closes the sidebar. */
  readonly close: () => void;
  readonly help: () => void;
}

/** The sidebar: the room finder, the rooms, and the user. */
export function Sidebar({ rooms, here, inert, close, help }: Props) {
  const finder = useFinder(rooms, close);
  const place = useChatState(chatTitle);
  const listed = useChatState(state => can(state, 'rooms'));
  return (
    <nav className="sidebar" id="rooms" aria-label="Rooms" inert={inert}>
      <header>
        <Logo />
        <p dir="auto">{place}</p>
        <button type="button" id="fold" className="quiet narrow" aria-label="Close the rooms" onClick={close}>
          <ChatIcon name="close" />
        </button>
      </header>
      {listed && <Search finder={finder} />}
      <div className="title">
        <h2>{listed && finder.open ? 'Rooms found' : 'Rooms'}</h2>
        {listed && (
          <button
            type="button"
            className="quiet"
            aria-label="Create a room"
            title="Create a room: type its name"
            onClick={() => focusOn('finder')}
          >
            <ChatIcon name="plus" />
          </button>
        )}
      </div>
      <div className="list">
        {listed && finder.open ? (
          <Offered finder={finder} />
        ) : (
          <RoomNav rooms={rooms} here={here} chosen={finder.done} />
        )}
        {!listed && <p className="note">The list of rooms is not available at the moment.</p>}
      </div>
      <Me help={help} />
    </nav>
  );
}

function Search({ finder: { typed, type, open, offered, active, press, submit } }: { finder: Finder }) {
  return (
    <search>
      <form className="finder" onSubmit={submit}>
        <ChatIcon name="find" />
        <input
          id="finder"
          role="combobox"
          aria-expanded={open && offered.length > 0}
          aria-controls={open ? 'offered' : undefined}
          aria-activedescendant={open && active >= 0 ? optionId(active) : undefined}
          aria-autocomplete="list"
          value={typed}
          onChange={event => type(event.target.value)}
          onKeyDown={press}
          onBlur={() => typed.trim() === '' && type('')}
          placeholder="Find or create a room"
          aria-label="Find or create a room"
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          enterKeyHint="go"
        />
      </form>
    </search>
  );
}
