import { useId, useState } from 'react';
import type { BareEdge, PortRef } from '../../../src/model/graph.ts';
import { called, portName } from '../../../src/model/words.ts';
import { slotId } from '../model/card.ts';
import type { DeclaredPort } from '../model/component.ts';
import { connectEdit, disconnectEdit } from '../model/edits.ts';
import { freeIndex, sources, targets } from '../model/fits.ts';
import { edgeKey, edgeName, initialsAt } from '../model/graph.ts';
import { outersAt } from '../model/outers.ts';
import type { LineEnd } from '../model/splices.ts';
import { isFaulty } from '../model/state.ts';
import { Button, SelectLink } from './Button.tsx';
import { Field } from './Field.tsx';
import { OuterPortList } from './OuterPorts.tsx';
import { useEditor, useEditorState, useFormGraph } from './useEditor.ts';

interface Props {
  readonly node: string;
  readonly port: DeclaredPort;
}

/** An inport: the sources of its packets, and a form to set or connect it. */
export function Incoming({ node, port }: Props) {
  const { graph, editable } = useFormGraph();
  const [setting, setSetting] = useState(false);
  const edges = [...graph.edges.values()].filter(({ to }) => to.node === node && to.port === port.name);
  const outer = outersAt(graph, 'inports', { node, port: port.name });
  const isSet = initialsAt(graph, { node, port: port.name }).length > 0;
  return (
    <div className="joint">
      <Heading node={node} port={port} />
      <OuterPortList node={node} port={port.name} side="inports" />
      {edges.map(edge => (
        <Joined key={edgeKey(edge)} edge={edge} words={`from ${called(edge.from)}`} />
      ))}
      {edges.length + outer.length === 0 && !isSet && !setting && (
        <p className="hint">
          Not connected
          {editable && (
            <Button className="plain" onClick={() => setSetting(true)}>
              Set a value
            </Button>
          )}
        </p>
      )}
      {(isSet || setting) && <Field node={node} port={port} />}
      {editable && !isSet && <Connect node={node} port={port} side="inports" />}
    </div>
  );
}

/** An outport: the targets of its packets, and a list to connect it by keyboard. */
export function Outgoing({ node, port }: Props) {
  const { graph, editable } = useFormGraph();
  const edges = [...graph.edges.values()].filter(({ from }) => from.node === node && from.port === port.name);
  return (
    <div className="joint">
      <Heading node={node} port={port} />
      {edges.map(edge => (
        <Joined key={edgeKey(edge)} edge={edge} words={`to ${called(edge.to)}`} />
      ))}
      <OuterPortList node={node} port={port.name} side="outports" />
      {editable && <Connect node={node} port={port} side="outports" />}
    </div>
  );
}

function Heading({ node, port }: Props) {
  const { pathOf } = useFormGraph();
  const faulty = useEditorState(state => isFaulty(state, pathOf(node), port.name));
  return (
    <p className="port" data-faulty={faulty || undefined} title={port.description}>
      {port.name.toUpperCase()} <span className="type">{port.schema || port.datatype}</span>
      {port.description && <span className="hint"> {port.description}</span>}
    </p>
  );
}

function Joined({ edge, words }: { edge: BareEdge; words: string }) {
  const { editable, edit, keyOf } = useFormGraph();
  return (
    <p className="joined">
      <SelectLink edge={keyOf(edgeKey(edge))}>{words}</SelectLink>
      {editable && (
        <Button
          icon="close"
          className="quiet small"
          aria-label={`Disconnect ${edgeName(edge)}`}
          onClick={() => edit(disconnectEdit(edge))}
        />
      )}
    </p>
  );
}

interface EndsProps {
  readonly id: string;
  readonly edge: BareEdge;
}

/** A list for each end of a wire, to move it to another port. */
export function WireEnds({ id, edge }: EndsProps) {
  return (
    <section>
      <h3>Ends</h3>
      <WireEndList id={id} edge={edge} end="from" />
      <WireEndList id={id} edge={edge} end="to" />
    </section>
  );
}

function WireEndList({ id, edge, end }: EndsProps & { end: LineEnd }) {
  const editor = useEditor();
  const field = useId();
  const { graph } = useFormGraph();
  const components = useEditorState(state => state.components);
  const here = edge[end];
  const found = end === 'to' ? targets(graph, components, edge.from) : sources(graph, components, edge.to);
  const others = found.filter(({ connected }) => !connected);
  const beside = [...graph.edges.values()].filter(each => called(each[end]) === called(here)).length - 1;
  const choose = (chosen: string) => {
    const to = others.find(({ port }) => called(port) === chosen)?.port;
    if (to) editor.splicing.moveEnd(id, end, to);
  };
  return (
    <div className="field">
      <label htmlFor={field}>{end === 'from' ? 'Comes from' : 'Leads to'}</label>
      <select id={field} value={called(here)} onChange={event => choose(event.target.value)}>
        <option>{called(here)}</option>
        {others.map(({ port }) => (
          <option key={called(port)}>{called(port)}</option>
        ))}
      </select>
      {beside > 0 && (
        <p className="hint">
          {beside === 1 ? 'Another wire is' : `${beside} other wires are`} at {called(here)}; only this one moves.
        </p>
      )}
    </div>
  );
}

interface ConnectProps extends Props {
  readonly side: 'inports' | 'outports';
}

/** Lists the ports to connect to. Connected ones are disabled. */
function Connect({ node, port, side }: ConnectProps) {
  const { graph, edit } = useFormGraph();
  const components = useEditorState(state => state.components);
  const index = freeIndex(graph, { node, port: port.name }, port.addressable);
  const here: PortRef = { node, port: port.name, ...(index !== undefined && { index }) };
  const outgoing = side === 'outports';
  const candidates = outgoing ? targets(graph, components, here) : sources(graph, components, here);
  const key = (there: PortRef) => `${slotId(there)} ${there.node}`;
  const choose = (chosen: string) => {
    const there = candidates.find(candidate => key(candidate.port) === chosen)?.port;
    if (there) edit(outgoing ? connectEdit(here, there) : connectEdit(there, here));
  };
  const words = `Connect ${portName(here)} ${outgoing ? 'to' : 'from'}`;
  return (
    <select className="connect" aria-label={words} value="" onChange={event => choose(event.target.value)}>
      <option value="">{words} …</option>
      {candidates.map(({ port: there, connected }) => (
        <option key={key(there)} value={key(there)} disabled={connected}>
          {called(there)}
          {connected ? ' (connected already)' : there.node === node ? ' (this node itself)' : ''}
        </option>
      ))}
      {candidates.length === 0 && <option disabled>no port fits</option>}
    </select>
  );
}
