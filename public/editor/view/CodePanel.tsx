import { javascript } from '@codemirror/lang-javascript';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { tags } from '@lezer/highlight';
import { basicSetup, EditorView } from 'codemirror';
import { useEffect, useRef, useState } from 'react';
import { libraryOf, shortName } from '../model/component.ts';
import {
  type CodeFault,
  type ComponentSource,
  componentName,
  fileName,
  newSource,
  TEMPLATES,
  testsName,
} from '../model/source.ts';
import { isLive, type Panel } from '../model/state.ts';
import { checkSource, fetchSource, forgetSource, keepSource, type SourceResult, saveSource } from '../net/coding.ts';
import { Button } from './Button.tsx';
import { focusNode } from './keyboard.ts';
import { useEditor, useEditorState } from './useEditor.ts';

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier], color: 'var(--accent)' },
  { tag: [tags.string, tags.regexp], color: 'var(--code-text)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--fresh)' },
  { tag: tags.comment, color: 'var(--soft)', fontStyle: 'italic' },
  { tag: [tags.typeName, tags.className], color: 'var(--code-type)' },
]);

const theme = EditorView.theme({
  '&': { height: '100%', background: 'var(--paper)', color: 'var(--ink)', fontSize: '0.8125rem' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55' },
  '.cm-gutters': { background: 'var(--side)', color: 'var(--soft)', borderRight: '1px solid var(--rule)' },
  '.cm-activeLine, .cm-activeLineGutter': { background: 'var(--hover)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    background: 'var(--tint)',
  },
});

interface CodeFieldProps {
  readonly label: string;
  readonly language: 'typescript' | 'yaml';
  readonly value: string;
  readonly change: (value: string) => void;
  /** Position for the caret, counted from 1; a new object moves it again. */
  readonly caret: Readonly<Record<'line' | 'column', number>> | undefined;
}

/** A code editor. In a shadow tree, its styles are not inline styles, which the page's policy forbids. */
function CodeField({ label, language, value, change, caret }: CodeFieldProps) {
  const host = useRef<HTMLDivElement>(null);
  const first = useRef(value);
  const shown = useRef<EditorView>(null);
  const told = useRef(change);
  told.current = change;
  useEffect(() => {
    const root = host.current!.shadowRoot ?? host.current!.attachShadow({ mode: 'open' });
    const view = new EditorView({
      root,
      parent: root,
      doc: first.current,
      extensions: [
        basicSetup,
        language === 'yaml' ? yaml() : javascript({ typescript: true }),
        syntaxHighlighting(colours),
        theme,
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) told.current(state.doc.toString());
        }),
      ],
    });
    shown.current = view;
    return () => view.destroy();
  }, [label, language]);
  useEffect(() => {
    const view = shown.current;
    if (!view || !caret) return;
    const { from, to } = view.state.doc.line(Math.min(caret.line, view.state.doc.lines));
    view.dispatch({ selection: { anchor: Math.min(from + caret.column - 1, to) }, scrollIntoView: true });
    view.focus();
  }, [caret]);
  return <div className="code" ref={host} />;
}

interface Props {
  readonly source: ComponentSource;
  readonly outcome: SourceResult | undefined;
  readonly changed: boolean;
  /** Whether the graph has a node of the component. */
  readonly placed: boolean;
  readonly goTo: (mistake: CodeFault) => void;
  readonly putBack: () => void;
}

/** The state of the shown source, and next steps. */
function CodeOutcome({ source, outcome, changed, placed, goTo, putBack }: Props) {
  return (
    <div className="said-of-code">
      {outcome?.kind === 'refused' && (
        <div role="alert">
          <Faults faults={outcome.faults} goTo={goTo} />
          <p className="hint">Nothing was saved. What is live keeps running.</p>
        </div>
      )}
      {outcome?.kind === 'tested' && <Tests outcome={outcome} goTo={goTo} />}
      {outcome?.kind === 'saved' && <Saved component={componentName(source)} before={outcome.before} placed={placed} />}
      {changed && (
        <p className="hint row">
          Your changes are kept in this window until you save them.
          <Button className="plain" onClick={putBack}>
            Discard changes
          </Button>
        </p>
      )}
    </div>
  );
}

interface FaultsProps extends Pick<Props, 'goTo'> {
  readonly faults: readonly CodeFault[];
}

/** Faults; a click on a line number puts the caret there. */
function Faults({ faults, goTo }: FaultsProps) {
  return (
    <ul className="troubles" aria-label="Faults">
      {faults.map(fault => (
        <li key={`${fault.part} ${fault.line} ${fault.words}`} className="fault">
          {fault.part && (
            <>
              <Button className="plain" onClick={() => goTo({ ...fault })}>
                {fault.part === 'tests' && 'tests, '}line {fault.line}
              </Button>
              {': '}
            </>
          )}
          {fault.words}
        </li>
      ))}
    </ul>
  );
}

interface TestsProps {
  readonly outcome: Extract<SourceResult, { kind: 'tested' }>;
  readonly goTo: (fault: CodeFault) => void;
}

function Tests({ outcome: { tested, faults }, goTo }: TestsProps) {
  const { passed, failed, results } = tested;
  const words = failed > 0 ? `${failed} failed, ${passed} passed` : `All ${passed} passed`;
  return (
    <>
      <p role="status" className={failed > 0 ? 'wrong' : 'calm'}>
        {results.length > 0 ? words : 'It loads, and has no tests.'}
      </p>
      {faults.length > 0 && <Faults faults={faults} goTo={goTo} />}
    </>
  );
}

interface SavedProps {
  readonly component: string;
  readonly before: number | undefined;
  readonly placed: boolean;
}

/** Where the saved source is now, and next steps. */
function Saved({ component, before, placed }: SavedProps) {
  const editor = useEditor();
  const revision = useEditorState(state => state.status?.revision);
  const drafted = useEditorState(state => state.status?.code.has(component));
  const next = (panel: Panel, words: string) => <Button onClick={() => editor.show(panel)}>{words}</Button>;
  const place = () => focusNode(editor.editing.add(component));
  return (
    <>
      <p role="status" className="calm">
        {drafted
          ? 'Saved in the draft. The live graph is unchanged.'
          : revision === before
            ? 'Saved. Nothing has changed.'
            : `Saved, and live in revision ${revision}.`}
      </p>
      {!placed && <p className="hint">Not used yet.</p>}
      <div className="row">
        {!placed && <Button onClick={place}>Add to the graph</Button>}
        {next('try', 'Try a request')}
        {next('tests', 'Test the draft')}
        {drafted && next('publish', 'Publish the draft …')}
      </div>
    </>
  );
}

/** One component: edits, checks and saves its source and tests. */
function CodeEditor({ component }: { component: string }) {
  const editor = useEditor();
  const { source, changed, took, reset, rounds } = useSource(component);
  const [part, setPart] = useState<'code' | 'tests'>('code');
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<SourceResult>();
  const [mistake, setMistake] = useState<CodeFault>();
  const placed = useEditorState(state =>
    [...(state.draft?.view.nodes.values() ?? [])].some(node => node.component === component),
  );
  const held = useEditorState(state => state.status?.hold ?? false);
  const linked = useEditorState(isLive);
  if (!source) return null;
  const goTo = (wrong: CodeFault | undefined) => {
    setMistake(wrong);
    if (wrong?.part) setPart(wrong.part);
  };
  const attempt = async (work: typeof checkSource) => {
    setBusy(true);
    const came = await work(editor, source);
    if (came.kind === 'saved') took(source);
    setOutcome(came);
    goTo(came.kind === 'refused' ? came.faults[0] : undefined);
    setBusy(false);
  };
  const edit = (text: string) => {
    setOutcome(undefined);
    keepSource(editor, { ...source, [part]: text });
  };
  const putBack = () => {
    setOutcome(undefined);
    reset();
  };
  return (
    <>
      <div className="row acts">
        {(['code', 'tests'] as const).map(each => (
          <Button key={each} aria-pressed={part === each} onClick={() => setPart(each)}>
            {each === 'code' ? fileName(source) : testsName(source)}
          </Button>
        ))}
        <span className="grow" />
        <Button disabled={busy || !linked} onClick={() => void attempt(checkSource)}>
          {busy ? 'Working' : 'Run tests'}
        </Button>
        <Button className="primary" disabled={busy || !linked || !changed} onClick={() => void attempt(saveSource)}>
          {held ? 'Save in the draft' : placed ? 'Save and publish' : 'Save'}
        </Button>
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

/** Source from the server; `rounds` changes when the field must be rebuilt. */
interface Fetched {
  readonly source: ComponentSource | undefined;
  readonly rounds: number;
}

/** A component's source: unsaved, or as the server has it. */
function useSource(component: string) {
  const editor = useEditor();
  const typed = useEditorState(state => state.unsaved.get(component));
  const [{ source, rounds }, setFetched] = useState<Fetched>({ source: undefined, rounds: 0 });
  const known = useEditorState(state => state.components.get(component));
  const drafted = useEditorState(state => state.status?.code.has(component));
  // Load again when the library entry changes, or the draft gains or loses this code.
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
  const took = (saved: ComponentSource) => setFetched(before => ({ ...before, source: saved }));
  const reset = () => {
    forgetSource(editor, component);
    setFetched(before => anew(before, before.source));
    if (!known) editor.update(state => ({ ...state, coding: undefined }));
  };
  return { source: typed ?? source, changed: typed !== undefined, took, reset, rounds };
}

const anew = ({ rounds }: Fetched, source: ComponentSource | undefined): Fetched => ({ source, rounds: rounds + 1 });

const sameText = (one: ComponentSource | undefined, other: ComponentSource): boolean =>
  one?.code === other.code && one.tests === other.tests;

/** The Code panel. Default export for lazy(). */
export default function CodePanel() {
  const coding = useEditorState(state => state.coding);
  return (
    <div className="coding">
      <Choice />
      {coding && <CodeEditor key={coding} component={coding} />}
    </div>
  );
}

/** Chooses a component of our library, or starts a new one. */
function Choice() {
  const editor = useEditor();
  const library = useEditorState(state => state.id.split('/')[0] ?? '');
  const components = useEditorState(state => state.components);
  const coding = useEditorState(state => state.coding);
  const unsaved = useEditorState(state => state.unsaved);
  const drafted = useEditorState(state => state.status?.code);
  const [typed, setTyped] = useState('');
  const [template, setTemplate] = useState<keyof typeof TEMPLATES>('filter');
  const own = [...components.values()].filter(({ name, subgraph }) => libraryOf(name) === library && !subgraph);
  const names = new Set([...own.map(({ name }) => name), ...unsaved.keys()]);
  const open = (name: string) => editor.update(state => ({ ...state, coding: name || undefined }));
  const begin = () => {
    const component = `${library}/${typed}`;
    if (!names.has(component)) keepSource(editor, newSource(library, typed, template));
    open(component);
    setTyped('');
  };
  return (
    <div className="row">
      <select aria-label="Component" value={coding ?? ''} onChange={event => open(event.target.value)}>
        <option value="">Choose a component</option>
        {[...names].map(name => (
          <option key={name} value={name}>
            {shortName(name)}
            {unsaved.has(name) ? ', not saved' : drafted?.has(name) ? ', in the draft' : ''}
          </option>
        ))}
      </select>
      <input
        aria-label="Name of a new component"
        placeholder="NewComponent"
        spellCheck={false}
        value={typed}
        onChange={event => setTyped(event.target.value)}
      />
      <select
        aria-label="Template"
        value={template}
        onChange={event => setTemplate(event.target.value as typeof template)}
      >
        {Object.keys(TEMPLATES).map(each => (
          <option key={each}>{each}</option>
        ))}
      </select>
      <Button
        icon="plus"
        disabled={!/^[A-Z][A-Za-z0-9]*$/.test(typed)}
        title="The name must begin with a capital"
        onClick={begin}
      >
        New
      </Button>
    </div>
  );
}
