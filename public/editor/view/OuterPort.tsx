import { Handle, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';

/** A port of the graph itself. */
export const OuterPort = memo(function OuterPort({ data }: NodeProps) {
  const entering = data.side === 'in';
  return (
    <div className="outer" data-side={String(data.side)}>
      {String(data.name).toUpperCase()}
      <Handle
        id="outer"
        type={entering ? 'source' : 'target'}
        position={entering ? Position.Right : Position.Left}
        isConnectable={false}
      />
    </div>
  );
});
