import { type ComponentType, type KeyboardEvent, lazy, Suspense, useState } from 'react';
import { type Component, shortName } from '../model/component.ts';
import { keyWithin } from '../model/graph.ts';
import { type OutlineNode, outlineOf } from '../model/outline.ts';
import { librarySections } from '../model/search.ts';
import type { Panel } from '../model/state.ts';
import { faultsAt } from '../model/status.ts';
import { Boundary } from './Boundary.tsx';
import { Button, SelectLink } from './Button.tsx';
import { carrying } from './dropping.ts';
import { EditorIcon, Glyph } from './EditorIcon.tsx';
import { MessagesPanel } from './MessagesPanel.tsx';
import { PublishPanel } from './PublishPanel.tsx';
import { Recipes } from './Recipes.tsx';
import { RevisionsPanel } from './RevisionsPanel.tsx';
import { TestsPanel, TryPanel } from './TrialPanels.tsx';
import { Unfold } from './Unfold.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

// CodeMirror loads only when code is opened.
const CodePanel = lazy(() =>
  import('./CodePanel.tsx').catch(() => {
    throw new Error('it could not be loaded, as flowchat was updated or does not answer; reload the page');
  }),
);

/** In the order of their buttons; the icons have the same names. */
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

/** The buttons that open the panels. */
export function PanelToolbar() {
  const editor = useEditor();
  const open = useEditorState(state => state.panel);
  const rights = useEditorState(state => state.status?.rights);
  const shown = (Object.keys(panels) as Panel[]).filter(panel => {
    if (panel === 'code') return rights?.has('code');
    return rights?.has('edit') || !['library', 'try', 'tests'].includes(panel);
  });
  return (
    <nav className="rail" aria-label="Panels">
      {shown.map(panel => (
        <Button key={panel} icon={panel} aria-pressed={open === panel} onClick={() => editor.toggle(panel)}>
          <span>{panels[panel][0]}</span>
        </Button>
      ))}
      {rights?.has('settings') && (
        <Button icon="settings" onClick={() => editor.settings.show(true)}>
          <span>Settings</span>
        </Button>
      )}
    </nav>
  );
}

/** The panel beside the canvas, or below it on a phone. */
export function SidePanel() {
  const editor = useEditor();
  const panel = useEditorState(state => state.panel);
  if (!panel) return null;
  const [title, Content] = panels[panel];
  return (
    <section className="side" tabIndex={-1} aria-label={title} data-panel={panel}>
      <header>
        <h2>{title}</h2>
        <Button icon="close" className="quiet" aria-label={`Close ${title}`} onClick={() => editor.show(undefined)} />
      </header>
      <Boundary key={panel} what={title}>
        <Suspense fallback={<p className="hint">Loading</p>}>
          <Content />
        </Suspense>
      </Boundary>
    </section>
  );
}

/** The library: components to drag onto the canvas, or to add by Enter. */
function LibraryPanel() {
  const components = useEditorState(state => state.components);
  const own = useEditorState(state => state.id.split('/')[0]);
  const [wanted, setWanted] = useState('');
  const sections = librarySections(components, own ?? '', wanted);
  return (
    <div className="library">
      <input
        type="search"
        aria-label="Find a component"
        placeholder="Find a component"
        value={wanted}
        onChange={event => setWanted(event.target.value)}
        onKeyDown={walk}
      />
      <p className="hint">
        Drag what you need onto the graph or into a wire, or click it. A click puts a recipe into the chosen wire.
      </p>
      {wanted === '' && <Recipes wanted="" />}
      {sections.map(({ title, names, folded }) => (
        <details key={`${title} ${folded}`} open={!folded}>
          <summary>
            <h3>{title}</h3>
          </summary>
          <ul>
            {names.map(name => (
              <ComponentEntry key={name} component={components.get(name)!} />
            ))}
          </ul>
        </details>
      ))}
      {sections.length === 0 && <p className="hint">No component is called "{wanted.trim()}".</p>}
      {wanted !== '' && <Recipes wanted={wanted} />}
    </div>
  );
}

function ComponentEntry({ component: { name, icon, description, subgraph, locked } }: { component: Component }) {
  const editor = useEditor();
  const add = () => (locked ? editor.notify(`${name} can't be placed: ${locked}`, 'bad') : editor.editing.add(name));
  return (
    <li>
      <Button
        draggable={!locked}
        aria-disabled={locked !== ''}
        {...carrying(editor, { component: name })}
        onClick={add}
        onKeyDown={walk}
      >
        <span className="glyph">
          <Glyph name={icon} subgraph={subgraph} />
        </span>
        <span>
          <strong>{shortName(name)}</strong>
          <small>{locked || description}</small>
        </span>
        {locked && <EditorIcon name="lock" />}
      </Button>
    </li>
  );
}

/** Arrow keys move between components. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const all = [...(event.currentTarget.closest('.library')?.querySelectorAll<HTMLElement>('input, li button') ?? [])];
  const next = all[all.indexOf(event.currentTarget) + (event.key === 'ArrowDown' ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** The graph in words, in the order in which packets reach its nodes. */
function Outline() {
  const graph = useEditorState(state => state.graph);
  return (
    <div>
      <ol className="outline">
        {outlineOf(graph).map(node => (
          <OutlineEntry key={node.name} node={node} within="" />
        ))}
      </ol>
    </div>
  );
}

/** A node; `within` is the path of its graph, with a slash. Open subgraphs list their content. */
function OutlineEntry({
  node: { name, component, entering, leaving, settings },
  within,
}: {
  node: OutlineNode;
  within: string;
}) {
  const path = within + name;
  const chosen = useEditorState(({ selection }) => selection.nodes.has(path));
  const subgraph = useEditorState(({ components }) => components.get(component)?.subgraph ?? false);
  const content = useEditorState(({ scene }) => scene.frames.get(path)?.graph);
  const faults = useEditorState(({ status }) => status?.faults);
  const own = faultsAt(faults ?? [], path);
  return (
    <li aria-current={chosen || undefined}>
      <SelectLink node={path}>{name}</SelectLink> <span className="hint">{shortName(component)}</span>
      {subgraph && <Unfold path={path} open={content !== undefined} />}
      {own.map(({ node, sentence }) => (
        <p key={`${node} ${sentence}`} className="wrong">
          {sentence}
        </p>
      ))}
      <ul>
        {[...settings, ...entering, ...leaving].map(({ key, words }) => (
          <li key={key}>
            {key.startsWith('[') ? (
              <SelectLink edge={keyWithin(within, key)} thin>
                {words}
              </SelectLink>
            ) : (
              words
            )}
          </li>
        ))}
      </ul>
      {content && (
        <ol aria-label={`In ${path}`}>
          {outlineOf(content).map(node => (
            <OutlineEntry key={node.name} node={node} within={`${path}/`} />
          ))}
        </ol>
      )}
    </li>
  );
}
