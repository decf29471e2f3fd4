import { useEffect, useState } from 'react';
import { badge } from '../model/status.ts';
import { Ask } from './Ask.tsx';
import { Canvas } from './Canvas.tsx';
import { EditorHeader } from './EditorHeader.tsx';
import { EditorIcon } from './EditorIcon.tsx';
import { useFocus } from './focus.ts';
import { Inspector } from './Inspector.tsx';
import { Palette } from './Palette.tsx';
import { PanelToolbar, SidePanel } from './SidePanel.tsx';
import { useEditor, useEditorState } from './useEditor.ts';
import { useHotkeys } from './useHotkeys.ts';

/** Has the browser ask before the window is closed with source in it that is not saved. */
function useUnsaved(): void {
  const unsaved = useEditorState(state => state.unsaved.size > 0);
  useEffect(() => {
    if (!unsaved) return;
    const ask = (event: Event) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [unsaved]);
}

const elsewhere = (event: Event): boolean =>
  (event.target instanceof Element &&
    event.target.closest('input, textarea, select, [contenteditable], .code') !== null) ||
  document.querySelector('dialog[open]') !== null;

/** Copies nodes as .fbp text, and pastes such text. */
function useClipboard(): void {
  const editor = useEditor();
  useEffect(() => {
    const copy = (event: Event) => {
      if (elsewhere(event) || editor.state.selection.nodes.size === 0 || String(getSelection())) return;
      event.preventDefault();
      // The clipboard is there on https and loopback only; elsewhere what was copied stays within this page.
      void editor.clipboard.copy().then(text => navigator.clipboard?.writeText(text).catch(() => {}));
      editor.notify('copied as .fbp text');
    };
    const paste = (event: ClipboardEvent) => {
      if (elsewhere(event)) return;
      event.preventDefault();
      void editor.clipboard.paste(event.clipboardData?.getData('text/plain') ?? '');
    };
    addEventListener('copy', copy);
    addEventListener('paste', paste);
    return () => {
      removeEventListener('copy', copy);
      removeEventListener('paste', paste);
    };
  }, [editor]);
}

/** Sentences that stay for a while. */
function Notices() {
  const editor = useEditor();
  const notices = useEditorState(state => state.notices);
  return (
    <div className="notices" role="log" aria-label="Notices">
      {notices.map(({ id, kind, text }) => (
        <div key={id} className="notice" data-kind={kind}>
          <p>{text}</p>
          <button type="button" className="quiet" aria-label="Dismiss" onClick={() => editor.dismiss(id)}>
            <EditorIcon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}

/** The whole page. */
export function EditorApp() {
  const asking = useEditorState(state => state.access !== 'given');
  const here = useEditorState(state => state.draft !== undefined);
  return asking ? <Ask /> : here ? <Workbench /> : <Opening />;
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
  const title = useEditorState(
    ({ link, status, draft }) => badge(link.kind === 'live', status, draft?.pending.length ?? 0).words,
  );
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
    </div>
  );
}
