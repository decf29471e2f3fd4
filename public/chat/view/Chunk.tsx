import { memo, useEffect, useState } from 'react';
import type { Item, Chunk as Items } from '../model/timeline.ts';
import { Divider } from './Divider.tsx';
import { Row } from './Row.tsx';

function same(a: Item, b: Item): boolean {
  if (a.key !== b.key || a.kind !== b.kind) return false;
  if (a.kind !== 'line' || b.kind !== 'line') return true;
  return a.opens === b.opens && a.entry === b.entry && a.at === b.at && a.text === b.text;
}

/**
 * Some messages that are drawn, and left out of layout, together. They are laid out once before they may be left out, so
 * that the browser knows their height and the scroll bar does not jump.
 */
export const Chunk = memo(
  ({ items }: { items: Items['items'] }) => {
    const [measured, setMeasured] = useState(false);
    useEffect(() => {
      const timer = setTimeout(() => setMeasured(true), 500);
      return () => clearTimeout(timer);
    }, []);
    return (
      <div className="chunk" data-measured={measured || undefined}>
        {items.map(item =>
          item.kind === 'line' ? (
            <Row {...item} key={item.key} entry={item.entry} />
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
