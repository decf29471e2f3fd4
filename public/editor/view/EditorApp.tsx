import { type FormEvent, useEffect, useId, useState } from 'react';
import { Logo } from '../../ui/Icon.tsx';
import { shortName } from '../model/component.ts';
import { type EditorState, hasUnsaved, isLive, isSettled } from '../model/state.ts';
import { badge, isPublishable, otherEditors } from '../model/status.ts';
import { Button } from './Button.tsx';
import { Canvas } from './Canvas.tsx';
import { Inspector } from './Inspector.tsx';
import { useFocus, useHotkeys } from './keyboard.ts';
import { InsertPalette, Palette } from './Palette.tsx';
import { SettingsPage } from './SettingsPage.tsx';
import { PanelToolbar, SidePanel } from './SidePanel.tsx';
import { SignOut } from './SignOut.tsx';
import { useEditor, useEditorState, useListener } from './useEditor.ts';

/** Makes the browser ask before closing a window with unsaved source or unsent edits. */
function useUnsaved(): void {
  const editor = useEditor();
  useListener('beforeunload', event => hasUnsaved(editor.state) && event.preventDefault());
}

const elsewhere = (event: Event): boolean =>
  (event.target instanceof Element &&
    event.target.closest('input, textarea, select, [contenteditable], .code') !== null) ||
  document.querySelector('dialog[open]') !== null;

/** Copies nodes as .fbp text, and pastes such text. */
function useClipboard(): void {
  const editor = useEditor();
  useListener('copy', event => {
    if (elsewhere(event) || editor.state.selection.nodes.size === 0 || String(getSelection())) return;
    event.preventDefault();
    // Browsers offer the clipboard on https and localhost only; elsewhere, copied text can be pasted within this page.
    void editor.clipboard.copy().then(text => navigator.clipboard?.writeText(text).catch(() => {}));
    editor.notify('copied as .fbp text');
  });
  useListener('paste', event => {
    if (elsewhere(event)) return;
    event.preventDefault();
    void editor.clipboard.paste(event.clipboardData?.getData('text/plain') ?? '');
  });
}

/** Temporary messages. */
function Notices() {
  const editor = useEditor();
  const notices = useEditorState(state => state.notices);
  return (
    <div className="notices" role="log" aria-label="Notices">
      {notices.map(({ id, kind, text }) => (
        <div key={id} className="notice" data-kind={kind}>
          <p>{text}</p>
          <Button icon="close" className="quiet" aria-label="Dismiss" onClick={() => editor.dismiss(id)} />
        </div>
      ))}
    </div>
  );
}

/** The whole page. */
export function EditorApp() {
  const asking = useEditorState(state => state.access !== 'given');
  const here = useEditorState(state => state.draft !== undefined);
  const settings = useEditorState(
    ({ onlySettings, showsSettings, settings }) => settings && (onlySettings || showsSettings),
  );
  if (asking) return <Ask />;
  if (settings) return <SettingsPage />;
  return here ? <Workbench /> : <Opening />;
}

function Opening() {
  const lost = useEditorState(state => state.link.kind === 'offline');
  const why = useEditorState(({ link }) => link.kind !== 'live' && link.why);
  const words = lost ? 'The server does not answer; trying again' : 'Connecting';
  const { waiting } = useEditor().editStorage;
  return (
    <main className="opening">
      <p role="status">{why ? `${why}. The page connects again by itself.` : words}</p>
      {waiting > 0 && <p>{waiting === 1 ? '1 edit is' : `${waiting} edits are`} kept in this window until it does.</p>}
      <Notices />
    </main>
  );
}

function Workbench() {
  const [finding, setFinding] = useState(false);
  const find = () => setFinding(true);
  const inserting = useEditorState(state => state.inserting);
  const title = useEditorState(state => truth(state).words);
  useHotkeys(find);
  useFocus();
  useUnsaved();
  useClipboard();
  useEffect(() => {
    document.title = `${title} · flowchat editor`;
  }, [title]);
  return (
    <div className="app">
      <EditorHeader find={find} />
      <PanelToolbar />
      <SidePanel />
      <Canvas />
      <Inspector />
      <Notices />
      {finding && <Palette close={() => setFinding(false)} />}
      {inserting !== undefined && <InsertPalette key={inserting} id={inserting} />}
    </div>
  );
}

/** The sign-in form. */
function Ask() {
  const editor = useEditor();
  const refused = useEditorState(state => state.access === 'refused');
  const hasAccounts = useEditorState(state => state.hasAccounts);
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
        <p>
          Enter the secret to see and edit the graph.
          {hasAccounts && (
            <>
              {' '}
              Owners of the chat need none within a quarter of an hour after they have{' '}
              <a href="../#!sign-in?to=editor/">signed in there</a>.
            </>
          )}
        </p>
        <label htmlFor={id}>Secret</label>
        <input
          id={id}
          name="secret"
          type="password"
          autoComplete="current-password"
          // biome-ignore lint/a11y/noAutofocus: the form is the only content of the page
          autoFocus
          aria-invalid={refused}
          aria-describedby={refused ? `${id}-wrong` : undefined}
        />
        {refused && (
          <p className="wrong" id={`${id}-wrong`} role="alert">
            Wrong secret. It is the value of EDITOR_SECRET or, if that is not set, in the file editor-secret in the
            server's data folder.
          </p>
        )}
        <Button type="submit" className="primary">
          Sign in
        </Button>
        <p className="fine">Kept in this window only, until you close it.</p>
      </form>
    </main>
  );
}

/** The header: state, search and publishing. */
function EditorHeader({ find }: { find: () => void }) {
  const editor = useEditor();
  const file = useEditorState(({ status, id }) => status?.file || id);
  const watching = useEditorState(({ status }) => status && !status.rights.has('edit'));
  const others = useEditorState(({ status }) => (status ? otherEditors(status) : 0));
  const ready = useEditorState(
    ({ status, link }) => link.kind === 'live' && status !== undefined && isPublishable(status),
  );
  return (
    <header className="header">
      <Logo />
      <h1>
        flowchat{' '}
        <span className="file" title={file}>
          {shortName(file)}
        </span>
      </h1>
      <Truth />
      <span className="grow" />
      {others > 0 && (
        <span className="others" title="Others who have this graph open; you see each other's changes at once">
          {others === 1 ? '1 other editor' : `${others} other editors`}
        </span>
      )}
      <Button icon="find" className="seek" onClick={find}>
        <span>Search</span>
        <kbd>Ctrl K</kbd>
      </Button>
      {watching ? (
        <span className="others">Read-only</span>
      ) : (
        <Button className="primary" data-ready={ready} onClick={() => editor.show('publish')}>
          Publish
        </Button>
      )}
      <SignOut />
    </header>
  );
}

/** The badge with the current state. */
function Truth() {
  const editor = useEditor();
  const kind = useEditorState(state => truth(state).kind);
  const words = useEditorState(state => truth(state).words);
  const short = useEditorState(state => truth(state).short);
  const saved = useEditorState(({ status }) => status?.saved !== false);
  return (
    <Button className="truth" data-kind={kind} onClick={() => editor.toggle('publish')}>
      <span role="status" aria-label="State" data-short={short}>
        {words}
      </span>
      {!saved && <small title="The graph's file differs from the live graph">not saved</small>}
    </Button>
  );
}

const truth = (state: EditorState) =>
  badge(isLive(state), state.status, state.draft?.pending.length ?? 0, isSettled(state));
