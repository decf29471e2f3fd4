import { useEffect, useState } from 'react';
import type { Difference } from '../model/revisions.ts';
import type { DiffLine } from '../model/text-difference.ts';
import { SelectLink } from './Button.tsx';
import { useEditorState } from './useEditor.ts';

/** A diff as sentences, and as text. */
export function Differences({ difference }: { difference: Difference }) {
  const nodes = useEditorState(state => state.graph.nodes);
  const { items, before, after, code = [] } = difference;
  if (items.length === 0 && before === after) return <p className="hint">Nothing differs.</p>;
  return (
    <>
      <ul className="items">
        {items.map(({ change, sentence, nodes: concerned, name, kind }) => {
          const node = concerned.find(each => nodes.has(each));
          return (
            <li key={`${kind} ${change} ${name}`} data-mark={change}>
              {node === undefined ? (
                sentence
              ) : (
                <SelectLink node={node} thin>
                  {sentence}
                </SelectLink>
              )}
            </li>
          );
        })}
      </ul>
      {before !== after && <Textual title="As text" before={before} after={after} />}
      {code.map(({ name, ...texts }) => (
        <Textual key={name} title={name} {...texts} />
      ))}
    </>
  );
}

/** A line diff of two texts; what makes it is loaded when it is needed first. */
function Textual({ title, before, after }: { title: string; before: string; after: string }) {
  const [lines, setLines] = useState<readonly DiffLine[]>();
  useEffect(() => {
    let current = true;
    // Where it can't be loaded, the page says so by itself.
    const loaded = import('../model/text-difference.ts').catch(() => undefined);
    void loaded.then(model => current && model && setLines(model.textDifference(before, after)));
    return () => {
      current = false;
    };
  }, [before, after]);
  if (!lines) return null;
  return (
    <details className="textual" open={lines.length < 40}>
      <summary>{title}</summary>
      <pre>
        {lines.map(({ sign, text }, index) => (
          // Lines have no other identity than their index.
          <span key={index} data-sign={sign}>
            {sign === '…' ? '⋯' : `${sign} ${text}`}
          </span>
        ))}
      </pre>
    </details>
  );
}
