import { faultsAt } from '../model/status.ts';
import { useEditorState } from './useEditor.ts';

interface Props {
  readonly path: string;
  /** Ports of the node whose faults stand at their fields. */
  readonly fields?: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/** The faults of the draft at a node or in it, and the last error that the live one threw. */
export function Problems({ path, fields = NONE }: Props) {
  const faults = useEditorState(state => (state.preview ? undefined : state.status?.faults));
  const error = useEditorState(state => state.errors.get(path));
  const own = faultsAt(faults ?? [], path).filter(({ node, port }) => node !== path || !fields.has(port));
  const odd = useEditorState(state => (state.preview ? undefined : state.status?.warnings));
  const warnings = faultsAt(odd ?? [], path);
  if (own.length + warnings.length === 0 && !error) return null;
  return (
    <ul className="troubles" aria-label="Faults">
      {own.map(({ node, sentence }) => (
        <li key={`${node} ${sentence}`} className="fault">
          {sentence}
        </li>
      ))}
      {warnings.map(({ node, sentence }) => (
        <li key={`${node} ${sentence}`} className="warning">
          {sentence}
        </li>
      ))}
      {error && <li className="fault">It threw: {error}</li>}
    </ul>
  );
}
