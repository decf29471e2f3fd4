import { type MouseEvent, useEffect, useMemo, useState } from 'react';
import { LOBBY } from '../../../src/model/name.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { hrefOf } from '../model/address.ts';
import { adjacentRoom, can, chatTitle, type ListedRoom, listedRooms, titleOf } from '../model/state.ts';
import { type Enter, focusOn, useChatState, useDrawer, useEnter } from './hooks.ts';
import { RoomView } from './RoomView.tsx';
import { Sidebar } from './Sidebar.tsx';

/** The list of rooms. */
function useRooms(): readonly ListedRoom[] {
  const here = useChatState(state => state.here);
  const openedUnread = useChatState(state => state.openedUnread);
  const rooms = useChatState(state => state.rooms);
  const names = useChatState(state => state.names);
  const visited = useChatState(state => state.visited);
  const readPositions = useChatState(state => state.readPositions);
  const outbox = useChatState(state => state.outbox);
  const listed = useChatState(state => can(state, 'rooms'));
  return useMemo(() => {
    // Without a list, only the lobby and the current room are known.
    const known = listed ? names : names.filter(name => name === LOBBY || name === here);
    return listedRooms({ here, openedUnread, rooms, names: known, visited, readPositions, outbox });
  }, [here, openedUnread, rooms, names, visited, readPositions, outbox, listed]);
}

/** Actions of the page's keyboard shortcuts. */
interface Hotkeys {
  /** Goes to the next (1) or previous (-1) room, or unread room. */
  readonly step: (by: 1 | -1, unread: boolean) => void;
  readonly find: () => void;
  readonly help: () => void;
  readonly leave: () => void;
}

const writes = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;

/** Handles keyboard shortcuts, except while a dialog is open. */
function useHotkeys(hotkeys: Hotkeys): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const action = event.defaultPrevented || event.isComposing ? undefined : actionOf(event, hotkeys);
      if (!action || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [hotkeys]);
}

function actionOf(event: KeyboardEvent, { step, find, help, leave }: Hotkeys): (() => void) | undefined {
  const { key, altKey, shiftKey, ctrlKey, metaKey, target } = event;
  if (altKey && key === 'ArrowDown') return () => step(1, shiftKey);
  if (altKey && key === 'ArrowUp') return () => step(-1, shiftKey);
  if ((ctrlKey || metaKey) && key.toLowerCase() === 'k') return find;
  if (key === '?' && !writes(target)) return help;
  if (key === 'Escape') return leave;
}

function skip(event: MouseEvent): void {
  // The hash names the room, so a link within the page must not change it.
  event.preventDefault();
  focusOn('log');
}

/** Skip link for keyboard users. */
function Skip() {
  return (
    // biome-ignore lint/a11y/useValidAnchor: moves the focus within the page, without changing the address
    <a className="skip" href="#log" onClick={skip}>
      Skip to the messages
    </a>
  );
}

/**
 * Focuses the composer; if it has the focus, scrolls to the newest message, so that readers of history don't lose their
 * place by accident.
 */
function toComposer(): void {
  const log = document.getElementById('log')!;
  if (document.activeElement?.id === 'composer') log.scrollTop = log.scrollHeight;
  focusOn('composer');
}

/** The whole page. */
export function ChatApp() {
  const here = useChatState(state => state.here);
  const rooms = useRooms();
  const title = titleOf(rooms, here, useChatState(chatTitle));
  const drawer = useDrawer();
  const [helping, setHelping] = useState(false);
  const help = () => setHelping(true);

  useEffect(() => {
    document.title = title;
  }, [title]);
  useHotkeys({
    step: (by, unread) => {
      location.hash = hrefOf(adjacentRoom(rooms, here, by, unread));
    },
    find: () => drawer.show('finder'),
    help,
    leave: () => (drawer.open ? drawer.hide() : toComposer()),
  });

  return (
    <>
      <Skip />
      <div className="app" data-drawer={drawer.open || undefined}>
        <Sidebar rooms={rooms} here={here} inert={drawer.hidden} close={drawer.hide} help={help} />
        <RoomView rooms={rooms} here={here} drawer={drawer} />
        {drawer.open && <div className="shade" onClick={drawer.hide} aria-hidden="true" />}
      </div>
      {helping && <Help close={() => setHelping(false)} />}
    </>
  );
}

const mac = /Mac|iPhone|iPad/.test(navigator.userAgent);
const alt = mac ? 'Option' : 'Alt';
const ctrl = mac ? 'Cmd' : 'Ctrl';

const sending: Record<Enter, readonly (readonly [string, string])[]> = {
  send: [
    ['Enter', 'Send'],
    ['Shift+Enter', 'New line'],
  ],
  line: [
    [`${ctrl}+Enter`, 'Send'],
    ['Enter', 'New line'],
  ],
};

const keys: readonly (readonly [string, string])[] = [
  [`${alt}+↑ ↓`, 'Previous or next room'],
  [`${alt}+Shift+↑ ↓`, 'Previous or next unread room'],
  [`${ctrl}+K`, 'Find or create a room'],
  ['Escape', 'To the composer; once more, to the newest message'],
  ['?', 'This help, outside of text fields'],
];

/** The help dialog: keyboard shortcuts, and how the chat works. */
function Help({ close }: { close: () => void }) {
  const [enter] = useEnter();
  return (
    <Dialog title="Help" close={close}>
      <dl className="keys">
        {[...sending[enter], ...keys].map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p>
        To create a room, write in it: type its name above the list of rooms, or open its address. Your name, and what
        Enter does, are behind your name below that list. What you send while there is no connection is kept in this
        browser and goes out once, in order, when the connection is back.
      </p>
    </Dialog>
  );
}
