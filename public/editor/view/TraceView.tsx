import { visibleNode } from '../model/scene.ts';
import {
  authoredText,
  duration,
  type MessageTrace,
  nodesNotShown,
  outcomeText,
  revisionText,
  subject,
  type TraceStep,
} from '../model/traces.ts';
import { useEditor, useEditorState } from './useEditor.ts';

/** A packet as a tree that can be read: objects open and close, texts in quotes. */
export function Tree({ data, depth = 0 }: { data: unknown; depth?: number }) {
  const entries = typeof data === 'object' && data !== null ? Object.entries(data) : undefined;
  if (!entries) return <Leaf data={data} />;
  if (entries.length === 0) return <code className="leaf">{Array.isArray(data) ? '[]' : '{}'}</code>;
  return (
    <ul className="tree">
      {entries.slice(0, MAX_BRANCHES).map(([key, value]) => (
        <Branch key={key} name={key} value={value} depth={depth} />
      ))}
      {entries.length > MAX_BRANCHES && <li className="hint">… and {entries.length - MAX_BRANCHES} more</li>}
    </ul>
  );
}

const MAX_BRANCHES = 100;

function Branch({ name, value, depth }: { name: string; value: unknown; depth: number }) {
  const size = typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
  if (size === 0) {
    return (
      <li>
        <span className="key">{name}</span> <Tree data={value} />
      </li>
    );
  }
  return (
    <li>
      <details open={depth < 1}>
        <summary>
          <span className="key">{name}</span>{' '}
          <span className="hint">{Array.isArray(value) ? `[${size}]` : `{${size}}`}</span>
        </summary>
        <Tree data={value} depth={depth + 1} />
      </details>
    </li>
  );
}

function Leaf({ data }: { data: unknown }) {
  const kind = data === null ? 'null' : typeof data;
  return (
    <code className="leaf" data-kind={kind}>
      {data === undefined ? 'nothing' : JSON.stringify(data)}
    </code>
  );
}

/** What happened to one message: its way node by node, with time, what went in and what came out. */
export function TraceView({ trace }: { trace: MessageTrace }) {
  const words = authoredText(trace);
  const gone = useEditorState(state => [...nodesNotShown(trace, state.scene)].join('\n'))
    .split('\n')
    .filter(Boolean);
  const most = Math.max(0.001, ...trace.steps.map(({ ms }) => ms));
  return (
    <section className="way" tabIndex={-1} aria-label="What happened">
      <p className="verdict" data-bad={trace.status >= 400 || undefined}>
        {trace.status > 0 && <b>{trace.status}</b>} {outcomeText(trace)}
      </p>
      {words && <p className="said">{words}</p>}
      <p className="hint">
        {subject(trace)}, {duration(trace.ms)}, {revisionText(trace)}
      </p>
      {gone.length > 0 && (
        <p className="hint">
          The picture is the graph as it is now; {gone.length === 1 ? '1 node' : `${gone.length} nodes`} of this way{' '}
          {gone.length === 1 ? 'is' : 'are'} not in it any more.
        </p>
      )}
      <ol>
        {trace.steps.map((step, index) => (
          // A way may pass a node twice, and never changes.
          <Passage
            key={index}
            step={step}
            share={step.ms / most}
            failed={step.node === trace.node}
            gone={gone.includes(step.node)}
          />
        ))}
      </ol>
    </section>
  );
}

interface PassageProps {
  readonly step: TraceStep;
  readonly share: number;
  readonly failed: boolean;
  /** Whether the node is not in the graph any more. */
  readonly gone: boolean;
}

function Passage({ step, share, failed, gone }: PassageProps) {
  const { node, ms, port, input, output } = step;
  return (
    <li data-failed={failed || undefined}>
      <p className="row">
        {gone ? <span className="hint">{node} is not in the graph any more</span> : <Name node={node} />}
        {port && <span className="type">{port.toUpperCase()}</span>}
        <span className="ms">{duration(ms)}</span>
      </p>
      <meter min={0} max={1} value={share} aria-label={`Share of ${node}`} />
      {input !== undefined && <Packet name="In" data={input} />}
      {output !== undefined && <Packet name="Out" data={output} />}
    </li>
  );
}

function Name({ node }: { node: string }) {
  const editor = useEditor();
  const select = () =>
    editor.select({ nodes: new Set([visibleNode(editor.state.scene, node) ?? node]), edges: new Set() });
  return (
    <button type="button" className="plain" onClick={select}>
      {node}
    </button>
  );
}

function Packet({ name, data }: { name: string; data: unknown }) {
  return (
    <details>
      <summary>{name}</summary>
      <Tree data={data} />
    </details>
  );
}
