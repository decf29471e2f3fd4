import { Handle, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import { outerFieldId } from './Outers.tsx';
import { useEditor } from './useEditor.ts';

/** A port of the graph itself. A click leads to where it is named. */
export const OuterPort = memo(function OuterPort({ data }: NodeProps) {
  const editor = useEditor();
  const [entering, name] = [data.side === 'in', String(data.name)];
  const side = entering ? 'inports' : 'outports';
  const open = () => {
    const node = editor.state.graph[side].get(name)?.node;
    if (node === undefined) return;
    editor.select({ nodes: new Set([node]), edges: new Set() });
    requestAnimationFrame(() => document.getElementById(outerFieldId(side, name))?.focus());
  };
  return (
    <div className="outer" data-side={String(data.side)}>
      <button type="button" tabIndex={-1} className="nodrag nopan" onClick={open}>
        {name.toUpperCase()}
      </button>
      <Handle
        id="outer"
        type={entering ? 'source' : 'target'}
        position={entering ? Position.Right : Position.Left}
        isConnectable={false}
      />
    </div>
  );
});
