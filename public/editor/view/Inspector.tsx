import { type FormEvent, type KeyboardEvent, type ReactNode, useState } from 'react';
import type { BareEdge } from '../../../src/model/graph.ts';
import { samplePacket } from '../../../src/model/sample-packets.ts';
import { portName } from '../../../src/model/words.ts';
import { isNeeded, libraryOf, settingsOf } from '../model/component.ts';
import { disconnectEdit } from '../model/edits.ts';
import { declaredAt, sentAt } from '../model/fits.ts';
import { edgeKey, edgeName } from '../model/graph.ts';
import { frameAround, lineOn } from '../model/level.ts';
import { filtered, type Packet } from '../model/packets.ts';
import {
  emptySelection,
  enteredSubgraph,
  mayEdit,
  mayEditAt,
  onlyEdge,
  onlyNode,
  shownWarnings,
} from '../model/state.ts';
import { subgraphFault, subgraphName } from '../model/subgraphs.ts';
import { lastPacket } from '../model/traces.ts';
import { Boundary } from './Boundary.tsx';
import { Button } from './Button.tsx';
import { Field } from './Field.tsx';
import { focusInspector, groupSelected } from './keyboard.ts';
import { CopyButton, Membership } from './Membership.tsx';
import { Tree } from './MessagesPanel.tsx';
import { Belonging, InnerInspector, NodeInspector } from './NodeInspector.tsx';
import { WireEnds } from './Ports.tsx';
import { PrivateTexts } from './PrivateTexts.tsx';
import { Troubles } from './Troubles.tsx';
import { FrameContext, useEditor, useEditorState } from './useEditor.ts';

/** Limit of listed names. */
const MAX_LISTED = 12;

/** Actions for a selection of several things. */
function ManyInspector() {
  const editor = useEditor();
  const editable = useEditorState(mayEdit);
  const { nodes, edges } = useEditorState(state => state.selection);
  const words = [nodes.size && `${nodes.size} nodes`, edges.size && `${edges.size} wires`].filter(Boolean).join(', ');
  return (
    <>
      <h2>{words}</h2>
      <ul className="names">
        {[...nodes].slice(0, MAX_LISTED).map(name => (
          <li key={name}>{name}</li>
        ))}
        {nodes.size > MAX_LISTED && <li>and {nodes.size - MAX_LISTED} more</li>}
      </ul>
      {nodes.size <= MAX_LISTED && [...nodes].map(name => <NodeSettings key={name} name={name} />)}
      {editable && nodes.size > 1 && <MakeSubgraph key={[...nodes].join()} />}
      <Membership nodes={[...nodes]} />
      {editable && (
        <div className="actions">
          {nodes.size > 1 && (
            <Button title="Ctrl G" onClick={() => groupSelected(editor)}>
              Group
            </Button>
          )}
          {nodes.size > 0 && <CopyButton />}
          <Button icon="trash" className="danger" onClick={() => editor.editing.deleteSelected()}>
            Delete
          </Button>
        </div>
      )}
    </>
  );
}

/** The settings of one of several nodes. */
function NodeSettings({ name }: { name: string }) {
  const component = useEditorState(({ graph, components }) => components.get(graph.nodes.get(name)?.component ?? ''));
  const settings = component ? settingsOf(component) : [];
  if (settings.length === 0) return null;
  const { first = [], others = [] } = Object.groupBy(settings, port =>
    port.form?.everyday || isNeeded(port) ? 'first' : 'others',
  );
  return (
    <section aria-label={`Settings of ${name}`}>
      <h3>{name}</h3>
      {first.map(port => (
        <Field key={port.name} node={name} port={port} />
      ))}
      {others.length > 0 && (
        <details>
          <summary className="hint">More settings</summary>
          {others.map(port => (
            <Field key={port.name} node={name} port={port} />
          ))}
        </details>
      )}
    </section>
  );
}

/** Makes a subgraph of the selected nodes, with a name that is also its file's. */
function MakeSubgraph() {
  const editor = useEditor();
  const components = useEditorState(state => state.components);
  const library = useEditorState(state => libraryOf(state.id));
  const { graph, selection } = editor.state;
  const [name, setName] = useState(() => subgraphName(graph, selection.nodes, library, components));
  const fault = subgraphFault(name, library, components);
  const make = (event: FormEvent) => {
    event.preventDefault();
    if (!fault && editor.subgraphs.make(name)) focusInspector();
  };
  return (
    <form className="field" onSubmit={make}>
      <label htmlFor="subgraph-name">Subgraph of these nodes</label>
      <div className="row">
        <input
          id="subgraph-name"
          className="subgraph-name"
          value={name}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={fault !== undefined}
          aria-describedby="subgraph-about"
          onChange={event => setName(event.target.value)}
        />
        <Button type="submit" disabled={fault !== undefined} title="Ctrl Shift G, Enter">
          Make it
        </Button>
      </div>
      <p className={fault ? 'wrong' : 'hint'} id="subgraph-about">
        {fault ?? `One node replaces them; publishing saves the subgraph to graphs/${name}.fbp.`}
      </p>
    </form>
  );
}

/** The inspector: properties of the selection, and actions on it. */
export function Inspector() {
  const node = useEditorState(onlyNode);
  // A renamed node keeps its form.
  const origin = useEditorState(state => state.selection.origin ?? node);
  const edge = useEditorState(onlyEdge);
  const inner = useEditorState(state => state.scene.parents.has(onlyNode(state) ?? ''));
  const many = useEditorState(({ selection: { nodes, edges } }) => nodes.size + edges.size > 1);
  if (node !== undefined) {
    return (
      <Frame label={`Node ${node}`}>
        {inner ? <InnerInspector key={origin} path={node} /> : <NodeInspector key={origin} name={node} />}
      </Frame>
    );
  }
  if (edge !== undefined) {
    return (
      <Frame label="Wire">
        <EdgeInspector key={edge} id={edge} />
      </Frame>
    );
  }
  return many ? (
    <Frame label="Selection">
      <ManyInspector />
    </Frame>
  ) : null;
}

function Frame({ label, children }: { label: string; children: ReactNode }) {
  const editor = useEditor();
  const close = () => editor.select(emptySelection);
  return (
    <aside className="inspector" tabIndex={-1} aria-label={label}>
      <Button icon="close" className="quiet shut" aria-label="Close the inspector" onClick={close} />
      <Boundary what="This form" of={label}>
        {children}
      </Boundary>
    </aside>
  );
}

/** A wire: its packets, its ends, and a form to inject a packet. */
function EdgeInspector({ id }: { id: string }) {
  const editor = useEditor();
  const graph = useEditorState(state => state.scene.graph);
  const components = useEditorState(state => state.components);
  const edge = graph.edges.get(id);
  const frame = useEditorState(state => frameAround(state, edge?.from.node ?? ''));
  const own = useEditorState(state => lineOn(state, id)?.line.edge);
  const editable = useEditorState(state => mayEditAt(state, frame));
  const entered = useEditorState(state => enteredSubgraph(state) !== undefined);
  const sent = edge && sentAt(graph, components, edge.from);
  const warnings = useEditorState(shownWarnings);
  if (!edge || !own) return null;
  return (
    <FrameContext value={frame}>
      <div className="title wide">
        <h2>
          {edge.from.node} <span className="type">{portName(edge.from)}</span> →{' '}
          <span className="type">{portName(edge.to)}</span> {edge.to.node}
        </h2>
        <p className="kind">{sent?.schema || sent?.datatype}</p>
      </div>
      {sent?.description && <p className="about">{sent.description}</p>}
      <Troubles label="Warnings" warnings={warnings.filter(warning => warning.edge === id)} />
      <Packets />
      {frame && <Belonging frame={frame} />}
      {editable && <WireEnds id={id} edge={own} />}
      {editable && !frame && !entered && <Put edge={edge} />}
      {editable && (
        <div className="actions">
          <Button
            icon="plus"
            title="Insert a node (+)"
            onClick={() => editor.update(state => ({ ...state, inserting: id }))}
          >
            Insert a node
          </Button>
          <Button
            icon="trash"
            className="danger"
            aria-label={`Delete ${edgeName(edge)}`}
            onClick={() => editor.editing.edit(disconnectEdit(own), frame)}
          >
            Delete
          </Button>
        </div>
      )}
    </FrameContext>
  );
}

/** Escape clears typed text first; a second Escape leaves the field. */
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
        <Button
          icon={watch?.paused ? 'play' : 'pause'}
          aria-pressed={watch?.paused ?? false}
          onClick={() => editor.watching.pause()}
        >
          {watch?.paused ? 'Resume' : 'Pause'}
        </Button>
      </div>
      <PrivateTexts />
      {watch && watch.pausedPackets.length > 0 && (
        <p className="hint">{watch.pausedPackets.length} more while paused.</p>
      )}
      <ol className="stream">
        {packets.slice(0, 50).map(packet => (
          <Passed key={packet.number} packet={packet} />
        ))}
      </ol>
      {packets.length === 0 && (
        <p className="hint">{watch?.packets.length ? 'No packet matches.' : 'Packets on this wire appear here.'}</p>
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

/** The initial text of a packet for a wire: the last one that passed, otherwise a sample of its type. */
function useStart(edge: BareEdge): { readonly data: unknown; readonly words: string } {
  const last = useEditorState(({ watch, traces }) => watch?.packets[0]?.data ?? lastPacket(traces, edgeKey(edge)));
  const schema = useEditorState(({ scene, components }) => {
    const sent = sentAt(scene.graph, components, edge.from);
    return sent?.schema || declaredAt(scene.graph, components, edge.to, 'inports')?.schema || '';
  });
  if (last !== undefined) return { data: last, words: 'Prefilled with the last packet on this wire.' };
  const sample = samplePacket(schema);
  return { data: sample ?? {}, words: sample ? `Prefilled with a sample of ${schema}.` : '' };
}

/** Injects a packet in a copy of the draft, and shows its trace. */
function Put({ edge }: { edge: BareEdge }) {
  const editor = useEditor();
  const start = useStart(edge);
  const [text, setText] = useState<string>();
  const [fault, setFault] = useState<string>();
  const value = text ?? JSON.stringify(start.data, null, 2);
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
      <summary>Send a packet</summary>
      <p className="hint">
        It runs in a copy of the draft with its own stores; the live chat is not affected. {start.words}
      </p>
      <textarea
        aria-label="Packet as JSON"
        rows={6}
        spellCheck={false}
        value={value}
        onChange={event => setText(event.target.value)}
        onKeyDown={event => takeBack(event, text !== undefined, reset)}
      />
      {fault && <p className="wrong">{fault}</p>}
      <Button icon="try" onClick={put}>
        Send and trace
      </Button>
    </details>
  );
}
