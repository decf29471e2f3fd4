import type { ReactNode } from 'react';
import { componentName, type Mistake, mistakeOf, type Source } from '../model/source.ts';
import type { Panel } from '../model/state.ts';
import type { Outcome } from '../net/coding.ts';
import { focusNode } from './focus.ts';
import { useEditor, usePart } from './useEditor.ts';

interface Props {
  readonly source: Source;
  readonly outcome: Outcome | undefined;
  readonly changed: boolean;
  /** Whether the graph has a node of the component. */
  readonly placed: boolean;
  readonly goTo: (mistake: Mistake) => void;
  readonly putBack: () => void;
}

/** What is true of the source on show, and what can be done next. */
export function CodeOutcome({ source, outcome, changed, placed, goTo, putBack }: Props) {
  const faults = (sentences: readonly string[]) => <Faults source={source} sentences={sentences} goTo={goTo} />;
  return (
    <div className="said-of-code">
      {outcome?.kind === 'refused' && (
        <div role="alert">
          {faults(outcome.sentences)}
          <p className="hint">Nothing was saved; what is live goes on.</p>
        </div>
      )}
      {outcome?.kind === 'tested' && <Tests outcome={outcome} faults={faults} />}
      {outcome?.kind === 'saved' && <Saved component={componentName(source)} before={outcome.before} placed={placed} />}
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

interface FaultsProps extends Pick<Props, 'source' | 'goTo'> {
  readonly sentences: readonly string[];
}

/** What is wrong; a click on a line's number puts the caret there. */
function Faults({ source, sentences, goTo }: FaultsProps) {
  const placed = (mistake: Mistake) => (
    <>
      <button type="button" className="plain" onClick={() => goTo({ ...mistake })}>
        {mistake.part === 'tests' && 'tests, '}line {mistake.line}
      </button>
      : {mistake.words}
    </>
  );
  return (
    <ul className="troubles" aria-label="Faults">
      {sentences.map(sentence => {
        const mistake = mistakeOf(source, sentence);
        return (
          <li key={sentence} className="fault">
            {mistake ? placed(mistake) : sentence}
          </li>
        );
      })}
    </ul>
  );
}

interface TestsProps {
  readonly outcome: Extract<Outcome, { kind: 'tested' }>;
  readonly faults: (sentences: readonly string[]) => ReactNode;
}

function Tests({ outcome: { tested }, faults }: TestsProps) {
  const { passed, failed, results } = tested;
  const words = failed > 0 ? `${failed} failed, ${passed} passed` : `All ${passed} passed`;
  return (
    <>
      <p role="status" className={failed > 0 ? 'wrong' : 'calm'}>
        {results.length > 0 ? words : 'It loads, and has no tests.'}
      </p>
      {failed > 0 && faults(results.flatMap(result => (result.passed ? [] : result.message)))}
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
