import { standIn } from '../model/scene.ts';
import { duration, type Step, said, verdict, type Way } from '../model/ways.ts';
import { Tree } from './Tree.tsx';
import { useEditor } from './useEditor.ts';

/** What happened to one message: its way node by node, with time, what went in and what came out. */
export function WayView({ way }: { way: Way }) {
  const words = said(way);
  const most = Math.max(0.001, ...way.steps.map(({ ms }) => ms));
  return (
    <section className="way" aria-label="What happened">
      <p className="verdict" data-bad={way.status >= 400 || undefined}>
        {way.status > 0 && <b>{way.status}</b>} {verdict(way)}
      </p>
      {words && <p className="said">{words}</p>}
      <p className="hint">
        {way.method} {way.path}, {duration(way.ms)} in {way.revision > 0 ? `revision ${way.revision}` : 'the draft'}
      </p>
      <ol>
        {way.steps.map((step, index) => (
          // A way may pass a node twice, and never changes.
          <Passage key={index} step={step} share={step.ms / most} failed={step.node === way.node} />
        ))}
      </ol>
    </section>
  );
}

function Passage({ step, share, failed }: { step: Step; share: number; failed: boolean }) {
  const editor = useEditor();
  const { node, ms, port, input, output } = step;
  return (
    <li data-failed={failed || undefined}>
      <p className="row">
        <button
          type="button"
          className="plain"
          onClick={() =>
            editor.select({ nodes: new Set([standIn(editor.state.scene, node) ?? node]), edges: new Set() })
          }
        >
          {node}
        </button>
        {port && <span className="type">{port.toUpperCase()}</span>}
        <span className="ms">{duration(ms)}</span>
      </p>
      <meter min={0} max={1} value={share} aria-label={`Share of ${node}`} />
      {input !== undefined && <Packet name="In" data={input} />}
      {output !== undefined && <Packet name="Out" data={output} />}
    </li>
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
