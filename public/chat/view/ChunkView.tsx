import { memo, useEffect, useRef } from 'react';
import type { Chunk as Items, Divider as Model, TimelineItem } from '../model/timeline.ts';
import { MessageRow } from './MessageRow.tsx';
import { calendar, useNow } from './now.ts';

/** How far out of sight is far. */
const margin = '1500px 0px';

/**
 * Marks a part of the log as `data-far` while it is far out of sight, until the returned function is called. It is laid out
 * once before, so that the browser knows its height, and near the reader it is a plain block, so that nothing moves.
 */
function farMarked(element: HTMLElement): () => void {
  const mark = (entries: IntersectionObserverEntry[]) =>
    element.toggleAttribute('data-far', !entries.at(-1)!.isIntersecting);
  const observer = new IntersectionObserver(mark, { root: element.closest('.scroller'), rootMargin: margin });
  observer.observe(element);
  return () => observer.disconnect();
}

/** What stands between messages: a day, "New messages", or a gap. */
const Divider = memo(({ kind, at }: { kind: Model['kind']; at: number | undefined }) => {
  if (kind === 'new') return <h2 className="divider new">New messages</h2>;
  if (kind === 'gap') return <p className="divider gap">Some messages are not kept any more</p>;
  return <Day at={at!} />;
});

function Day({ at }: { at: number }) {
  const now = useNow(60_000);
  return (
    <h2 className="divider day">
      <time dateTime={new Date(at).toISOString()} title={calendar.full(at)}>
        {calendar.day(at, now)}
      </time>
    </h2>
  );
}

function same(a: TimelineItem, b: TimelineItem): boolean {
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
export const ChunkView = memo(
  ({ items }: { items: Items['items'] }) => {
    const element = useRef<HTMLDivElement>(null);
    useEffect(() => farMarked(element.current!), []);
    return (
      <div className="chunk" ref={element}>
        {items.map(item =>
          item.kind === 'line' ? (
            <MessageRow {...item} key={item.key} line={item.key} entry={item.entry} id={item.id} />
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
