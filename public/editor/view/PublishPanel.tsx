import { type FormEvent, useEffect, useState } from 'react';
import { marksOf } from '../../../src/model/difference.ts';
import { shortName } from '../model/component.ts';
import { author, type Difference } from '../model/revisions.ts';
import { isLive, isSettled } from '../model/state.ts';
import type { LocatedFault } from '../model/status.ts';
import { Button } from './Button.tsx';
import { Discard } from './ConfirmDiscard.tsx';
import { Differences } from './RevisionsPanel.tsx';
import { Troubles } from './Troubles.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** The Draft panel: its differences from the live graph, its faults, and publishing. */
export function PublishPanel() {
  const status = useEditorState(state => state.status);
  const lost = !useEditorState(isLive);
  const settled = useEditorState(isSettled);
  const difference = useDifference();
  if (!status) return null;
  const { revision, since, by, changes, faults, warnings, conflict, rights, stopped, saved } = status;
  return (
    <div className="publish">
      <p className="hint">
        {revision === undefined
          ? 'Nothing is live.'
          : `Revision ${revision}, live since ${when(since)}${by ? `, ${author(by)}` : ''}${stopped ? '; stopped' : ''}`}
      </p>
      {lost && <p className="wrong">The connection is lost. Your edits are kept, and sent when it is back.</p>}
      {conflict && <p className="wrong">{conflict}</p>}
      <Troubles label="Faults" faults={faults} leads />
      <Troubles label="Warnings" warnings={warnings} leads />
      <section aria-label="Changes">
        {settled && changes === 0 && faults.length === 0 && <p className="calm">The draft has no changes.</p>}
        {difference && (changes > 0 || difference.items.length > 0) && <Differences difference={difference} />}
      </section>
      {rights.has('edit') && (
        <>
          <Publish changes={changes} faults={faults} lost={lost} />
          {!saved && <Save lost={lost} />}
          <Mode hold={status.hold} stopped={stopped} />
        </>
      )}
    </div>
  );
}

/** The current diff, loaded again whenever the draft or the live revision changes, and marked on the canvas. */
function useDifference(): Difference | undefined {
  const editor = useEditor();
  const status = useEditorState(state => state.status);
  const pending = useEditorState(state => state.draft?.pending.length ?? 0);
  const [difference, setDifference] = useState<Difference>();
  // `status` is a dependency because each new status may change the diff.
  useEffect(() => {
    let current = true;
    if (pending > 0) return;
    void editor.publishing.difference().then(found => {
      if (!current || !found) return;
      setDifference(found);
      editor.update(state => ({ ...state, marks: marksOf(found.items) }));
    });
    return () => {
      current = false;
    };
  }, [editor, status, pending]);
  return difference;
}

const when = (iso: string) =>
  iso ? new Date(iso).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }) : '';

interface Publishable {
  readonly changes: number;
  readonly faults: readonly LocatedFault[];
  readonly lost: boolean;
}

function Publish({ changes, faults, lost }: Publishable) {
  const editor = useEditor();
  const faulty = faults.length > 0;
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [reasons, setReasons] = useState<readonly string[]>([]);
  const publish = async (force: boolean) => {
    setBusy(true);
    const refused = await editor.publishing.publish(note, force);
    setBusy(false);
    setReasons(refused);
    if (refused.length === 0) setNote('');
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void publish(false);
  };
  if (changes === 0) return null;
  const unsaid = reasons.filter(reason => !faults.some(({ sentence }) => sentence === reason));
  return (
    <form className="act" onSubmit={submit}>
      <input
        aria-label="Note"
        placeholder="What changed?"
        value={note}
        onChange={event => setNote(event.target.value)}
      />
      {unsaid.length > 0 && (
        <div role="alert" className="wrong">
          {unsaid.map(reason => (
            <p key={reason}>{reason}</p>
          ))}
        </div>
      )}
      <div className="row">
        <Button icon="publish" type="submit" className="primary" disabled={busy || faulty || lost}>
          {busy ? 'Publishing' : 'Publish the draft'}
        </Button>
        {reasons.length > 0 && !faulty && (
          <Button disabled={busy || lost} onClick={() => void publish(true)}>
            Publish anyway
          </Button>
        )}
        <Discard disabled={busy || lost} />
      </div>
      {faulty && <p className="hint">Fix the faults to publish. What is live keeps running.</p>}
    </form>
  );
}

/** Shows that the live graph is not saved to its file, with a button to save it. */
function Save({ lost }: { lost: boolean }) {
  const editor = useEditor();
  const file = useEditorState(({ status }) => shortName(status?.file || 'the file'));
  return (
    <section className="mode" aria-label="Saving">
      <p>
        What is live is not in {file}.
        <small>The server starts with the live graph anyway; the file is what you and other programs read.</small>
      </p>
      <Button icon="save" disabled={lost} onClick={() => void editor.publishing.save()}>
        Save
      </Button>
    </section>
  );
}

function Mode({ hold, stopped }: { hold: boolean; stopped: boolean }) {
  const editor = useEditor();
  return (
    <section className="mode">
      <label>
        <input type="checkbox" checked={hold} onChange={event => void editor.publishing.hold(event.target.checked)} />
        <span>
          Publish manually
          <small>If off, each change without faults goes live at once.</small>
        </span>
      </label>
      <Button icon={stopped ? 'play' : 'stop'} onClick={() => void editor.publishing.run(stopped)}>
        {stopped ? 'Start the graph' : 'Stop the graph'}
      </Button>
    </section>
  );
}
