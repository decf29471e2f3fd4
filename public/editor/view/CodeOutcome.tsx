import type { Panel } from '../model/state.ts';
import type { Outcome } from '../net/coding.ts';
import { focusNode } from './focus.ts';
import { useEditor, usePart } from './useEditor.ts';

interface Props {
  readonly component: string;
  readonly outcome: Outcome | undefined;
  readonly changed: boolean;
  /** Whether the graph has a node of the component. */
  readonly placed: boolean;
  readonly putBack: () => void;
}

/** What is true of the source on show, and what can be done next. */
export function CodeOutcome({ component, outcome, changed, placed, putBack }: Props) {
  return (
    <div className="said-of-code">
      {outcome?.kind === 'refused' && (
        <div role="alert">
          <Faults sentences={outcome.sentences} />
          <p className="hint">Nothing was saved; what is live goes on.</p>
        </div>
      )}
      {outcome?.kind === 'tested' && <Tests outcome={outcome} />}
      {outcome?.kind === 'saved' && <Saved component={component} before={outcome.before} placed={placed} />}
      {changed && (
        <p className="hint row">
          Your changes are kept in this window until you save them.
          <button type="button" className="plain" onClick={putBack}>
            Put back what is saved
          </button>
        </p>
      )}
    </div>
  );
}

function Faults({ sentences }: { sentences: readonly string[] }) {
  return (
    <ul className="troubles" aria-label="Faults">
      {sentences.map(sentence => (
        <li key={sentence} className="fault">
          {sentence}
        </li>
      ))}
    </ul>
  );
}

function Tests({ outcome: { tested } }: { outcome: Extract<Outcome, { kind: 'tested' }> }) {
  const { passed, failed, results } = tested;
  const words = failed > 0 ? `${failed} failed, ${passed} passed` : `All ${passed} passed`;
  return (
    <>
      <p role="status" className={failed > 0 ? 'wrong' : 'calm'}>
        {results.length > 0 ? words : 'It loads, and has no tests.'}
      </p>
      {failed > 0 && <Faults sentences={results.flatMap(result => (result.passed ? [] : result.message))} />}
    </>
  );
}

interface SavedProps {
  readonly component: string;
  readonly before: number | undefined;
  readonly placed: boolean;
}

/** Where source that was saved has come to, and where to go from here. */
function Saved({ component, before, placed }: SavedProps) {
  const editor = useEditor();
  const revision = usePart(state => state.status?.revision);
  const drafted = usePart(state => state.status?.code.has(component));
  const next = (panel: Panel, words: string) => (
    <button type="button" onClick={() => editor.show(panel)}>
      {words}
    </button>
  );
  const place = () => focusNode(editor.editing.add(component));
  return (
    <>
      <p role="status" className="calm">
        {drafted
          ? 'Saved in the draft. What is live is as it was.'
          : revision === before
            ? 'Saved; it is what its file holds.'
            : `Saved, and live in revision ${revision}.`}
      </p>
      {!placed && <p className="hint">Not used yet.</p>}
      <div className="row">
        {!placed && (
          <button type="button" onClick={place}>
            Place it
          </button>
        )}
        {next('try', 'Try a request')}
        {next('tests', 'Test the draft')}
        {drafted && next('publish', 'Publish the draft …')}
      </div>
    </>
  );
}
