import { javascript } from '@codemirror/lang-javascript';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { tags } from '@lezer/highlight';
import { basicSetup, EditorView } from 'codemirror';
import { useEffect, useRef } from 'react';

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

interface Props {
  readonly label: string;
  readonly language: 'typescript' | 'yaml';
  readonly value: string;
  readonly change: (value: string) => void;
  /** Where to put the caret, from 1 on, each time that another one is given. */
  readonly caret: Readonly<Record<'line' | 'column', number>> | undefined;
}

/** A field for code. It stands in a shadow tree, where its styles are no inline styles, which the page's policy forbids. */
export function CodeField({ label, language, value, change, caret }: Props) {
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
