import { createContext, type RefObject, use, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { pageHooks } from '../../ui/hooks.ts';
import type { ChatState } from '../model/state.ts';
import { Calendar } from '../model/timeline.ts';
import type { Chat } from '../net/chat.ts';

const hooks = pageHooks<Chat, ChatState>();
export const ChatContext = hooks.PageContext;
export const useChat = hooks.usePage;
export const useChatState = hooks.usePageState;

/** Puts a text into the composer, to be edited and sent again. */
export type ComposeText = (text: string) => void;

export const ComposeContext = createContext<ComposeText>(() => undefined);

export const useCompose = (): ComposeText => use(ComposeContext);

/** The calendar of the reader's locale. */
export const calendar = new Calendar(navigator.language);

/** The current time in milliseconds since 1970, updated at this interval. */
export function useNow(interval: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), interval);
    return () => clearInterval(timer);
  }, [interval]);
  return now;
}

/** What Enter does in the composer: send, or start a new line. */
export type Enter = 'send' | 'line';

const ENTER_KEY = 'enter';
const narrow = matchMedia('(max-width: 47.99rem)');
const coarse = matchMedia('(pointer: coarse)');
const enterChanged = new EventTarget();

const changesOf =
  (target: EventTarget) =>
  (listener: () => void): (() => void) => {
    target.addEventListener('change', listener);
    return () => target.removeEventListener('change', listener);
  };

const onNarrow = changesOf(narrow);
const onCoarse = changesOf(coarse);
const onEnter = changesOf(enterChanged);

/** What Enter does, and a function that changes it. Until chosen, Enter starts a new line on touch devices, which often have no Shift key. */
export function useEnter(): [Enter, (enter: Enter) => void] {
  const chat = useChat();
  const chosen = useSyncExternalStore(onEnter, () => chat.storage.read<Enter>(ENTER_KEY));
  const isTouch = useSyncExternalStore(onCoarse, () => coarse.matches);
  const choose = (next: Enter) => {
    chat.choose(ENTER_KEY, next);
    enterChanged.dispatchEvent(new Event('change'));
  };
  return [chosen ?? (isTouch ? 'line' : 'send'), choose];
}

/** Focuses an element after the pending render. */
export const focusOn = (id: string): unknown => setTimeout(() => document.getElementById(id)?.focus());

/** Whether the window is too narrow to show the rooms beside the messages; the same width as in layout.css. */
const useNarrow = (): boolean => useSyncExternalStore(onNarrow, () => narrow.matches);

/** The sidebar as a drawer on narrow windows. */
export interface Drawer {
  readonly open: boolean;
  /** Whether the drawer is closed, so that the rooms are hidden. */
  readonly hidden: boolean;
  /** Opens the drawer and focuses this element in it. */
  readonly show: (id: string) => void;
  readonly hide: () => void;
  /** The button that opens it, and gets the focus back. */
  readonly menu: RefObject<HTMLButtonElement | null>;
}

/** Opens and closes the drawer, and moves the focus. */
export function useDrawer(): Drawer {
  const isNarrow = useNarrow();
  const [aim, setAim] = useState<string>();
  const menu = useRef<HTMLButtonElement>(null);
  const drawn = isNarrow && aim !== undefined;
  useEffect(() => {
    if (!drawn) return;
    const button = menu.current;
    focusOn(aim);
    return () => button?.focus();
  }, [drawn, aim]);
  const show = (id: string) => (isNarrow ? setAim(id) : focusOn(id));
  return { open: drawn, hidden: isNarrow && !drawn, show, hide: () => setAim(undefined), menu };
}

/** A room's title in sentences: `#kitchen`, or the title of a private room. */
export const useRoomTitle = (room: string): string =>
  useChatState(({ made }) => {
    const { kind = 'open', title = room } = made.get(room) ?? {};
    return kind === 'open' ? `#${title}` : title;
  });
