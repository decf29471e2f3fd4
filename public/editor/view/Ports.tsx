import { useState } from 'react';
import { slotId } from '../model/card.ts';
import type { Declared } from '../model/component.ts';
import { connect, disconnect } from '../model/edits.ts';
import { freeIndex, targets } from '../model/fits.ts';
import { type Edge, edgeKey, edgeName, initialsAt, type Port, portName } from '../model/graph.ts';
import { outersAt } from '../model/outers.ts';
import { mayEdit } from '../model/state.ts';
import { Field } from './Field.tsx';
import { Icon } from './Icon.tsx';
import { Outers } from './Outers.tsx';
import { useEditor, usePart } from './useEditor.ts';

interface Props {
  readonly node: string;
  readonly port: Declared;
}

/** An inport: where its packets come from, and what else could be put into it. */
export function Incoming({ node, port }: Props) {
  const graph = usePart(state => state.graph);
  const [setting, setSetting] = useState(false);
  const editable = usePart(mayEdit);
  const edges = [...graph.edges.values()].filter(({ to }) => to.node === node && to.port === port.name);
  const outer = outersAt(graph, 'inports', { node, port: port.name });
  const isSet = initialsAt(graph, { node, port: port.name }).length > 0;
  return (
    <div className="joint">
      <Heading node={node} port={port} />
      <Outers node={node} port={port.name} side="inports" />
      {edges.map(edge => (
        <Joined key={edgeKey(edge)} edge={edge} words={`from ${edge.from.node} ${portName(edge.from)}`} />
      ))}
      {edges.length + outer.length === 0 && !isSet && !setting && (
        <p className="hint">
          nothing is connected
          {editable && (
            <button type="button" className="plain" onClick={() => setSetting(true)}>
              Set a packet
            </button>
          )}
        </p>
      )}
      {(isSet || setting) && <Field node={node} port={port} />}
    </div>
  );
}

/** An outport: where its packets go, and a way to connect it by keyboard. */
export function Outgoing({ node, port }: Props) {
  const graph = usePart(state => state.graph);
  const editable = usePart(mayEdit);
  const edges = [...graph.edges.values()].filter(({ from }) => from.node === node && from.port === port.name);
  return (
    <div className="joint">
      <Heading node={node} port={port} />
      {edges.map(edge => (
        <Joined key={edgeKey(edge)} edge={edge} words={`to ${edge.to.node} ${portName(edge.to)}`} />
      ))}
      <Outers node={node} port={port.name} side="outports" />
      {editable && <Connect node={node} port={port} />}
    </div>
  );
}

function Heading({ node, port }: Props) {
  const faulty = usePart(
    ({ glance, status }) => !glance && status?.faults.some(fault => fault.node === node && fault.port === port.name),
  );
  return (
    <p className="port" data-faulty={faulty || undefined} title={port.description}>
      {port.name.toUpperCase()} <span className="type">{port.schema || port.datatype}</span>
      {port.description && <span className="hint"> {port.description}</span>}
    </p>
  );
}

function Joined({ edge, words }: { edge: Edge; words: string }) {
  const editor = useEditor();
  const editable = usePart(mayEdit);
  const open = () => editor.select({ nodes: new Set(), edges: new Set([edgeKey(edge)]) });
  return (
    <p className="joined">
      <button type="button" className="plain" onClick={open}>
        {words}
      </button>
      {editable && (
        <button
          type="button"
          className="quiet small"
          aria-label={`Disconnect ${edgeName(edge)}`}
          onClick={() => editor.editing.edit(disconnect(edge))}
        >
          <Icon name="close" />
        </button>
      )}
    </p>
  );
}

/** Lists where a wire could lead; what does not fit says why. */
function Connect({ node, port }: Props) {
  const editor = useEditor();
  const graph = usePart(state => state.graph);
  const components = usePart(state => state.components);
  const index = freeIndex(graph, { node, port: port.name }, port.addressable);
  const from: Port = { node, port: port.name, ...(index !== undefined && { index }) };
  const candidates = targets(graph, components, from);
  const key = (to: Port) => `${slotId(to)} ${to.node}`;
  const choose = (chosen: string) => {
    const candidate = candidates.find(({ port: to }) => key(to) === chosen);
    if (candidate) editor.editing.edit(connect(from, candidate.port));
  };
  return (
    <select
      className="connect"
      aria-label={`Connect ${portName(from)} to`}
      value=""
      onChange={event => choose(event.target.value)}
    >
      <option value="">Connect {portName(from)} to …</option>
      {candidates.map(({ port: to, reason }) => (
        <option key={key(to)} value={key(to)} disabled={reason !== undefined} title={reason}>
          {`${to.node} ${portName(to)}`}
          {reason ? ' (does not fit)' : ''}
        </option>
      ))}
    </select>
  );
}
