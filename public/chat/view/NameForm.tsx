import { type FormEvent, useId, useState } from 'react';
import { useChat, usePart } from './useChat.ts';

/** Asks what one wants to be called. */
export function NameForm({ label, action, done }: { label: string; action: string; done?: () => void }) {
  const chat = useChat();
  const id = useId();
  const [name, setName] = useState(usePart(state => state.name));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim()) return;
    chat.rename(name.trim());
    done?.();
  };
  return (
    <form className="name" onSubmit={submit}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        value={name}
        onChange={event => setName(event.target.value)}
        maxLength={64}
        autoComplete="nickname"
        autoCapitalize="words"
        spellCheck={false}
        placeholder="Your name"
        required
      />
      <button type="submit" className="primary">
        {action}
      </button>
    </form>
  );
}
