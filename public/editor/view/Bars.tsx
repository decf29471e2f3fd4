import type { ReactNode } from 'react';
import { called } from '../../../src/model/words.ts';
import { shortName } from '../model/component.ts';
import { lineOn } from '../model/level.ts';
import { lineAt, lineName } from '../model/splices.ts';
import { type EditorState, emptySelection, enteredSubgraph, graphAt, mayEdit } from '../model/state.ts';
import { headline } from '../model/traces.ts';
import { Button } from './Button.tsx';
import { Back } from './ConfirmDiscard.tsx';
import { focusSteps } from './keyboard.ts';
import { useEditor, useEditorState } from './useEditor.ts';

/** Shows that the canvas has a read-only graph, a subgraph or a trace, with a button to return. */
export function PreviewBar() {
  const editor = useEditor();
  const title = useEditorState(state => state.preview?.title);
  const trace = useEditorState(state => state.trace);
  const entered = useEditorState(state => enteredSubgraph(state) !== undefined);
  if (!title && !trace) return entered ? <EnteredBar /> : null;
  const back = () => (title ? editor.preview() : editor.watching.light());
  return (
    <div className="glance">
      <span role="status">{title ? `${title}, read-only` : headline(trace!)}</span>
      {!title && <Steps />}
      <Button icon="back" onClick={back}>
        {title ? 'Back to the draft' : 'Clear'}
      </Button>
    </div>
  );
}

/** Shows which subgraph is on the canvas. */
function EnteredBar() {
  const editor = useEditor();
  const component = useEditorState(state => shortName(enteredSubgraph(state) ?? ''));
  const editable = useEditorState(mayEdit);
  const around = useEditorState(({ entered }) => shortName(entered.at(-2)?.component ?? ''));
  return (
    <div className="glance">
      <span role="status">
        Subgraph {component}
        {!editable && ', read-only'}
      </span>
      <Button icon="back" onClick={() => editor.subgraphs.leave(1)}>
        {around ? `Back to ${around}` : 'Back to the graph'}
      </Button>
    </div>
  );
}

/** During a drag: which wire's end moves, or which wire the item is inserted into. */
export function DragBar() {
  const words = useEditorState(dragWords);
  const bad = useEditorState(({ splicing }) => splicing?.fault !== undefined);
  if (!words) return null;
  return (
    <div className="glance drag" data-bad={bad || undefined}>
      <span role="status">{words}</span>
    </div>
  );
}

function dragWords(state: EditorState): string {
  const { splicing, wiring } = state;
  const aimed = splicing && lineOn(state, splicing.line);
  if (aimed) return splicing.fault ?? `Into ${lineName(aimed.line)}`;
  const graph = graphAt(state, wiring?.frame ?? '');
  const line = wiring?.moved && lineAt(graph, wiring.moved.line);
  if (!wiring?.moved || !line) return '';
  const { end } = wiring.moved;
  const here = line.edge?.[end];
  const name = here && called(here);
  const beside = [...graph.edges.values()].filter(edge => name === called(edge[end])).length - 1;
  const stays = beside === 1 ? `; another wire at ${name} stays` : `; ${beside} other wires at ${name} stay`;
  return `Moving the end of ${lineName(line)}${beside > 0 ? stays : ''}`;
}

/** A button that opens the list of steps, if it is not open. */
function Steps() {
  const editor = useEditor();
  const open = useEditorState(({ panel }) => panel === 'messages' || panel === 'try');
  const live = useEditorState(({ trace }) => (trace?.revision ?? 0) > 0);
  if (open) return null;
  const show = () => {
    // On a phone, the inspector covers the panel.
    if (matchMedia('(max-width: 47.99rem)').matches) editor.select(emptySelection);
    editor.show(live ? 'messages' : 'try');
    focusSteps();
  };
  return <Button onClick={show}>Show steps</Button>;
}

/** The toolbar of the canvas. */
export function Toolbar() {
  const editor = useEditor();
  const editable = useEditorState(mayEdit);
  const showsHeat = useEditorState(state => state.showsHeat);
  const past = useEditorState(state => state.history.past.at(-1)?.label);
  const future = useEditorState(state => state.history.future[0]?.label);
  return (
    <div className="toolbar" role="toolbar" aria-label="Picture">
      {editable && (
        <>
          <Button
            icon="undo"
            className="quiet"
            aria-label={past ? `Undo: ${past}` : 'Undo'}
            title={past ? `Undo: ${past} (Ctrl Z)` : 'Nothing to undo'}
            disabled={!past}
            onClick={() => editor.editing.undo()}
          />
          <Button
            icon="redo"
            className="quiet"
            aria-label={future ? `Redo: ${future}` : 'Redo'}
            title={future ? `Redo: ${future} (Ctrl Y)` : 'Nothing to redo'}
            disabled={!future}
            onClick={() => editor.editing.redo()}
          />
          <Button
            icon="arrange"
            className="quiet"
            aria-label="Lay out"
            title="Arrange all nodes automatically; this can be undone"
            onClick={() => void editor.editing.arrange()}
          />
        </>
      )}
      <Button
        icon="heat"
        className="quiet"
        aria-label="Heat"
        aria-pressed={showsHeat}
        title="Packets per second on wires, time and errors at nodes"
        onClick={() => editor.watching.showHeat(!showsHeat)}
      />
    </div>
  );
}

/**
 * Notices and decisions: a closed connection, a newer page, a confirmation, a start with a different graph than
 * published, a rolled-back revision.
 */
export function Banners() {
  const editor = useEditor();
  const outdated = useEditorState(state => state.outdated);
  const link = useEditorState(state => state.link);
  const { confirm, startedWith, takenBack, rights } = useEditorState(state => state.status) ?? {};
  const why = link.kind !== 'live' && link.why;
  if (!outdated && !confirm && !startedWith && !takenBack && !why) return null;
  const may = rights?.has('edit');
  return (
    <div className="banners">
      {why && (
        <Banner words={`${why}. The page connects again by itself.`}>
          <Button disabled={link.kind === 'connecting'} onClick={() => editor.connection.connect()}>
            Try now
          </Button>
        </Banner>
      )}
      {outdated && (
        <Banner words="flowchat was updated. Your edits and your code are kept in this window." kind="info">
          <Button onClick={() => editor.reload()}>Reload</Button>
        </Banner>
      )}
      {confirm && (
        <Banner words={confirm}>
          {may && (
            <Button disabled={link.kind !== 'live'} onClick={() => void editor.publishing.accept()}>
              Make it live anyway
            </Button>
          )}
        </Banner>
      )}
      {startedWith && <Banner words={startedWith} />}
      {takenBack && (
        <Banner
          words={`Revision ${takenBack.failed} was rolled back: ${takenBack.why}. The graph of revision ${takenBack.to} is live again.`}
        >
          {may && <Back number={takenBack.failed}>Go back to {takenBack.failed}</Back>}
        </Banner>
      )}
    </div>
  );
}

interface BannerProps {
  readonly words: string;
  readonly kind?: 'warn' | 'info';
  /** A button. */
  readonly children?: ReactNode;
}

function Banner({ words, kind = 'warn', children }: BannerProps) {
  return (
    <div className="banner" role="status" data-kind={kind}>
      <p>{words}</p>
      {children && <div className="row">{children}</div>}
    </div>
  );
}
