import { type FormEvent, type KeyboardEvent, memo, useLayoutEffect, useRef, useState } from 'react';
import { ChatIcon } from '../../ui/Icon.tsx';
import { hrefOf } from '../model/address.ts';
import type { ListedRoom, MadeRoomInfo } from '../model/state.ts';
import { type Choice, choices, step } from '../model/state.ts';
import { useChat, useChatState } from './hooks.ts';

/** Rooms rendered at once, so that thousands of rooms stay fast. */
const MAX_DRAWN = 200;

/** The list of rooms, with unread counts. */
export function RoomNav({ rooms, here, chosen }: { rooms: readonly ListedRoom[]; here: string; chosen: () => void }) {
  const [most, setMost] = useState(MAX_DRAWN);
  const list = useRef<HTMLUListElement>(null);
  const drawn = rooms.slice(0, most);
  const onShow = rooms.findIndex(({ name }) => name === here);
  if (onShow >= most) drawn.push(rooms[onShow]!);
  const left = rooms.length - drawn.length;
  const isListed = useChatState(state => state.isListed);
  const made = useChatState(state => state.made);
  useLayoutEffect(() => {
    const room = list.current?.querySelector<HTMLElement>('[aria-current]');
    if (room) reveal(room);
  }, [here, isListed]);
  return (
    <>
      <ul className="rooms" ref={list}>
        {drawn.map(({ name, unread, stuck }) => (
          <RoomEntry
            key={name}
            name={name}
            unread={unread}
            stuck={stuck}
            made={made.get(name)}
            current={name === here}
            chosen={chosen}
          />
        ))}
      </ul>
      {left > 0 && (
        <button type="button" className="more" onClick={() => setMost(most + MAX_DRAWN)}>
          {left.toLocaleString('en')} more rooms
        </button>
      )}
    </>
  );
}

/** Scrolls a room of the list into view. scrollIntoView would also change where Tab continues. */
function reveal(room: HTMLElement): void {
  const box = room.closest('.list');
  if (!box) return;
  const [inner, outer] = [room.getBoundingClientRect(), box.getBoundingClientRect()];
  if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top;
  else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom;
}

const SIGNS = { open: '#', private: '◆', direct: '@' } as const;
const KINDS = { open: undefined, private: 'private', direct: 'of two' } as const;

/** The icon before a room's name, which shows who may find it. */
export function RoomSign({ kind = 'open' }: { kind: MadeRoomInfo['kind'] | undefined }) {
  return (
    <>
      <span className="hash" aria-hidden="true">
        {SIGNS[kind]}
      </span>
      {KINDS[kind] && <span className="unseen">{KINDS[kind]} </span>}
    </>
  );
}

interface RoomEntryProps extends ListedRoom {
  readonly made: MadeRoomInfo | undefined;
  readonly current: boolean;
  readonly chosen: () => void;
}

const RoomEntry = memo(
  ({ name, unread, stuck, made, current, chosen }: RoomEntryProps) => (
    <li>
      <a href={hrefOf(name)} aria-current={current ? 'page' : undefined} onClick={chosen}>
        <RoomSign kind={made?.kind} />
        <span className="called" dir="auto">
          {made?.title ?? name}
        </span>
        {stuck && (
          <span className="stuck">
            <ChatIcon name="alert" />
            <span className="unseen">something was not sent</span>
          </span>
        )}
        {unread > 0 && (
          <span className="badge">
            {unread > 99 ? '99+' : unread}
            <span className="unseen"> unread</span>
          </span>
        )}
      </a>
    </li>
  ),
  // `chosen` is equivalent in every render.
  (before, { name, unread, stuck, made, current }) =>
    before.name === name &&
    before.unread === unread &&
    before.stuck === stuck &&
    before.current === current &&
    before.made?.title === made?.title &&
    before.made?.kind === made?.kind,
);

/** State and actions of the room finder. */
export interface Finder {
  readonly typed: string;
  readonly type: (typed: string) => void;
  /** Whether matches are shown instead of the list. */
  readonly open: boolean;
  readonly offered: readonly Choice[];
  /** Index of the match that Enter opens; -1 if there is none. */
  readonly active: number;
  readonly press: (event: KeyboardEvent) => void;
  /** Opens the active match. */
  readonly submit: (event: FormEvent) => void;
  readonly go: (room: string) => void;
  /** Clears the field after a room was chosen. */
  readonly done: () => void;
}

/** A combobox over the rooms; `chosen` is called after a choice. */
export function useFinder(rooms: readonly ListedRoom[], chosen: () => void): Finder {
  const [typed, setTyped] = useState('');
  const [opened, setOpened] = useState(false);
  const [moved, setMoved] = useState<number>();
  const open = opened || typed.trim() !== '';
  const offered = open ? choices(rooms, typed) : [];
  const active = Math.min(moved ?? 0, offered.length - 1);
  const type = (next: string) => {
    setTyped(next);
    setMoved(undefined);
    setOpened(false);
  };
  const done = () => {
    type('');
    chosen();
  };
  const chat = useChat();
  const isSignedIn = useChatState(state => state.me !== undefined);
  const go = (room: string) => {
    if (isSignedIn && rooms.every(({ name }) => name !== room)) void chat.begin(room);
    else location.hash = hrefOf(room);
    done();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const choice = offered[active];
    if (choice) go(choice.name);
  };
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || event.altKey) return;
    if (event.key === 'Escape' && open) {
      event.preventDefault();
      return type('');
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    if (!open) return setOpened(true);
    setMoved(step(active, event.key === 'ArrowDown' ? 1 : -1, offered.length));
  };
  return { typed, type, open, offered, active, press, submit, go, done };
}

/** The id of an option, for aria-activedescendant. */
export const optionId = (index: number): string => `offered-${index}`;

/** The matching rooms. The focus stays in the field. */
export function Offered({ finder: { typed, offered, active, go } }: { finder: Finder }) {
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <>
      <div ref={list} id="offered" className="rooms" role="listbox" aria-label="Rooms found">
        {offered.map((choice, index) => (
          <Option key={choice.name} choice={choice} index={index} isActive={index === active} go={go} />
        ))}
      </div>
      {offered.length === 0 && typed.trim() !== '' && (
        <p className="note" role="status">
          A room name needs letters from a to z, or digits.
        </p>
      )}
    </>
  );
}

interface OptionProps {
  readonly choice: Choice;
  readonly index: number;
  readonly isActive: boolean;
  readonly go: (room: string) => void;
}

function Option({ choice: { name, isNew, unread }, index, isActive, go }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field handles the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the field has the focus
    <div
      id={optionId(index)}
      role="option"
      aria-selected={isActive}
      className={isNew ? 'make' : undefined}
      // Keeps the focus in the field; losing it would close the list.
      onMouseDown={event => event.preventDefault()}
      onClick={() => go(name)}
    >
      {isNew ? (
        <ChatIcon name="plus" />
      ) : (
        <span className="hash" aria-hidden="true">
          #
        </span>
      )}
      <span className="called">{isNew ? `Create #${name}` : name}</span>
      {unread > 0 && (
        <span className="badge">
          {unread > 99 ? '99+' : unread}
          <span className="unseen"> unread</span>
        </span>
      )}
    </div>
  );
}
