import { type ComponentType, lazy, Suspense } from 'react';
import type { Panel } from '../model/state.ts';
import { Boundary } from './Boundary.tsx';
import { Icon } from './Icon.tsx';
import { Library } from './Library.tsx';
import { MessagesPanel } from './MessagesPanel.tsx';
import { Outline } from './Outline.tsx';
import { PublishPanel } from './PublishPanel.tsx';
import { RevisionsPanel } from './RevisionsPanel.tsx';
import { TestsPanel } from './TestsPanel.tsx';
import { TryPanel } from './TryPanel.tsx';
import { useEditor, usePart } from './useEditor.ts';

// CodeMirror comes only to those who write code.
const CodePanel = lazy(() =>
  import('./CodePanel.tsx').catch(() => {
    throw new Error('it could not be loaded, as flowchat was updated or does not answer; reload the page');
  }),
);

const panels: Readonly<Record<Panel, readonly [title: string, Content: ComponentType]>> = {
  library: ['Library', Library],
  outline: ['Outline', Outline],
  messages: ['Messages', MessagesPanel],
  try: ['Try', TryPanel],
  tests: ['Tests', TestsPanel],
  publish: ['Draft', PublishPanel],
  revisions: ['Revisions', RevisionsPanel],
  code: ['Code', CodePanel],
};

/** The panel beside the picture, or below it on a phone. */
export function Side() {
  const editor = useEditor();
  const panel = usePart(state => state.panel);
  if (!panel) return null;
  const [title, Content] = panels[panel];
  return (
    <section className="side" tabIndex={-1} aria-label={title} data-panel={panel}>
      <header>
        <h2>{title}</h2>
        <button type="button" className="quiet" aria-label={`Close ${title}`} onClick={() => editor.show(undefined)}>
          <Icon name="close" />
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
