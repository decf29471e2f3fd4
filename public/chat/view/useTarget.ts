import { useEffect, useRef } from 'react';
import { MOST_UNREAD } from '../model/reading.ts';
import type { Room } from '../model/room.ts';
import { useChat } from './useChat.ts';

/** Brings the message that the address leads to into sight once, and loads it first unless it is very far up. */
export function useTarget({ messages, older }: Room, target: number | undefined, toTarget: () => boolean): void {
  const chat = useChat();
  const shown = useRef<number>(undefined);
  useEffect(() => {
    if (target === undefined) shown.current = undefined;
    if (target === undefined || shown.current === target) return;
    if (toTarget()) shown.current = target;
    else if (older === 'more' && (messages[0]?.seq ?? 0) - target <= MOST_UNREAD) void chat.reach(target);
  });
}
