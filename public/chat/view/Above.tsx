import { useState } from 'react';
import type { Room } from '../model/room.ts';
import { Icon } from './Icon.tsx';
import { useChat } from './useChat.ts';

/** Leads to the first unread message, where so many are unread that it is not loaded. */
export function Above({ room: { loaded, line, messages, older, newest }, toLine }: { room: Room; toLine: () => void }) {
  const chat = useChat();
  const [loading, setLoading] = useState(false);
  const isAbove = loaded && line !== undefined && line + 1 < (messages[0]?.seq ?? 0);
  if (!isAbove || older === 'none' || older === 'lost') return null;
  const go = async () => {
    setLoading(true);
    await chat.toLine();
    setLoading(false);
    // What was loaded is drawn in the next frame.
    requestAnimationFrame(() => requestAnimationFrame(toLine));
  };
  const count = (newest - line).toLocaleString('en');
  return (
    <button type="button" className="above" onClick={go} disabled={loading}>
      <Icon name="up" />
      {loading ? 'Loading…' : `${count} new messages: go to where they begin`}
    </button>
  );
}
