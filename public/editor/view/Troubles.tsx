import type { ReactNode } from 'react';
import type { LocatedFault } from '../model/status.ts';
import { Button } from './Button.tsx';
import { useEditor } from './useEditor.ts';

interface TroublesProps {
  readonly label: string;
  readonly faults?: readonly LocatedFault[];
  readonly warnings?: readonly LocatedFault[];
  /** Whether each entry has a button to its node. */
  readonly leads?: boolean;
  /** More entries. */
  readonly children?: ReactNode;
}

/** A list of faults and warnings; empty if there are none. */
export function Troubles({ label, faults = [], warnings = [], leads = false, children }: TroublesProps) {
  const editor = useEditor();
  if (faults.length + warnings.length === 0 && !children) return null;
  const entry = (kind: string, { node, line, sentence }: LocatedFault) => (
    <li key={`${kind} ${node} ${line} ${sentence}`} className={kind}>
      {sentence}{' '}
      {leads && node && (
        <Button className="plain" onClick={() => void editor.subgraphLoader.reveal(node)}>
          Show {node}
        </Button>
      )}
    </li>
  );
  return (
    <ul className="troubles" aria-label={label}>
      {faults.map(fault => entry('fault', fault))}
      {warnings.map(warning => entry('warning', warning))}
      {children}
    </ul>
  );
}
