import { useState } from 'react';
import type { Result, Tested } from '../model/revisions.ts';
import { Icon } from './Icon.tsx';
import { useEditor, usePart } from './useEditor.ts';

/** Runs the tests against the draft. */
export function TestsPanel() {
  const editor = useEditor();
  const linked = usePart(state => state.link.kind === 'live');
  const [busy, setBusy] = useState(false);
  const [tested, setTested] = useState<Tested>();
  const run = async () => {
    setBusy(true);
    setTested((await editor.publishing.test()) ?? tested);
    setBusy(false);
  };
  return (
    <div className="tests">
      <p className="hint">What the components' YAML and the recorded requests expect, tried on the draft.</p>
      <button type="button" className="primary" disabled={busy || !linked} onClick={() => void run()}>
        <Icon name="tests" />
        {busy ? 'Testing' : 'Test the draft'}
      </button>
      {tested && (
        <>
          <p role="status" className={tested.failed > 0 ? 'wrong' : 'calm'}>
            {tested.failed > 0 ? `${tested.failed} failed, ${tested.passed} passed` : `All ${tested.passed} passed`}
          </p>
          <ul>
            {tested.results.map((result, index) => (
              // Two tests may have one name, and the list never changes.
              <Line key={index} result={result} />
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function Line({ result: { name, node, passed, message } }: { result: Result }) {
  const editor = useEditor();
  const there = usePart(state => state.graph.nodes.has(node));
  return (
    <li data-passed={passed}>
      <p>
        <span className="outcome">{passed ? 'passed' : 'failed'}</span> {name}
      </p>
      {message && <p className="wrong">{message}</p>}
      {!passed && there && (
        <button
          type="button"
          className="plain"
          onClick={() => editor.select({ nodes: new Set([node]), edges: new Set() })}
        >
          Show {node}
        </button>
      )}
    </li>
  );
}
