import { createContext, type RefObject, use, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { ChatState } from '../model/state.ts';
import { Calendar } from '../model/timeline.ts';
import type { Chat } from '../net/chat.ts';

/** Where the components below find the chat. */
export const ChatContext = createContext<Chat | undefined>(undefined);

/** The chat; to be used below a ChatContext. */
export function useChat(): Chat {
  const chat = use(ChatContext);
  if (!chat) throw new Error('useChat is used outside of a ChatContext');
  return chat;
}

/** A part of the chat's state; `pick` gives the same value as long as nothing changed. */
export function useChatState<T>(pick: (state: ChatState) => T): T {
  const { store } = useChat();
  return useSyncExternalStore(store.subscribe, () => pick(store.get()));
}

/** Puts a text into the composer, to be changed and sent anew. */
export type ComposeText = (text: string) => void;

/** Where the components below find the composer. */
export const ComposeContext = createContext<ComposeText>(() => undefined);

/** What puts a text into the composer. */
export const useCompose = (): ComposeText => use(ComposeContext);

/** The calendar of whoever reads this page. */
export const calendar = new Calendar(navigator.language);

/** The time in milliseconds since 1970, renewed every so many milliseconds. */
export function useNow(interval: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), interval);
    return () => clearInterval(timer);
  }, [interval]);
  return now;
}

/** What Enter does in the composer: send the message, or begin a new line. */
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

/** Moves the focus to an element, once what was just changed is there. */
export const focusOn = (id: string): unknown => setTimeout(() => document.getElementById(id)?.focus());

/** Whether the window is too narrow to show the rooms beside the messages; the same width as in layout.css. */
const useNarrow = (): boolean => useSyncExternalStore(onNarrow, () => narrow.matches);

/** The rooms as a drawer, where the window is too narrow for them to be always there. */
export interface Drawer {
  readonly open: boolean;
  /** Whether the rooms are out of sight. */
  readonly hidden: boolean;
  /** Brings up the rooms with the focus on this element of theirs. */
  readonly show: (id: string) => void;
  readonly hide: () => void;
  /** What opens it, and gets the focus back. */
  readonly menu: RefObject<HTMLButtonElement | null>;
}

/** Opens and closes the drawer, and moves the focus along. */
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
