import { Handle, type NodeProps, Position } from '@xyflow/react';
import { type FormEvent, memo, useEffect, useRef, useState } from 'react';
import type { GraphSide } from '../../../src/model/graph.ts';
import { makeOuter, outerFault, outersAt, removeOuter, renameOuter } from '../model/outers.ts';
import { ofNodes } from '../model/state.ts';
import { Button } from './Button.tsx';
import { useEditor, useFormGraph } from './useEditor.ts';

interface Props {
  readonly node: string;
  readonly port: string;
  readonly side: GraphSide;
}

const WORDS: Readonly<Record<GraphSide, string>> = { inports: 'from outside, at', outports: 'to outside, at' };

/** The id of the name field of an outer port. */
const outerFieldId = (side: GraphSide, name: string): string => `${side} ${name}`;

/** The outer ports that expose a node's port, and a button to make one. */
export function OuterPortList({ node, port, side }: Props) {
  const { graph, editable, edit } = useFormGraph();
  const [made, setMade] = useState(false);
  const outers = outersAt(graph, side, { node, port });
  const make = () => {
    setMade(true);
    edit(makeOuter(graph, side, { node, port }));
  };
  const label = `Make ${port.toUpperCase()} an outer port of the graph`;
  return (
    <>
      {editable && outers.length === 0 && (
        <Button icon="outward" className="quiet small outward" aria-label={label} title={label} onClick={make} />
      )}
      {outers.map(({ name }) =>
        editable ? (
          <Named key={name} side={side} name={name} fresh={made} />
        ) : (
          <p key={name} className="joined">
            {WORDS[side]} {name.toUpperCase()}
          </p>
        ),
      )}
    </>
  );
}

function Named({ side, name, fresh }: { side: GraphSide; name: string; fresh: boolean }) {
  const { graph, edit } = useFormGraph();
  const [typed, setTyped] = useState(name.toUpperCase());
  const field = useRef<HTMLInputElement>(null);
  const fault = outerFault(graph, side, name, typed);
  const rename = (event?: FormEvent) => {
    event?.preventDefault();
    const to = typed.toLowerCase();
    if (to !== name && !fault) edit(renameOuter(side, name, to));
  };
  // Focuses the name of a new outer port.
  useEffect(() => {
    if (fresh) field.current?.select();
  }, [fresh]);
  const id = outerFieldId(side, name);
  return (
    <form onSubmit={rename}>
      <div className="joined">
        <label htmlFor={id}>{WORDS[side]}</label>
        <input
          id={id}
          ref={field}
          aria-label={`Name of the outer port ${name.toUpperCase()}`}
          value={typed}
          data-stored={name.toUpperCase()}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={fault !== undefined}
          onChange={event => setTyped(event.target.value)}
          onBlur={() => rename()}
          onKeyDown={event => event.key === 'Escape' && setTyped(name.toUpperCase())}
        />
        <Button
          icon="close"
          className="quiet small"
          aria-label={`Remove the outer port ${name.toUpperCase()}`}
          onClick={() => edit(removeOuter(side, name))}
        />
      </div>
      {fault && <p className="wrong">{fault}</p>}
    </form>
  );
}

/** An outer port on the canvas. A click goes to its name field. */
export const OuterPortNode = memo(function OuterPort({ data }: NodeProps) {
  const editor = useEditor();
  const [entering, name] = [data.side === 'in', String(data.name)];
  const side = entering ? 'inports' : 'outports';
  const open = () => {
    const node = editor.state.graph[side].get(name)?.node;
    if (node === undefined) return;
    editor.select(ofNodes(node));
    requestAnimationFrame(() => document.getElementById(outerFieldId(side, name))?.focus());
  };
  return (
    <div className="outer" data-side={String(data.side)}>
      <Button tabIndex={-1} className="nodrag nopan" title={name.toUpperCase()} onClick={open}>
        {name.toUpperCase()}
      </Button>
      <Handle id="outer" type={entering ? 'source' : 'target'} position={entering ? Position.Right : Position.Left} />
    </div>
  );
});
