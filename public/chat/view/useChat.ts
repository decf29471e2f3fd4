import { createContext, use, useSyncExternalStore } from 'react';
import type { State } from '../model/state.ts';
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
export function usePart<T>(pick: (state: State) => T): T {
  const { cell } = useChat();
  return useSyncExternalStore(cell.subscribe, () => pick(cell.get()));
}
