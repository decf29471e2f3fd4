import { useEffect, useState } from 'react';
import { marksOf } from '../../../src/model/difference.ts';
import { author, type Difference, type DiffLine, type RevisionSummary } from '../model/revisions.ts';
import { isLive } from '../model/state.ts';
import { Button, SelectLink } from './Button.tsx';
import { Back } from './ConfirmDiscard.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** The Revisions panel: view, compare and roll back. */
export function RevisionsPanel() {
  const editor = useEditor();
  const live = useEditorState(state => state.status?.revision);
  const linked = useEditorState(isLive);
  const [revisions, setRevisions] = useState<readonly RevisionSummary[]>();
  const [compared, setCompared] = useState<{ from: number; to: number; difference: Difference }>();
  const [other, setOther] = useState<number>();
  // `live` is a dependency because a new revision changes the list.
  useEffect(() => {
    if (linked) void editor.publishing.revisions().then(found => found && setRevisions(found));
  }, [editor, live, linked]);
  const base = other ?? live;
  const compare = async (number: number) => {
    if (base === undefined) return;
    // From older to newer, so that added things show as added.
    const [from, to] = [Math.min(number, base), Math.max(number, base)];
    const difference = await editor.publishing.compare(from, to);
    if (!difference) return;
    // Marks refer to the later graph, which may differ from the draft.
    const { status, preview } = editor.state;
    if (to !== live || (status?.changes ?? 0) > 0) await editor.publishing.preview(to);
    else if (preview) editor.preview();
    setCompared({ from, to, difference });
    editor.update(state => ({ ...state, marks: marksOf(difference.items) }));
  };
  if (!revisions) return <p className="hint">Loading</p>;
  return (
    <div className="revisions">
      <label className="row">
        Compare with
        <select value={base ?? ''} onChange={event => setOther(Number(event.target.value))}>
          {revisions.map(({ number }) => (
            <option key={number} value={number}>
              {number === live ? `${number}, live` : number}
            </option>
          ))}
        </select>
      </label>
      {compared && (
        <section className="compared">
          <h3>
            From revision {compared.from} to {compared.to}
          </h3>
          <Differences difference={compared.difference} />
        </section>
      )}
      <ol>
        {revisions.map(kept => (
          <RevisionEntry
            key={kept.number}
            kept={kept}
            live={kept.number === live}
            compare={kept.number === base ? undefined : () => void compare(kept.number)}
          />
        ))}
      </ol>
      {revisions.length === 0 && <p className="hint">Nothing has been published yet.</p>}
    </div>
  );
}

interface RevisionEntryProps {
  readonly kept: RevisionSummary;
  readonly live: boolean;
  readonly compare: (() => void) | undefined;
}

function RevisionEntry({ kept: { number, at, by, note, changes, rolledBack }, live, compare }: RevisionEntryProps) {
  const editor = useEditor();
  const may = useEditorState(state => state.status?.rights.has('edit'));
  return (
    <li>
      <p>
        <strong>{number}</strong> {live && <span className="tag">live</span>} <span>{note}</span>
      </p>
      <p className="hint">
        <time dateTime={at}>{new Date(at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })}</time>
        {by && `, ${author(by)}`}
      </p>
      {rolledBack && <p className="wrong">Rolled back: {rolledBack}</p>}
      <ul className="changes">
        {changes.slice(0, 4).map(sentence => (
          <li key={sentence}>{sentence}</li>
        ))}
        {changes.length > 4 && <li>and {changes.length - 4} more</li>}
      </ul>
      <div className="row">
        <Button aria-label={`View revision ${number}`} onClick={() => void editor.publishing.preview(number)}>
          View
        </Button>
        {compare && (
          <Button aria-label={`Compare revision ${number}`} onClick={compare}>
            Compare
          </Button>
        )}
        {may && !live && <Back number={number}>Go back</Back>}
      </div>
    </li>
  );
}

/** A diff as sentences, and as text. */
export function Differences({ difference }: { difference: Difference }) {
  const nodes = useEditorState(state => state.graph.nodes);
  const { items, before, after, code = [] } = difference;
  if (items.length === 0 && before === after) return <p className="hint">Nothing differs.</p>;
  return (
    <>
      <ul className="items">
        {items.map(({ change, sentence, nodes: concerned, name, kind }) => {
          const node = concerned.find(each => nodes.has(each));
          return (
            <li key={`${kind} ${change} ${name}`} data-mark={change}>
              {node === undefined ? (
                sentence
              ) : (
                <SelectLink node={node} thin>
                  {sentence}
                </SelectLink>
              )}
            </li>
          );
        })}
      </ul>
      {before !== after && <Textual title="As text" before={before} after={after} />}
      {code.map(({ name, ...texts }) => (
        <Textual key={name} title={name} {...texts} />
      ))}
    </>
  );
}

/** A line diff of two texts; its code is loaded on demand. */
function Textual({ title, before, after }: { title: string; before: string; after: string }) {
  const [lines, setLines] = useState<readonly DiffLine[]>();
  useEffect(() => {
    let current = true;
    // On failure, the page itself offers a reload.
    const loaded = import('../model/revisions.ts').catch(() => undefined);
    void loaded.then(model => current && model && setLines(model.textDifference(before, after)));
    return () => {
      current = false;
    };
  }, [before, after]);
  if (!lines) return null;
  return (
    <details className="textual" open={lines.length < 40}>
      <summary>{title}</summary>
      <pre>
        {lines.map(({ sign, text }, index) => (
          // A line is only identified by its index.
          <span key={index} data-sign={sign}>
            {sign === '…' ? '⋯' : `${sign} ${text}`}
          </span>
        ))}
      </pre>
    </details>
  );
}
