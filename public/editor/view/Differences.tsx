import { Suspense } from 'react';
import type { Difference } from '../model/difference.ts';
import { Boundary, loadedLate } from './Boundary.tsx';
import { SelectLink } from './Button.tsx';
import { useEditorState } from './useEditor.ts';

const TextDifference = loadedLate(() => import('./TextDifference.tsx'));

/** A diff as sentences, and as text. */
export function Differences({ difference }: { difference: Difference }) {
  const nodes = useEditorState(state => state.graph.nodes);
  const { items, before, after, code } = difference;
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
      <Boundary what="The difference as text">
        <Suspense>
          {before !== after && <TextDifference title="As text" before={before} after={after} />}
          {code.map(({ name, ...texts }) => (
            <TextDifference key={name} title={name} {...texts} />
          ))}
        </Suspense>
      </Boundary>
    </>
  );
}
