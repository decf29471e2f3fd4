import { type FormEvent, useId } from 'react';
import { Logo } from '../../ui/Logo.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** Asks for the secret; nothing else is shown before. */
export function Ask() {
  const editor = useEditor();
  const refused = useEditorState(state => state.access === 'refused');
  const id = useId();
  const enter = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = String(new FormData(event.currentTarget).get('secret'));
    if (typed) editor.enter(typed);
  };
  return (
    <main className="ask">
      <form onSubmit={enter}>
        <Logo />
        <h1>The graph behind the chat</h1>
        <p>Whoever knows the secret sees the graph at work, and may change it.</p>
        <label htmlFor={id}>Secret</label>
        <input
          id={id}
          name="secret"
          type="password"
          autoComplete="current-password"
          // biome-ignore lint/a11y/noAutofocus: there is nothing else to do here
          autoFocus
          aria-invalid={refused}
          aria-describedby={refused ? `${id}-wrong` : undefined}
        />
        {refused && (
          <p className="wrong" id={`${id}-wrong`} role="alert">
            The server does not know this secret. It is what EDITOR_SECRET says; where that is not set, it stands in the
            file editor-secret of the server's data folder.
          </p>
        )}
        <button type="submit" className="primary">
          Open
        </button>
        <p className="fine">It is kept in this window only, until you close it.</p>
      </form>
    </main>
  );
}
