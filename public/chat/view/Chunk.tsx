import { memo, useEffect, useRef } from 'react';
import type { Item, Chunk as Items } from '../model/timeline.ts';
import { Divider } from './Divider.tsx';
import { farMarked } from './far.ts';
import { Row } from './Row.tsx';

function same(a: Item, b: Item): boolean {
  if (a.key !== b.key || a.kind !== b.kind) return false;
  if (a.kind !== 'line' || b.kind !== 'line') return true;
  return (
    a.opens === b.opens &&
    a.entry === b.entry &&
    a.id === b.id &&
    a.at === b.at &&
    a.text === b.text &&
    a.mine === b.mine &&
    a.target === b.target &&
    a.alike === b.alike
  );
}

/** Some messages that are drawn together, and left out of layout while they are far out of sight. */
export const Chunk = memo(
  ({ items }: { items: Items['items'] }) => {
    const element = useRef<HTMLDivElement>(null);
    useEffect(() => farMarked(element.current!), []);
    return (
      <div className="chunk" ref={element}>
        {items.map(item =>
          item.kind === 'line' ? (
            <Row {...item} key={item.key} line={item.key} entry={item.entry} id={item.id} />
          ) : (
            <Divider key={item.key} kind={item.kind} at={item.at} />
          ),
        )}
      </div>
    );
  },
  (before, { items }) =>
    before.items.length === items.length && items.every((item, index) => same(item, before.items[index]!)),
);
