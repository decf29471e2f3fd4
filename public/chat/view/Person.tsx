import { type FormEvent, useId, useState } from 'react';
import { nameFault, normalName } from '../../../src/model/name.ts';
import { useChat, useChatState } from './hooks.ts';

/** Asks for the user's name. */
export function NameForm({ label, action, done }: { label: string; action: string; done?: () => void }) {
  const chat = useChat();
  const id = useId();
  const [name, setName] = useState(useChatState(state => state.name));
  const [fault, setFault] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const normal = normalName(name);
    const wrong = normal ? nameFault(normal) : 'has no character that can be seen';
    setFault(wrong && `This name ${wrong}.`);
    if (wrong) return document.getElementById(id)?.focus();
    chat.rename(normal);
    done?.();
  };
  return (
    <form className="name" onSubmit={submit} noValidate>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        value={name}
        onChange={event => {
          setName(event.target.value);
          setFault(undefined);
        }}
        autoComplete="nickname"
        autoCapitalize="words"
        spellCheck={false}
        placeholder="Your name"
        aria-describedby={`${id}-note`}
        aria-invalid={fault !== undefined}
        required
      />
      <button type="submit" className="primary">
        {action}
      </button>
      <p
        className="note"
        id={`${id}-note`}
        role={fault ? 'alert' : undefined}
        data-bad={fault !== undefined || undefined}
      >
        {fault ?? 'Names are not verified: anyone can use any name.'}
      </p>
    </form>
  );
}
