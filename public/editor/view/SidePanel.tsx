import { type ComponentType, lazy, Suspense } from 'react';
import type { Panel } from '../model/state.ts';
import { Boundary } from './Boundary.tsx';
import { EditorIcon, type signs } from './EditorIcon.tsx';
import { LibraryPanel } from './LibraryPanel.tsx';
import { MessagesPanel } from './MessagesPanel.tsx';
import { Outline } from './Outline.tsx';
import { PublishPanel } from './PublishPanel.tsx';
import { RevisionsPanel } from './RevisionsPanel.tsx';
import { TestsPanel, TryPanel } from './TrialPanels.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

const panelButtons: readonly (readonly [Panel, keyof typeof signs, string])[] = [
  ['library', 'library', 'Library'],
  ['outline', 'outline', 'Outline'],
  ['messages', 'messages', 'Messages'],
  ['try', 'try', 'Try'],
  ['tests', 'tests', 'Tests'],
  ['publish', 'publish', 'Draft'],
  ['revisions', 'revisions', 'Revisions'],
  ['code', 'code', 'Code'],
];

/** The ways into the panels. */
export function PanelToolbar() {
  const editor = useEditor();
  const open = useEditorState(state => state.panel);
  const rights = useEditorState(state => state.status?.rights);
  const shown = panelButtons.filter(([panel]) => {
    if (panel === 'code') return rights?.has('code');
    return rights?.has('edit') || !['library', 'try', 'tests'].includes(panel);
  });
  return (
    <nav className="rail" aria-label="Panels">
      {shown.map(([panel, icon, name]) => (
        <button type="button" key={panel} aria-pressed={open === panel} onClick={() => editor.toggle(panel)}>
          <EditorIcon name={icon} />
          <span>{name}</span>
        </button>
      ))}
    </nav>
  );
}

// CodeMirror comes only to those who write code.
const CodePanel = lazy(() =>
  import('./CodePanel.tsx').catch(() => {
    throw new Error('it could not be loaded, as flowchat was updated or does not answer; reload the page');
  }),
);

const panels: Readonly<Record<Panel, readonly [title: string, Content: ComponentType]>> = {
  library: ['Library', LibraryPanel],
  outline: ['Outline', Outline],
  messages: ['Messages', MessagesPanel],
  try: ['Try', TryPanel],
  tests: ['Tests', TestsPanel],
  publish: ['Draft', PublishPanel],
  revisions: ['Revisions', RevisionsPanel],
  code: ['Code', CodePanel],
};

/** The panel beside the picture, or below it on a phone. */
export function SidePanel() {
  const editor = useEditor();
  const panel = useEditorState(state => state.panel);
  if (!panel) return null;
  const [title, Content] = panels[panel];
  return (
    <section className="side" tabIndex={-1} aria-label={title} data-panel={panel}>
      <header>
        <h2>{title}</h2>
        <button type="button" className="quiet" aria-label={`Close ${title}`} onClick={() => editor.show(undefined)}>
          <EditorIcon name="close" />
        </button>
      </header>
      <Boundary key={panel} what={title}>
        <Suspense fallback={<p className="hint">Loading</p>}>
          <Content />
        </Suspense>
      </Boundary>
    </section>
  );
}
