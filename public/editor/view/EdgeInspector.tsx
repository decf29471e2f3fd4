import { type KeyboardEvent, useState } from 'react';
import { disconnectEdit } from '../model/edits.ts';
import { declaredAt } from '../model/fits.ts';
import { type EditorEdge, edgeName, portName } from '../model/graph.ts';
import { filtered, type Packet } from '../model/packets.ts';
import { mayEdit } from '../model/state.ts';
import { EditorIcon } from './EditorIcon.tsx';
import { Belonging } from './InnerInspector.tsx';
import { Tree } from './TraceView.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** A wire: what passes it, and what could be put on it. */
export function EdgeInspector({ id }: { id: string }) {
  const editor = useEditor();
  const edge = useEditorState(state => state.scene.graph.edges.get(id));
  const editable = useEditorState(state => mayEdit(state) && state.graph.edges.has(id));
  const frame = useEditorState(state => state.scene.parents.get(edge?.from.node ?? ''));
  const sent = useEditorState(
    ({ scene, components }) => edge && declaredAt(scene.graph, components, edge.from, 'outports'),
  );
  if (!edge) return null;
  return (
    <>
      <div className="title wide">
        <h2>
          {edge.from.node} <span className="type">{portName(edge.from)}</span> →{' '}
          <span className="type">{portName(edge.to)}</span> {edge.to.node}
        </h2>
        <p className="kind">{sent?.schema || sent?.datatype}</p>
      </div>
      {sent?.description && <p className="about">{sent.description}</p>}
      <Warnings id={id} />
      <Packets />
      {frame !== undefined && <Belonging frame={frame} />}
      {editable && <Put edge={edge} />}
      {editable && (
        <div className="actions">
          <button
            type="button"
            className="danger"
            aria-label={`Delete ${edgeName(edge)}`}
            onClick={() => editor.editing.edit(disconnectEdit(edge))}
          >
            <EditorIcon name="trash" />
            Delete
          </button>
        </div>
      )}
    </>
  );
}

/** What is odd about the wire. */
function Warnings({ id }: { id: string }) {
  const warnings = useEditorState(state => (state.preview ? undefined : state.status?.warnings));
  const own = (warnings ?? []).filter(({ edge }) => edge === id);
  if (own.length === 0) return null;
  return (
    <ul className="troubles" aria-label="Warnings">
      {own.map(({ sentence }) => (
        <li key={sentence} className="warning">
          {sentence}
        </li>
      ))}
    </ul>
  );
}

/** What was typed is taken back by Esc first, and the field is left by another one. */
function takeBack(event: KeyboardEvent, typed: boolean, back: () => void): void {
  if (event.key !== 'Escape' || !typed) return;
  event.preventDefault();
  back();
}

function Packets() {
  const editor = useEditor();
  const watch = useEditorState(state => state.watch);
  const [wanted, setWanted] = useState('');
  const packets = filtered(watch?.packets ?? [], wanted);
  return (
    <section className="packets">
      <h3>
        Packets <span className="hint">{watch?.passed || 'none yet'}</span>
      </h3>
      <div className="row">
        <input
          type="search"
          aria-label="Filter packets"
          placeholder="Filter, as in author ann"
          value={wanted}
          onChange={event => setWanted(event.target.value)}
          onKeyDown={event => takeBack(event, wanted !== '', () => setWanted(''))}
        />
        <button type="button" aria-pressed={watch?.paused ?? false} onClick={() => editor.watching.pause()}>
          <EditorIcon name={watch?.paused ? 'play' : 'pause'} />
          {watch?.paused ? 'Go on' : 'Pause'}
        </button>
      </div>
      {watch && watch.held.length > 0 && (
        <p className="hint">{watch.held.length} came since; they show when it goes on.</p>
      )}
      <ol className="stream">
        {packets.slice(0, 50).map(packet => (
          <Passed key={packet.number} packet={packet} />
        ))}
      </ol>
      {packets.length === 0 && (
        <p className="hint">
          {watch?.packets.length ? 'No packet is like this.' : 'Packets that pass this wire show here.'}
        </p>
      )}
    </section>
  );
}

function Passed({ packet: { number, at, data } }: { packet: Packet }) {
  return (
    <li>
      <p className="hint">
        {number} · {new Date(at).toLocaleTimeString()}
      </p>
      <Tree data={data} />
    </li>
  );
}

/** Puts a packet on the wire in a copy of the draft, and shows where it goes. */
function Put({ edge }: { edge: EditorEdge }) {
  const editor = useEditor();
  const latest = useEditorState(state => state.watch?.packets[0]?.data);
  const [text, setText] = useState<string>();
  const [fault, setFault] = useState<string>();
  const value = text ?? JSON.stringify(latest ?? {}, null, 2);
  const reset = () => {
    setText(undefined);
    setFault(undefined);
  };
  const put = () => {
    try {
      setFault(undefined);
      void editor.watching.tryPacket(edge, JSON.parse(value));
    } catch {
      setFault('this is no JSON; write it as in {"key": "value"}');
    }
  };
  return (
    <details className="put">
      <summary>Put a packet on it</summary>
      <p className="hint">It runs through a copy of the draft with stores of its own; the live chat does not notice.</p>
      <textarea
        aria-label="Packet as JSON"
        rows={6}
        spellCheck={false}
        value={value}
        onChange={event => setText(event.target.value)}
        onKeyDown={event => takeBack(event, text !== undefined, reset)}
      />
      {fault && <p className="wrong">{fault}</p>}
      <button type="button" onClick={put}>
        <EditorIcon name="try" />
        See where it goes
      </button>
    </details>
  );
}
