import { useEffect, useState } from 'react';
import { fileName, type Mistake, mistakeOf, type Source, testsName } from '../model/source.ts';
import { checkSource, fetchSource, forget, keep, type Outcome, saveSource } from '../net/coding.ts';
import { CodeField } from './CodeField.tsx';
import { CodeOutcome } from './CodeOutcome.tsx';
import { useEditor, usePart } from './useEditor.ts';

/** One component: its source and its tests, to be changed, tried out and saved. */
export function CodeEditor({ component }: { component: string }) {
  const editor = useEditor();
  const { source, changed, took, reset, rounds } = useSource(component);
  const [part, setPart] = useState<'code' | 'tests'>('code');
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const [mistake, setMistake] = useState<Mistake>();
  const placed = usePart(state =>
    [...(state.draft?.view.nodes.values() ?? [])].some(node => node.component === component),
  );
  const held = usePart(state => state.status?.hold ?? false);
  const linked = usePart(state => state.link.kind === 'live');
  if (!source) return null;
  const goTo = (wrong: Mistake | undefined) => {
    setMistake(wrong);
    if (wrong) setPart(wrong.part);
  };
  const attempt = async (work: typeof checkSource) => {
    setBusy(true);
    const came = await work(editor, source);
    if (came.kind === 'saved') took(source);
    setOutcome(came);
    goTo(came.kind === 'refused' ? mistakeOf(source, came.sentences[0] ?? '') : undefined);
    setBusy(false);
  };
  const edit = (text: string) => {
    setOutcome(undefined);
    keep(editor, { ...source, [part]: text });
  };
  const putBack = () => {
    setOutcome(undefined);
    reset();
  };
  return (
    <>
      <div className="row acts">
        {(['code', 'tests'] as const).map(each => (
          <button type="button" key={each} aria-pressed={part === each} onClick={() => setPart(each)}>
            {each === 'code' ? fileName(source) : testsName(source)}
          </button>
        ))}
        <span className="grow" />
        <button type="button" disabled={busy || !linked} onClick={() => void attempt(checkSource)}>
          {busy ? 'Working' : 'Run its tests'}
        </button>
        <button
          type="button"
          className="primary"
          disabled={busy || !linked || !changed}
          onClick={() => void attempt(saveSource)}
        >
          {held ? 'Save in the draft' : placed ? 'Save and make live' : 'Save'}
        </button>
      </div>
      <CodeField
        key={`${part} ${rounds}`}
        label={part === 'code' ? 'Source' : 'Tests'}
        language={part === 'code' ? 'typescript' : 'yaml'}
        value={source[part]}
        change={edit}
        caret={mistake?.part === part ? mistake : undefined}
      />
      <CodeOutcome source={source} outcome={outcome} changed={changed} placed={placed} goTo={goTo} putBack={putBack} />
    </>
  );
}

/** Source as the server has it, and how often the field has to be made anew for it. */
interface Fetched {
  readonly source: Source | undefined;
  readonly rounds: number;
}

/** A component's source as it was typed, or else as the server has it. */
function useSource(component: string) {
  const editor = useEditor();
  const typed = usePart(state => state.unsaved.get(component));
  const [{ source, rounds }, setFetched] = useState<Fetched>({ source: undefined, rounds: 0 });
  const known = usePart(state => state.components.get(component));
  const drafted = usePart(state => state.status?.code.has(component));
  // Another one comes with what the library says of it, and with the draft that it was in and is not any more.
  useEffect(() => {
    let current = true;
    if (known && !typed) {
      void fetchSource(editor, component).then(found => {
        if (current && found) setFetched(before => (sameText(before.source, found) ? before : anew(before, found)));
      });
    }
    return () => {
      current = false;
    };
  }, [editor, component, known, drafted, typed]);
  const took = (saved: Source) => setFetched(before => ({ ...before, source: saved }));
  const reset = () => {
    forget(editor, component);
    setFetched(before => anew(before, before.source));
    if (!known) editor.update(state => ({ ...state, coding: undefined }));
  };
  return { source: typed ?? source, changed: typed !== undefined, took, reset, rounds };
}

const anew = ({ rounds }: Fetched, source: Source | undefined): Fetched => ({ source, rounds: rounds + 1 });

const sameText = (one: Source | undefined, other: Source): boolean =>
  one?.code === other.code && one.tests === other.tests;
