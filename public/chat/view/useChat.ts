import { createContext, use, useSyncExternalStore } from 'react';
import type { ChatState } from '../model/state.ts';
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
