import { standIn } from '../model/scene.ts';
import { duration, missing, place, type Step, said, subject, verdict, type Way } from '../model/ways.ts';
import { Tree } from './Tree.tsx';
import { useEditor, usePart } from './useEditor.ts';

/** What happened to one message: its way node by node, with time, what went in and what came out. */
export function WayView({ way }: { way: Way }) {
  const words = said(way);
  const gone = usePart(state => [...missing(way, state.scene)].join('\n'))
    .split('\n')
    .filter(Boolean);
  const most = Math.max(0.001, ...way.steps.map(({ ms }) => ms));
  return (
    <section className="way" tabIndex={-1} aria-label="What happened">
      <p className="verdict" data-bad={way.status >= 400 || undefined}>
        {way.status > 0 && <b>{way.status}</b>} {verdict(way)}
      </p>
      {words && <p className="said">{words}</p>}
      <p className="hint">
        {subject(way)}, {duration(way.ms)}, {place(way)}
      </p>
      {gone.length > 0 && (
        <p className="hint">
          The picture is the graph as it is now; {gone.length === 1 ? '1 node' : `${gone.length} nodes`} of this way{' '}
          {gone.length === 1 ? 'is' : 'are'} not in it any more.
        </p>
      )}
      <ol>
        {way.steps.map((step, index) => (
          // A way may pass a node twice, and never changes.
          <Passage
            key={index}
            step={step}
            share={step.ms / most}
            failed={step.node === way.node}
            gone={gone.includes(step.node)}
          />
        ))}
      </ol>
    </section>
  );
}

interface Passed {
  readonly step: Step;
  readonly share: number;
  readonly failed: boolean;
  /** Whether the node is not in the graph any more. */
  readonly gone: boolean;
}

function Passage({ step, share, failed, gone }: Passed) {
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
  const select = () => editor.select({ nodes: new Set([standIn(editor.state.scene, node) ?? node]), edges: new Set() });
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
